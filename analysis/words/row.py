"""Results in words: the cells of a table, in units that people read."""

from __future__ import annotations

import math
import re
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from ..result.cell import Difference
from ..result.split import CURVES
from .quantity import parameter, quantity, scaled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..read.record import Scalar
    from ..result.cell import CellResult, ClassResult, Ratio
    from ..result.split import ClassCost
    from ..stats.interval import Interval

_NUMBER = re.compile(r"\d+(?:\.\d+)?")

HEADINGS = ("mode", "median", "ratio to control", "difference", "runs")
"""Columns of `words`."""

LOSS_HEADINGS = ("mode", "median", "over control", "difference", "runs")
"""The same where the effect is a difference."""


COUNT_HEADINGS = ("mode", "2M splits", "", "", "runs")
"""The same for splits counted step by step: in all, least to most over runs."""


class Footnotes:
    """Numbers each warning once, in the order of first use."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def marks(self, texts: Iterable[str]) -> str:
        """The marks that stand for these warnings, e.g. `[1][3]`."""
        numbers = []
        for text in texts:
            if text not in self.texts:
                self.texts.append(text)
            numbers.append(self.texts.index(text) + 1)
        return "".join(f"[{number}]" for number in sorted(set(numbers)))


def words(row: CellResult, footnotes: Footnotes) -> tuple[str, ...]:
    """One result as the cells of a table row."""
    mode = f"{row.mode} (A/A)" if row.is_noise_floor else row.mode
    marks = footnotes.marks(notes(row))
    runs = f"{row.runs} {marks}".rstrip()
    if not row.runs:
        state = "unsupported" if row.unsupported else "failed" if row.failed else "no run"
        return (mode, "", state, "", runs)
    if row.exact:
        values = ", ".join(f"{value:.12g}" for value in row.exact.values)
        repeats = "repeats exactly" if row.exact.repeats else "does not repeat"
        return (mode, values, repeats, "", runs)
    if row.metric == CURVES:
        return (mode, spread(row.notes.get("splits_2m", ())), "", "", runs)
    value = quantity(row.treatment.estimate, row.unit) if row.treatment else ""
    seen = difference(row.effect, row.unit) if row.effect else ""
    return (mode, value, effect_words(row), seen, runs)


def headings(row: CellResult) -> tuple[str, ...]:
    """The columns of `words` for all rows of this row's metric."""
    if row.metric == CURVES:
        return COUNT_HEADINGS
    return LOSS_HEADINGS if row.loss else HEADINGS


def spread(values: Sequence[Scalar]) -> str:
    """What runs noted: the value if all agree, least to most of numbers, else distinct values."""
    distinct = list(dict.fromkeys(values))
    numbers = [v for v in distinct if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) == len(distinct) > 1:
        return f"{min(numbers):.10g} to {max(numbers):.10g}"
    shown = ["yes" if v is True else "no" if v is False else str(v) for v in distinct[:4]]
    return ", ".join(shown) + (", ..." if len(distinct) > 4 else "")


def together(texts: Iterable[str]) -> dict[str, int]:
    """How often each sentence occurs; those that differ in numbers only, as `31 to 109 %`, once."""
    alike: dict[str, list[str]] = {}
    for text in texts:
        alike.setdefault(_NUMBER.sub("0", text), []).append(text)
    found = {}
    for group in alike.values():
        columns = zip(*map(_NUMBER.findall, group), strict=True)
        spreads = [
            column[0] if len(set(column)) == 1 else spread([float(number) for number in column])
            for column in columns
        ]
        words = _NUMBER.split(group[0])
        found["".join(chain(*zip_longest(words, spreads, fillvalue="")))] = len(group)
    return found


def effect_words(row: CellResult) -> str:
    """How the mode compares with its control; empty where it has none."""
    if row.difference:
        return difference_words(row.difference, row.unit)
    return ratio_words(row.ratio) if row.ratio else ""


def difference_words(found: Difference, unit: str) -> str:
    """`+9.06 us over memfd [+9.01, +9.11]`."""
    if not math.isfinite(found.estimate):
        return f"unknown against {found.against}"
    unpaired = " unpaired" if found.pairing == "unpaired" else ""
    return shift_words(found, unit, f" over {found.against}{unpaired}")


def shift_words(found: Difference | Interval, unit: str, against: str = "") -> str:
    """`+9.06 us [+9.01, +9.11]`, all numbers in the unit that suits the largest.

    Args:
        found: In `unit`; without an interval only the estimate is said.
        unit: A metric's unit: s or 1.
        against: Words behind the estimate.
    """
    numbers = [found.estimate, found.low, found.high]
    known = [number for number in numbers if math.isfinite(number)]
    largest = max(map(abs, known))
    scale, name = scaled(largest, unit) if largest else (1.0, "" if unit == "1" else unit)
    estimate, low, high = (f"{number / scale:+.{_decimals(known, scale)}f}" for number in numbers)
    interval = f" [{low}, {high}]" if math.isfinite(found.low) else ""
    return f"{estimate}{f' {name}' if name else ''}{against}{interval}"


def _decimals(numbers: Sequence[float], scale: float) -> int:
    """Decimals: one digit of the half-width, or three of the number where there is none."""
    largest = max(map(abs, numbers)) / scale
    width = (max(numbers) - min(numbers)) / 2 / scale
    if not largest:
        return 0
    places = -math.floor(math.log10(width)) if width else 2 - math.floor(math.log10(largest))
    return max(0, min(3, places))


def ratio_words(ratio: Ratio) -> str:
    """`5.3x memfd [5.1, 5.5]`, with as many digits as the interval warrants."""
    if not math.isfinite(ratio.estimate):
        return f"unknown against {ratio.against}"
    places = _places(ratio)
    unpaired = " unpaired" if ratio.pairing == "unpaired" else ""
    interval = ""
    if math.isfinite(ratio.low):
        interval = f" [{ratio.low:.{places}f}, {ratio.high:.{places}f}]"
    return f"{ratio.estimate:.{places}f}x {ratio.against}{unpaired}{interval}"


def _places(ratio: Ratio) -> int:
    """Decimals: one digit of the half-width, at most three (1.004, 5.30, 53.0).

    Four where three would round a bound to 1 although 1 is excluded.
    """
    width = (ratio.high - ratio.low) / 2
    if not math.isfinite(width):
        return 2
    most = 3 if ratio.estimate < 2 else max(0, 2 - math.floor(math.log10(ratio.estimate)))
    places = min(most, max(0, math.ceil(-math.log10(width)))) if width > 0 else most
    blurred = 1.0 in {round(ratio.low, places), round(ratio.high, places)}
    return 4 if blurred and ratio.seen in {"worse", "better"} else places


def difference(effect: Ratio | Difference, unit: str = "") -> str:
    """Whether a difference was seen; if not, the smallest one that would have been.

    Args:
        effect: A ratio or a difference.
        unit: The metric's, for a difference.
    """
    if effect.seen == "none" and isinstance(effect, Difference):
        # Runs without any loss are alike to the last digit, and no limit follows from them.
        smallest = effect.smallest_seen
        return f"none > {quantity(smallest, unit)}" if smallest else "none in any run"
    if effect.seen == "none":
        smallest = effect.smallest_seen
        return f"none > {percent(smallest)}" if smallest else "none, runs alike"
    return "too few runs" if effect.seen == "unknown" else effect.seen


def reached(row: CellResult) -> str:
    """Half-width of the row's interval: a share of the ratio, or in the difference's unit."""
    if row.effect is None:
        return "unknown"
    width = row.effect.half_width
    return f"+-{quantity(width, row.unit) if row.loss else percent(width)}"


def wanted(row: CellResult) -> str:
    """Half-width at which sampling would have stopped."""
    width = row.half_width_target
    if width is None:
        return "more runs"
    return f"+-{quantity(width, row.unit) if row.loss else percent(width)}"


def percent(share: float) -> str:
    """A share in per cent, two significant digits."""
    if not math.isfinite(share):
        return "-"
    return f"{100 * share:.0f} %" if abs(share) >= 0.1 else f"{100 * share:.2g} %"


def case(row: CellResult, names: Sequence[str]) -> str:
    """The parameters of these names, in words and in the cell's order."""
    return ", ".join(parameter(name, row.params[name]) for name in row.params if name in names)


def class_words(mode: str, row: ClassResult, unit: str) -> tuple[str, ...]:
    """One class of first-touch: share, p50, p90, p99, max, ratio."""
    return (
        mode,
        row.name,
        percent(row.share.estimate),
        *(quantity(each.estimate, unit) for each in row.quantiles),
        ratio_words(row.ratio).replace(f" {row.ratio.against}", "") if row.ratio else "",
    )


SPLIT_HEADINGS = ("class", "pages", "runs", "median", "adds to a plain page")
"""Columns of `split_words`."""


def split_words(row: ClassCost) -> tuple[str, ...]:
    """One class of pages and what such a split adds."""
    adds = ""
    if row.adds:
        adds = shift_words(row.adds, "s")
        adds += f" ({row.adds.warning})" if row.adds.warning else ""
    median = quantity(row.median.estimate, "s")
    return (row.name, str(row.pages), str(row.runs), median, adds)


def varying(rows: Sequence[CellResult]) -> Mapping[str, tuple[str, ...]]:
    """Metric -> parameters that are not the same in all its rows."""
    found: dict[str, tuple[str, ...]] = {}
    for metric in dict.fromkeys(row.metric for row in rows):
        of_metric = [row.params for row in rows if row.metric == metric]
        names = dict.fromkeys(name for params in of_metric for name in params)
        found[metric] = tuple(
            name for name in names if len({params.get(name) for params in of_metric}) > 1
        )
    return found


def shared(rows: Sequence[CellResult]) -> tuple[str, ...]:
    """Parameters that the plan gave, as the cells' names show, alike in all rows."""
    given = [set(re.findall(r"(?:^|[/,])([^/,=]+)=", row.cell)) for row in rows]
    return tuple(
        name
        for name in rows[0].params
        if all(name in names for names in given)
        and len({row.params.get(name) for row in rows}) == 1
    )


def notes(row: CellResult) -> tuple[str, ...]:
    """What must be said beside the row."""
    found = list(row.warnings)
    if not row.runs and row.unsupported:
        found.insert(0, f"unsupported: {row.unsupported}")
    here, there = row.placement.treatment, row.placement.control
    if here and there and abs(here.next_follows - there.next_follows) > 0.1:
        found.append(
            f"physical placement differs: of {row.mode} {percent(here.next_follows)} of pages are "
            f"followed by the next frame (in {here.blocks_2m:.0f} blocks of 2M), of {row.control} "
            f"{percent(there.next_follows)} ({there.blocks_2m:.0f})"
        )
    if row.metric == CURVES and row.runs:
        since, free = (
            spread(row.notes.get(fact, ("unknown",)))
            for fact in ("splits_since_boot", "free_unmovable_pages")
        )
        found.append(f"before: {since} splits since boot, {free} free unmovable pages")
        whole = len(row.notes.get("pool", ()))
        found += [f"pool not exhausted in {whole} of {row.runs} runs"] if whole else []
    return tuple(found)
