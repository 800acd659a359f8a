# SPDX-License-Identifier: MIT
"""The tables of results, by question, metric and parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..secrecy.matrix import TRIAL_RESULTS, WAY_PREFIX, is_way, matrix
from ..words.quantity import quantity
from ..words.row import (
    HEADINGS,
    Footnotes,
    class_words,
    headings,
    params_words,
    shared,
    varying,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..output.page import Page
    from ..read.modes import Modes
    from ..result.cell import CellResult
    from ..secrecy.matrix import Way

    Marked = tuple[str, CellResult]

QUESTIONS: Mapping[str, str] = {
    "owner": "What the memory costs its owner",
    "everyone": "What it costs the rest of the machine",
    "secrecy": "What it buys",
}
"""Question -> heading, in the order of every table."""

TAILS = frozenset({"first-touch"})
"""Metrics whose quantiles are printed: their values are single events, and the tail is the news."""

TAIL_HEADINGS = ("mode and class", "share", "p50", "p90", "p99", "max", "ratio to control")


def tables(entries: Sequence[Marked], footnotes: Footnotes, page: Page, modes: Modes) -> None:
    """All results.

    Args:
        entries: Each with a mark that tells its file, empty where there is one file only.
        footnotes: Takes the warnings of the rows.
        page: Where to write.
        modes: What the records say of the modes.
    """
    head = "file" if any(mark for mark, _ in entries) else ""
    lines = {
        id(row): _line(mark, words(row, footnotes))
        for mark, row in entries
        if not is_way(row.metric)
    }
    columns = zip(_line(head, HEADINGS), *lines.values(), strict=True)
    widths = [max(map(len, column)) for column in columns]
    names = varying([row for _, row in entries])
    for question, heading in QUESTIONS.items():
        asked = [entry for entry in entries if entry[1].question == question]
        if asked:
            page.text()
            page.text(heading, style="bold")
        tried = [entry for entry in asked if is_way(entry[1].metric)]
        _ways_text(tried, footnotes, page, modes)
        for metric in dict.fromkeys(row.metric for _, row in asked if not is_way(row.metric)):
            of_metric = [entry for entry in asked if entry[1].metric == metric]
            page.text()
            page.text(f"{metric} ({_kind([row for _, row in of_metric])})", style="bold")
            page.table([_line(head, headings(of_metric[0][1]))], widths, indent=4, style="dim")
            for title, group in _groups(of_metric, names[metric]):
                if title:
                    page.text(title, indent=2)
                page.table([lines[id(row)] for _, row in group], widths, indent=4)
                _notes_text(group, page)
                _tail_text(group, page)


def footnotes_text(footnotes: Footnotes, warnings: Sequence[str], page: Page) -> None:
    """Footnotes of the rows, then what was said of the whole."""
    page.text()
    for number, text in enumerate(footnotes.texts, start=1):
        page.text(f"[{number}] {text}")
    for text in warnings:
        page.text(f"warning: {text}")
    page.text(
        "Ratios and differences are over runs, with 95 % intervals, each on its own: of twenty, "
        "one misses the truth by chance. `none >` names the smallest difference that four of five "
        "such campaigns would see. Behind the runs, after a stroke, stands how many independent "
        "ones they are worth, where their order shows that this is fewer."
    )


def _ways_text(entries: Sequence[Marked], footnotes: Footnotes, page: Page, modes: Modes) -> None:
    """One paragraph per way in: the modes that close it, and those that leave it open."""
    found = {
        mark: matrix([row for other, row in entries if other == mark], modes)
        for mark in dict.fromkeys(mark for mark, _ in entries)
    }
    for name in dict.fromkeys(way.name for one in found.values() for way in one.ways):
        page.text()
        page.text(f"{WAY_PREFIX}{name}", style="bold")
        for mark, one in found.items():
            for way in one.ways:
                if way.name == name:
                    said = _way_words(way, one.modes, footnotes)
                    page.text(f"{mark}{' ' if mark else ''}{said}", indent=4)


def _way_words(way: Way, modes: Sequence[str], footnotes: Footnotes) -> str:
    """`closed: secret; open: anon, memfd; not tried: pkey [1]`."""
    said = []
    for result in TRIAL_RESULTS:
        trials = [way.trials[m] for m in modes if m in way.trials and way.result(m) == result]
        if trials:
            marks = footnotes.marks(trial.reason for trial in trials if trial.reason)
            names = ", ".join(trial.mode for trial in trials)
            said.append(f"{result}: {names} {marks}".rstrip())
    return "; ".join(said)


def _kind(rows: Sequence[CellResult]) -> str:
    """What all rows of a metric have in common."""
    exact = any(row.exact for row in rows)
    kind = "exact" if exact else f"{rows[0].better} is better"
    params = params_words(rows[0], shared(rows))
    return f"{params}; {kind}" if params else kind


def _line(mark: str, cells: Sequence[str]) -> tuple[str, ...]:
    """Cells of a row, the mark behind the mode."""
    return (cells[0], mark, *cells[1:]) if mark else tuple(cells)


def _groups(entries: Sequence[Marked], names: Sequence[str]) -> Iterator[tuple[str, list[Marked]]]:
    """Entries with the same parameters: A/A first, a mode's several files next to each other."""
    groups: dict[tuple[tuple[str, int | str], ...], list[Marked]] = {}
    for entry in entries:
        groups.setdefault(tuple(entry[1].params.items()), []).append(entry)
    for group in groups.values():
        order = list(dict.fromkeys((row.mode, row.control) for _, row in group))
        placed = {pair: (pair[0] != pair[1], place) for place, pair in enumerate(order)}
        yield (
            params_words(group[0][1], names),
            sorted(group, key=lambda entry: placed[entry[1].mode, entry[1].control]),
        )


def _notes_text(group: Sequence[Marked], page: Page) -> None:
    """Findings of exact cells."""
    for mark, row in group:
        if row.exact:
            for fact, value in row.exact.notes.items():
                if row.question == "secrecy" and fact in {"way", "group"}:
                    continue
                page.text(f"{row.mode} {mark}{' ' if mark else ''}{fact}: {value}", indent=6)


def _tail_text(group: Sequence[Marked], page: Page) -> None:
    """Quantiles, and the classes of class runs."""
    lines: list[tuple[str, ...]] = []
    for mark, row in group:
        mode = f"{row.mode} {mark}".strip()
        if row.classes:
            for each in row.classes:
                _, name, *cells = class_words(mode, each, row.unit)
                lines.append((f"{mode} {name}", *cells))
        elif row.metric in TAILS and row.quantiles:
            tail = [quantity(each.treatment.estimate, row.unit) for each in row.quantiles]
            lines.append((mode, "", *tail, ""))
    if lines:
        table = [TAIL_HEADINGS, *lines]
        used = [column for column in zip(*table, strict=True) if any(column[1:])]
        page.table(list(zip(*used, strict=True)), [0] * len(used), indent=2)
