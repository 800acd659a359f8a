# SPDX-License-Identifier: MIT
"""Results as pyperf suites: one per mode, with the same benchmark names in each.

`pyperf compare_to memfd.json secret.json` then answers the obvious question. pyperf holds
seconds above zero only, so bandwidth becomes seconds per byte, and what cannot be held is
listed as left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..output.printable import printable
from ..output.whole_file import whole
from ..result.effect import good

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pyperf  # type: ignore[import-untyped]

    from ..read.campaigns import Campaigns
    from ..read.record import Arm, Cell, Run, Scalar

SHARED_METADATA = ("cpu_model_name", "platform", "kernel_release", "machine")
"""Facts copied into every benchmark where they are known: what tells two machines apart."""


@dataclass(frozen=True)
class Source:
    """Where one benchmark of one mode has its values from."""

    name: str
    """Benchmark name: metric and parameters, without the mode."""
    mode: str
    cell: Cell
    arm: Arm
    unit: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Suites:
    """What was written, and what was not."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...]
    """Sentences on benchmarks whose values come from control arms, or were trimmed."""
    left_out: tuple[str, ...]


def write(campaigns: Campaigns, folder: Path, *, every_value: bool = False) -> Suites:
    """Write one suite file per mode.

    Args:
        campaigns: Files of one environment.
        folder: Made if missing; holds `<mode>.json` afterwards.
        every_value: Hand pyperf all values of a run in place of the run's median. They are
            not independent, so its significance test then promises too much.

    Raises:
        OSError: The folder cannot be written.
    """
    left_out: list[str] = []
    held = [each for each in _sources(campaigns, left_out) if _fits(each, left_out)]
    notes = [
        f"{source.name}: {source.mode} has the control arm of {source.cell.name}"
        for source in held
        if source.arm == "control"
    ]
    facts = _facts(campaigns)
    suites: dict[str, list[pyperf.Benchmark]] = {}
    for name in dict.fromkeys(source.name for source in held):
        group = _trimmed([source for source in held if source.name == name], notes)
        depth = _depth(group) if every_value else 0
        for source in group:
            suites.setdefault(source.mode, []).append(_benchmark(source, depth, facts))
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(_dump(benchmarks, folder / f"{mode}.json") for mode, benchmarks in suites.items())
    if not paths:
        notes.append("no suite was written: the record has no cell that pyperf can hold")
    return Suites(paths, tuple(notes), tuple(left_out))


def _sources(campaigns: Campaigns, left_out: list[str]) -> Iterable[Source]:
    """One source per benchmark name and mode: its own cell, else the control arm of another's."""
    groups: dict[str, list[Cell]] = {}
    for cell in campaigns.cells.values():
        groups.setdefault(_benchmark_name(cell), []).append(cell)
    for name, cells in groups.items():
        modes = dict.fromkeys(mode for c in cells for mode in (c.mode, c.control) if mode)
        for mode in modes:
            own = [cell for cell in cells if cell.mode == mode]
            lent = [cell for cell in cells if cell.control == mode]
            own.sort(key=lambda cell: cell.control != mode)
            lent.sort(key=lambda cell: -len(good(campaigns.runs_of(cell.name))))
            arm: Arm = "treatment" if own else "control"
            chosen, *others = own or lent
            if own:
                left_out += [f"{each.name}: {chosen.name} stands for {mode}" for each in others]
            unit = _metric_unit(campaigns, chosen)
            runs = tuple(good(campaigns.runs_of(chosen.name)))
            yield Source(name, mode, chosen, arm, unit, runs)


def _benchmark_name(cell: Cell) -> str:
    """Metric and parameters as the cell's name gives them, without mode and control."""
    _, _, rest = cell.name.partition("/")
    _, _, params = rest.partition("/")
    return printable(f"{cell.metric}/{params}" if params else cell.metric)


def _metric_unit(campaigns: Campaigns, cell: Cell) -> str:
    """Unit of the cell's metric, `exact` for one that must repeat."""
    metric = next(
        file.campaign.metrics[cell.metric] for file in campaigns.files if cell.name in file.cells
    )
    return "exact" if metric.assume == "exact" else metric.unit


def _fits(source: Source, left_out: list[str]) -> bool:
    """Whether pyperf can hold the source; if not, why goes to `left_out`."""
    medians = [run.values.arm(source.arm) for run in source.runs]
    reason = ""
    if source.unit not in {"s", "B/s"}:
        reason = "a count, and pyperf holds times"
    elif len(medians) < 2:
        reason = f"{len(medians)} good runs, and pyperf's test needs two"
    elif not all(values.size and (values > 0).all() for values in medians):
        reason = "values that are missing, zero or negative, and pyperf holds none"
    elif len({float(np.median(values)) for values in medians}) == 1:
        reason = "all runs have the same median, and pyperf's test needs a spread"
    if reason:
        left_out.append(f"{source.cell.name} as {source.mode}: {reason}")
    return not reason


def _trimmed(group: Sequence[Source], notes: list[str]) -> list[Source]:
    """The sources of one benchmark with equally many runs: pyperf's test needs that."""
    counts = [len(source.runs) for source in group]
    if min(counts) < max(counts):
        notes.append(
            f"{group[0].name}: the first {min(counts)} runs of each mode, so that counts are equal"
        )
    return [replace(source, runs=source.runs[: min(counts)]) for source in group]


def _depth(group: Sequence[Source]) -> int:
    """Most values that every run of all sources has."""
    return min(run.values.arm(source.arm).size for source in group for run in source.runs)


def _benchmark(source: Source, depth: int, facts: Mapping[str, str]) -> pyperf.Benchmark:
    """The runs of a source: of each the first `depth` values, or the median if 0."""
    import pyperf  # noqa: PLC0415  a tenth of a second, only when asked for

    runs = []
    for run in source.runs:
        values = run.values.arm(source.arm)
        chosen = values[:depth] if depth else np.median(values, keepdims=True)
        metadata: dict[str, Scalar] = {
            **facts,
            "name": source.name,
            "unit": "second",
            "loops": _loops(run, source.arm),
            "date": run.started.removesuffix("Z").partition(".")[0],
            "duration": run.elapsed_s,
            "mode": source.mode,
            "cell": printable(source.cell.name),
            "arm": source.arm,
        }
        times = (1 / chosen if source.unit == "B/s" else chosen).tolist()
        runs.append(pyperf.Run(times, metadata=metadata, collect_metadata=False))
    return pyperf.Benchmark(runs)


def _loops(run: Run, arm: Arm) -> int:
    """Operations behind one value."""
    operations = run.operations.treatment if arm == "treatment" else run.operations.control
    return max(1, round((operations or 0) / run.values.arm(arm).size))


def _facts(campaigns: Campaigns) -> dict[str, str]:
    """Facts of the environment in pyperf's names."""
    campaign = campaigns.files[0].campaign
    known = {**campaign.environment, "machine": campaign.machine.name}
    texts = {name: printable(str(known[name])) for name in SHARED_METADATA if known.get(name)}
    return {name: text for name, text in texts.items() if text.strip()}


def _dump(benchmarks: Sequence[pyperf.Benchmark], path: Path) -> Path:
    """Write one suite whole or not at all."""
    import pyperf  # noqa: PLC0415

    with whole(path) as part:
        pyperf.BenchmarkSuite(benchmarks).dump(str(part), replace=True)
    return path
