# SPDX-License-Identifier: MIT
"""From plans/*.toml, or one cell's name, to cells.

A plan is TOML: `about`, `control` (the mode beside which all others are
measured, default memfd), `budget_s`, `accept_splits`, `most_splits` (of a plan
that needs a fresh boot: how many splits it may have), a table `[target]` and
any number of tables `[[cells]]`. Each of these is a product: `metric` (one or
a list), `modes`, `params` (each one value or a list), and its own `control`,
`half_width`, `min_runs`, `max_runs` where they differ from the plan's. A cell
that two tables name is one cell, with the target of the later table. Of a
metric whose effect is a difference, `half_width` is in its unit, and the
plan's does not apply: without one of its own, `max_runs` ends the cell.

Every plan measures its own noise floor: a metric with a control that a plan
gives no A/A cell (a mode beside itself) gets one, and the plan says so.
"""

import itertools
import math
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from .. import regular_file
from ..core import Catalogue, Metric, Parameter
from ..error import BenchError, unknown
from ..record.line import MOST_RUNS, Cell, Target
from . import size

SHIPPED = Path(__file__).parent
# The exact interval is computed over all pairs of runs; beyond this it tells no more.
RUNS_LIMIT = 100
# With that many runs each they fill a record.
MOST_CELLS = MOST_RUNS // RUNS_LIMIT
# Ten times the longest that is shipped.
MOST_BYTES = 64 * 1024
# tomllib keeps every beginning of a dotted key: a long one takes gigabytes.
_MOST_DOTS = 100
_EXACT_RUNS = 2
_MOST_SHOWN = 10**30

Given = int | str
# Finite: a record holds it as a number.
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Count = Annotated[int, msgspec.Meta(ge=1, le=RUNS_LIMIT)]
Splits = Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class TargetTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `[target]` table."""

    half_width: Positive = 0.02
    min_runs: Count = 8
    max_runs: Count = 40


_TARGET = TargetTable()


class CellTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[cells]]` table: a product of metrics, modes and parameters."""

    metric: str | list[str]
    modes: list[str]
    control: str | None = None
    params: dict[str, Given | list[Given]] = {}
    half_width: Positive | None = None
    min_runs: Count | None = None
    max_runs: Count | None = None

    def target(self, base: TargetTable, metric: Metric) -> Target:
        """Return this table's target; an exact metric runs twice, to see that it repeats."""
        exact = metric.assume == "exact"
        of_plan = None if metric.effect == "difference" else base.half_width
        min_runs = self.min_runs or (_EXACT_RUNS if exact else base.min_runs)
        max_runs = self.max_runs or (_EXACT_RUNS if exact else base.max_runs)
        return Target(self.half_width or of_plan, min(min_runs, max_runs), max_runs)


class PlanTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan file."""

    cells: list[CellTable]
    about: str = ""
    control: str = "memfd"
    budget_s: Positive = 600.0
    accept_splits: bool = False
    most_splits: Splits | None = None
    target: TargetTable = _TARGET


class Plan(msgspec.Struct, frozen=True):
    """A plan ready to run."""

    name: str
    about: str
    budget_s: float
    accept_splits: bool
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()
    most_splits: int | None = None
    """Of the boot, before the plan begins; None: any will do."""
    left_out: tuple[Cell, ...] = ()
    """Cells that were not wanted (`only`)."""


def shipped() -> list[str]:
    """Return the names of the plans that come with the suite."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def most_splits(name: str) -> int | None:
    """Return how many splits a plan allows the boot to have; None if it does not ask.

    Raises:
        BenchError: No such plan, or malformed TOML.
    """
    return _parse(*_find(name)).most_splits


def load(name: str, catalogue: Catalogue) -> Plan:
    """Read a plan by its shipped name or its path.

    Raises:
        BenchError: No such plan, malformed TOML, or a cell that does not exist.
    """
    path, text = _find(name)
    table = _parse(path, text)
    cells: dict[tuple[object, ...], Cell] = {}
    for number, cell_table in enumerate(table.cells):
        try:
            for cell in _product(cell_table, table, catalogue):
                cells[_identity(cell)] = cell
            _refuse_endless(len(cells))
        except BenchError as error:
            line = _line_of_table(text, number)
            raise BenchError(f"{path.name}, line {line}: {error}") from None
    if not cells:
        raise BenchError(f"{path.name}: the plan has no cells: add a [[cells]] table")
    floors = list(_missing_noise_floors(list(cells.values()), catalogue))
    return Plan(
        name=re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem),
        about=table.about,
        budget_s=table.budget_s,
        accept_splits=table.accept_splits,
        most_splits=table.most_splits,
        cells=(*cells.values(), *floors),
        notes=tuple(
            f"added {cell.cell}: every plan measures its own noise floor" for cell in floors
        ),
    )


def only(chosen: Plan, names: Sequence[str]) -> Plan:
    """Return the plan with the named cells alone; all of it where none is named.

    It says which were left out, since that was on purpose.

    Raises:
        BenchError: It has no cell of that name.
    """
    known = {cell.cell: cell for cell in chosen.cells}
    for name in names:
        if name not in known:
            raise unknown("cell of this plan", name, known)
    wanted = tuple(dict.fromkeys(names)) or tuple(known)
    return msgspec.structs.replace(
        chosen,
        cells=tuple(known[name] for name in wanted),
        left_out=tuple(cell for name, cell in known.items() if name not in wanted),
    )


def parse_cell(text: str, catalogue: Catalogue, control: str | None = "memfd") -> Cell:
    """Read a cell's name, `metric/mode[:control][/param=value,...]`.

    Args:
        text: The name as a person gives it; sizes may be written 16KiB.
        catalogue: What exists.
        control: The control if the name gives none; None for a cell without one.
    """
    parts = text.split("/")
    if len(parts) not in (2, 3) or not all(parts[:2]):
        raise BenchError(
            f"cell {text!r}: write it as metric/mode or metric/mode:control/param=value,..."
        )
    mode, _, named = parts[1].partition(":")
    given: dict[str, Given] = {}
    for word in filter(None, (parts[2] if len(parts) == 3 else "").split(",")):
        name, equals, value = word.partition("=")
        if not equals:
            raise BenchError(f"cell {text!r}: parameter {name!r} has no value: write {name}=...")
        given[name] = value
    metric = catalogue.metric(parts[0])
    return build(metric, catalogue, mode, control=named or control, given=given)


def build(
    metric: Metric, catalogue: Catalogue, mode: str, *, control: str | None, given: dict[str, Given]
) -> Cell:
    """Make a cell with a default target; the control is left out where the metric has none."""
    catalogue.mode(mode)
    beside = control if metric.duet else None
    if beside is not None:
        catalogue.mode(beside)
    named = {name: _value(metric.parameter(name), value) for name, value in sorted(given.items())}
    defaults = {parameter.name: parameter.default for parameter in metric.params}
    label = f"{metric.name}/{mode}" + (f":{beside}" if beside else "")
    if named:
        label += "/" + ",".join(f"{name}={value}" for name, value in named.items())
    target = Target(_TARGET.half_width, _TARGET.min_runs, _TARGET.max_runs)
    return Cell(label, metric.name, mode, beside, {**defaults, **named}, target)


def _refuse_endless(cells: int) -> None:
    if cells > MOST_CELLS:
        raise BenchError(f"more than {MOST_CELLS} cells, as no plan can measure: name fewer values")


def _find(name: str) -> tuple[Path, str]:
    path = Path(name)
    if path.suffix != ".toml" and "/" not in name:
        if name not in shipped():
            raise unknown("plan", name, shipped())
        path = SHIPPED / f"{name}.toml"
    return path, regular_file.text(path, MOST_BYTES, "name a plan")


def _parse(path: Path, text: str) -> PlanTable:
    for at, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS:
            raise BenchError(f"{path.name}, line {at}: more than {_MOST_DOTS} dots: shorten it")
    try:
        return msgspec.convert(tomllib.loads(text), PlanTable)
    except tomllib.TOMLDecodeError as error:
        raise BenchError(f"{path.name}: malformed TOML: {error}: correct that line") from None
    except RecursionError:
        raise BenchError(f"{path.name}: nested too deeply: correct it") from None
    except msgspec.ValidationError as error:
        number = re.search(r"\$\.cells\[(\d+)\]", str(error))
        line = f", line {_line_of_table(text, int(number[1]))}" if number else ""
        raise BenchError(f"{path.name}{line}: {error}: correct that key") from None
    except ValueError:
        raise BenchError(f"{path.name}: a number of thousands of digits: correct it") from None


def _line_of_table(text: str, number: int) -> int:
    heads = [
        i for i, line in enumerate(text.splitlines(), 1) if line.strip().startswith("[[cells]]")
    ]
    return heads[number] if number < len(heads) else 1


def _product(table: CellTable, plan: PlanTable, catalogue: Catalogue) -> Iterator[Cell]:
    metrics = [table.metric] if isinstance(table.metric, str) else table.metric
    names = list(table.params)
    choices = [value if isinstance(value, list) else [value] for value in table.params.values()]
    _refuse_endless(math.prod([len(metrics), len(table.modes), *map(len, choices)]))
    for metric_name in metrics:
        metric = catalogue.metric(metric_name)
        target = table.target(plan.target, metric)
        for values, mode in itertools.product(itertools.product(*choices), table.modes):
            given = dict(zip(names, values, strict=True))
            control = table.control or plan.control
            cell = build(metric, catalogue, mode, control=control, given=given)
            yield msgspec.structs.replace(cell, target=target)


def _missing_noise_floors(cells: list[Cell], catalogue: Catalogue) -> Iterator[Cell]:
    floored = {cell.metric for cell in cells if cell.mode == cell.control}
    for cell in cells:
        if cell.control is None or cell.metric in floored:
            continue
        floored.add(cell.metric)
        _, _, params = cell.cell.partition("/")[2].partition("/")
        label = f"{cell.metric}/{cell.control}" + (f"/{params}" if params else "")
        floor = parse_cell(label, catalogue, cell.control)
        yield msgspec.structs.replace(floor, target=cell.target)


def _identity(cell: Cell) -> tuple[object, ...]:
    return cell.metric, cell.mode, cell.control, tuple(sorted(cell.params.items()))


def _value(parameter: Parameter, given: Given) -> Given:
    if parameter.choices is not None:
        if given not in parameter.choices:
            raise unknown(f"value of {parameter.name}", str(given), parameter.choices)
        return given
    number = given if isinstance(given, int) else size.parse(given)
    if number is None:
        example = "16KiB" if parameter.unit == "B" else "16"
        raise BenchError(f"{parameter.name}={given}: not a number: write e.g. {example}")
    return _within(parameter, number)


def _within(parameter: Parameter, number: int) -> int:
    low, high = parameter.min, parameter.max
    if (low is not None and number < low) or (high is not None and number > high):
        shown = number if abs(number) < _MOST_SHOWN else "..."
        raise BenchError(f"{parameter.name}={shown}: out of range: take {low} to {high}")
    return number
