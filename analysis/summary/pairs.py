# SPDX-License-Identifier: MIT
"""The two sides of a `bench ab` as the terminal shows them, pair by pair."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from ..words.effect import shift_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..output.page import Page
    from ..result.pair import PairResult
    from ..stats.interval import Interval


def text(found: Sequence[PairResult], page: Page) -> None:
    """The rows as people read them."""
    page.text()
    page.text("B against A, pair by pair of fresh boots", style="bold")
    rows = [("cell", "B against A", "its effect over the control", "pairs")]
    for row in found:
        lost = f" ({row.lost} lost)" if row.lost else ""
        rows.append((row.cell, _main_words(row), _effect_words(row), f"{row.pairs}{lost}"))
    page.table(rows, [0] * len(rows[0]), indent=2)
    page.text(
        "Intervals are over pairs, 95 % each on its own; below six pairs there is none. The last "
        "column but one is by how much what the mode costs over its control changed from A to B."
    )


def _main_words(row: PairResult) -> str:
    """Counts by their difference, all else by the ratio."""
    if row.unit == "1" or row.log_ratio is None:
        return _shift_words(row.shift, row.unit)
    return _ratio_words(row.log_ratio)


def _effect_words(row: PairResult) -> str:
    if row.effect_shift is None:
        return ""
    if row.loss:
        return _shift_words(row.effect_shift, row.unit)
    return _ratio_words(row.effect_shift)


def _shift_words(found: Interval | None, unit: str) -> str:
    if found is None:
        return "no whole pair"
    shift = found if not found.warning else replace(found, low=math.nan, high=math.nan)
    return shift_words(shift, unit)


def _ratio_words(logs: Interval) -> str:
    if logs.warning:
        return f"{math.exp(logs.estimate):.3g}x"
    low, high = math.exp(logs.low), math.exp(logs.high)
    return f"{math.exp(logs.estimate):.3f}x [{low:.3f}, {high:.3f}]"
