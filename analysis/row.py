"""Results in words: the cells of a table, in units that people read."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from .figures.quantity import parameter, quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .result import CellResult, ClassResult, Ratio

HEADINGS = ("mode", "median", "ratio to control", "difference", "runs")
"""Columns of `words`."""


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
    value = quantity(row.treatment.estimate, row.unit) if row.treatment else ""
    ratio, seen = (ratio_words(row.ratio), difference(row.ratio)) if row.ratio else ("", "")
    return (mode, value, ratio, seen, runs)


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


def difference(ratio: Ratio) -> str:
    """Whether a difference was seen; if not, the smallest one that would have been."""
    if ratio.seen == "none":
        return f"none > {percent(ratio.smallest_seen)}"
    return "too few runs" if ratio.seen == "unknown" else ratio.seen


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
        if all(name in names for names in given) and len({row.params[name] for row in rows}) == 1
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
    return tuple(found)
