# SPDX-License-Identifier: MIT
"""Splits of the direct map in words."""

from collections.abc import Sequence

from ..result.split import ClassCost, Curve
from .effect import shift_words
from .quantity import quantity

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


def pool_words(group: Sequence[Curve]) -> list[str]:
    """Say of secret memory in how many runs nothing was split; nothing to say gives []."""
    unsplit = sum(not curve.splits[-1] for curve in group)
    if not unsplit or not group[0].secret:
        return []
    where = "" if unsplit == len(group) else f" in {unsplit}"
    return [f"pool not exhausted{where}"]
