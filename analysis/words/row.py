# SPDX-License-Identifier: MIT
"""Results in words: the cells of a table, in units that people read."""

import re
from collections.abc import Iterable, Mapping, Sequence

from ..result.cell import CellResult, ClassResult
from ..result.note import span
from ..result.split import CURVES
from .effect import (
    adjusted_words,
    effect_words,
    moved_words,
    ratio_words,
    rests_words,
    seen_words,
)
from .quantity import parameter, percent, quantity

RUNS = "runs"
"""How many there are; behind a stroke, how many independent ones they are worth if fewer."""

HEADINGS = ("mode", "median", "ratio to control", "difference", RUNS)
"""Columns of `words`."""

LOSS_HEADINGS = ("mode", "median", "over control", "difference", RUNS)
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
    runs = f"{row.runs}{_worth(row)} {marks}".rstrip()
    if not row.runs:
        state = "unsupported" if row.unsupported else "failed" if row.failed else "no run"
        return (mode, "", state, "", runs)
    if row.exact:
        values = ", ".join(f"{value:.12g}" for value in row.exact.values)
        repeats = "repeats exactly" if row.exact.repeats else "does not repeat"
        return (mode, values, repeats, "", runs)
    if row.metric == CURVES:
        return (mode, span(row.notes.get("splits_2m", ())), "", "", runs)
    value = quantity(row.treatment.estimate, row.unit) if row.treatment else ""
    seen = seen_words(row.effect, row.unit if row.loss else "") if row.effect else ""
    return (mode, value, effect_words(row), seen, runs)


def _worth(row: CellResult) -> str:
    """How many independent runs these are worth, where that is fewer: `/3`."""
    on = row.effect.rests_on if row.effect else None
    fewer = on and round(on.effective_runs) < row.runs
    return f"/{on.effective_runs:.0f}" if on and fewer else ""


def headings(row: CellResult) -> tuple[str, ...]:
    """The columns of `words` for all rows of this row's metric."""
    if row.metric == CURVES:
        return COUNT_HEADINGS
    return LOSS_HEADINGS if row.loss else HEADINGS


def params_words(row: CellResult, names: Sequence[str]) -> str:
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
        if all(name in names for names in given)
        and len({row.params.get(name) for row in rows}) == 1
    )


def notes(row: CellResult) -> tuple[str, ...]:
    """What must be said beside the row."""
    found = list(row.warnings)
    if not row.runs and row.unsupported:
        found.insert(0, f"unsupported: {row.unsupported}")
    found += _order_notes(row)
    here, there = row.placement.treatment, row.placement.control
    if here and there and abs(here.next_follows - there.next_follows) > 0.1:
        found.append(
            f"physical placement differs: of {row.mode} {percent(here.next_follows)} of pages are "
            f"followed by the next frame (in {here.blocks_2m:.0f} blocks of 2M), of {row.control} "
            f"{percent(there.next_follows)} ({there.blocks_2m:.0f})"
        )
    found += [adjusted_words(row.adjusted, row)] if row.adjusted else []
    if row.metric == CURVES and row.runs:
        since, free = (
            span(row.notes.get(fact, ("unknown",)))
            for fact in ("splits_since_boot", "free_unmovable_pages")
        )
        found.append(f"before: {since} splits since boot, {free} free unmovable pages")
        whole = len(row.notes.get("pool", ()))
        found += [f"pool not exhausted in {whole} of {row.runs} runs"] if whole else []
    return tuple(found)


def _order_notes(row: CellResult) -> list[str]:
    """What the order of the runs shows beyond chance."""
    on, unit = row.effect.rests_on if row.effect else None, row.unit if row.loss else ""
    if row.effect is None or on is None:
        return []
    found = []
    if row.effect.dependent:
        found.append(f"neighbouring runs are more alike than chance makes them: {rests_words(on)}")
    if moved := moved_words(row.effect, unit):
        found.append(
            f"the effect moved with time (p = {on.trend_p:.2g}), from {moved}: the estimate is its "
            "middle, and the interval that of the middle"
        )
    return found
