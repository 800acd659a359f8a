# SPDX-License-Identifier: MIT
"""The owner's cost in sentences: for each metric the one or two cells that say it best."""

import math
from typing import TYPE_CHECKING

from ..result.cell import CellResult
from ..result.effect import Effect
from ..words.effect import moved_words, ratio_words
from ..words.quantity import parameter, quantity
from .block import Headline
from .evidence import SUBJECT, Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SMALL = 0.2
"""Ratios closer to 1 than this are said as a difference in %."""


def headlines(evidence: Evidence) -> tuple[Headline, ...]:
    """What secret memory costs, dearest question first; empty if it was not measured.

    Where a metric was measured beside idle and beside busy CPUs, each state has its sentence.
    """
    pickers: tuple[tuple[str, str, Callable[[list[CellResult]], list[CellResult]]], ...] = (
        ("first-touch", "First touch of a page", _plainest_touch),
        ("access-latency", "Hot access", _smallest_and_largest),
        ("bandwidth", "Bandwidth, the operation that differs most", _most_different),
        ("create", "Obtaining a region", _first),
        ("release", "Giving back a page", _first),
        ("secret-lifecycle", "One 32-byte secret from obtaining to giving back", _first),
        ("density", "32-byte secrets that fit the limits", _all),
        ("lock-limit", "RLIMIT_MEMLOCK", _all),
    )
    found: list[Headline] = []
    for metric, subject, pick in pickers:
        rows = [row for row in evidence.measured(metric) if row.mode == SUBJECT]
        for state in dict.fromkeys(row.params.get("others", "") for row in rows):
            beside = [row for row in rows if row.params.get("others", "") == state]
            found += [_headline(row, subject, evidence) for row in pick(beside)]
    return tuple(found)


def _first(rows: list[CellResult]) -> list[CellResult]:
    return rows[:1]


def _all(rows: list[CellResult]) -> list[CellResult]:
    return rows


def _plainest_touch(rows: list[CellResult]) -> list[CellResult]:
    """Timed, backed by the host, fewest threads."""
    timed = [row for row in rows if row.params.get("classes") != "on"]
    timed.sort(
        key=lambda row: (
            row.params.get("backing") not in {None, "host-backed"},
            int(row.params.get("threads", 1)),
        )
    )
    return timed[:1]


def _smallest_and_largest(rows: list[CellResult]) -> list[CellResult]:
    """Both ends of the working sets for each control, in line-random order if there is one."""
    random = [row for row in rows if row.params.get("order") == "line-random"] or rows
    found: list[CellResult] = []
    for control in dict.fromkeys(row.control for row in random):
        beside = [row for row in random if row.control == control]
        beside.sort(key=lambda row: int(row.params.get("len_bytes", 0)))
        found += [beside[0], beside[-1]] if len(beside) > 1 else beside
    return found


def _most_different(rows: list[CellResult]) -> list[CellResult]:
    return sorted(rows, key=lambda row: abs(row.ratio.estimate - 1) if row.ratio else 0)[-1:]


def _headline(row: CellResult, subject: str, evidence: Evidence) -> Headline:
    """One sentence about one cell."""
    subject = f"{subject}{_case(row)}"
    anchor = evidence.anchor(row.cell)
    if row.exact:
        values = ", ".join(f"{value:,.12g}" for value in row.exact.values)
        rule = row.exact.notes.get("rule")
        rest = "; ".join(
            f"{name.replace('_', ' ')}: {value}"
            for name, value in row.exact.notes.items()
            if name != "rule"
        )
        return Headline(subject, str(rule) if rule else values, rest, anchor)
    value = quantity(row.treatment.estimate, row.unit) if row.treatment else ""
    beside = ""
    if row.control_median:
        name = row.control or "control"
        beside = f"{name} beside it: {quantity(row.control_median.estimate, row.unit)}"
    if row.ratio is None:
        return Headline(subject, value, beside, anchor)
    number, rest = _said(row.ratio, value)
    return Headline(subject, number, "; ".join(text for text in (rest, beside) if text), anchor)


def _said(ratio: Effect, value: str) -> tuple[str, str]:
    """The ratio as number and what follows it."""
    digits = _digits(ratio)
    estimate, low, high = (
        f"{100 * (each - 1):+.{digits}f}" for each in (ratio.estimate, ratio.low, ratio.high)
    )
    if ratio.seen == "none":
        number = f"{value}, no difference from {ratio.against} seen"
        smallest = f"{100 * ratio.smallest_seen:.2g} %"
        if not ratio.half_width:
            step = f"; one step of the timer is {smallest}" if ratio.smallest_seen else ""
            return number, f"{estimate} %, the runs are alike to the last digit{step}"
        return number, f"{estimate} % [{low}, {high}]; one of {smallest} would be seen"
    if ratio.seen == "unknown":
        return f"{value}, {ratio_words(ratio)}", ratio.warning
    if ratio.seen == "moved":
        moved = f"it moved from {moved_words(ratio)} while it was measured"
        return (
            f"{value}, no one ratio to {ratio.against}",
            f"{moved}; its middle {ratio_words(ratio)}",
        )
    if abs(ratio.estimate - 1) < SMALL:
        return f"{value}, {estimate} % against {ratio.against} [{low}, {high}]", ""
    return f"{value}, {ratio_words(ratio)}", ""


def _digits(ratio: Effect) -> int:
    """Decimals of a difference in %: two digits of the interval, and no bound becomes zero."""
    if not 0 < ratio.half_width < math.inf:
        return 2
    closest = min(abs(ratio.low - 1), abs(ratio.high - 1)) if ratio.seen != "none" else 1
    least = 100 * min(ratio.half_width, closest)
    return max(1, min(3, 1 - math.floor(math.log10(least)))) if least else 3


def _case(row: CellResult) -> str:
    """The parameters that a reader knows the cell by."""
    known: Sequence[str] = ("len_bytes", "order", "op", "backing", "threads", "layout", "others")
    words = [parameter(name, row.params[name]) for name in known if name in row.params]
    return f" ({', '.join(words)})" if words else ""
