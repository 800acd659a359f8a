# SPDX-License-Identifier: MIT
"""The tables of a chapter: all cells that answer one question, metric by metric."""

from ..result.cell import CellResult
from ..secrecy.matrix import abouts
from ..words.quantity import quantity
from ..words.row import Footnotes, class_words, headings, params_words, shared, words
from .block import Block, Entry, Grid
from .evidence import SUBJECT, Evidence

LONG = 14
"""Rows from which on a table is folded: the figures say it first."""


def tables(evidence: Evidence, question: str) -> tuple[Block, ...]:
    """One table per metric in the plan's order, and quantiles and classes where there are any."""
    rows = [row for row in evidence.summary.results if row.question == question]
    metrics = dict.fromkeys(row.metric for row in rows)
    return tuple(block for metric in metrics for block in of_metric(evidence, metric))


def of_metric(evidence: Evidence, metric: str) -> tuple[Block, ...]:
    """The table of one metric, its quantiles and its classes where there are any."""
    rows = [row for row in evidence.summary.results if row.metric == metric]
    blocks: list[Block] = [_table(evidence, rows, abouts(evidence.campaigns)[metric])]
    if any(row.quantiles for row in rows):
        blocks.append(_quantiles(evidence, rows))
    if any(row.classes for row in rows):
        blocks.append(_classes(evidence, rows))
    return tuple(blocks)


def _table(evidence: Evidence, rows: list[CellResult], about: str) -> Grid:
    """All cells of one metric, in the words of the summary."""
    footnotes = Footnotes()
    entries = []
    for row in rows:
        mode, *numbers, runs = words(row, footnotes)
        anchor = evidence.anchor(row.cell)
        beside = row.control_median
        entries.append(
            (
                Entry(params_words(row, evidence.names(row.metric))),
                Entry(mode, tone="strong" if row.mode == SUBJECT else ""),
                *(Entry(text, anchor if _numeric(text) else "") for text in numbers),
                Entry(quantity(beside.estimate, row.unit) if beside else ""),
                Entry(runs),
                Entry(row.stop),
            )
        )
    first, *middle, last = headings(rows[0])
    columns = ("parameters", first, *middle, "control", last, "stopped by")
    texts = tuple(f"[{number}] {text}" for number, text in enumerate(footnotes.texts, start=1))
    alike = params_words(rows[0], shared(rows))
    caption = f"{rows[0].metric}{f' ({alike})' if alike else ''}: {about}"
    return Grid(caption, columns, tuple(entries), folded=len(rows) > LONG, footnotes=texts)


def _numeric(text: str) -> bool:
    """Whether an entry begins with a number, which then leads to the runs behind it."""
    return text.lstrip("+-")[:1].isdigit()


def _quantiles(evidence: Evidence, rows: list[CellResult]) -> Grid:
    """Quantiles over pages with their intervals over runs."""
    entries = tuple(
        (
            Entry(params_words(row, evidence.names(row.metric))),
            Entry(row.mode, evidence.anchor(row.cell)),
            Entry("max" if each.quantile == 1 else f"p{100 * each.quantile:g}"),
            Entry(quantity(each.treatment.estimate, row.unit)),
            Entry(
                f"{quantity(each.treatment.low, row.unit)} to "
                f"{quantity(each.treatment.high, row.unit)}"
            ),
        )
        for row in rows
        for each in row.quantiles
    )
    columns = ("parameters", "mode", "quantile", "value", "95 % interval")
    caption = f"{rows[0].metric}: quantiles within runs, median and interval over runs"
    return Grid(caption, columns, entries, folded=True)


def _classes(evidence: Evidence, rows: list[CellResult]) -> Grid:
    """Pages by class, from runs that read the split counters after each page."""
    entries = []
    for row in rows:
        for each in row.classes:
            mode, name, *rest = class_words(row.mode, each, row.unit)
            entries.append(
                (
                    Entry(params_words(row, evidence.names(row.metric))),
                    Entry(mode, evidence.anchor(row.cell)),
                    Entry(name),
                    *map(Entry, rest),
                )
            )
    columns = ("parameters", "mode", "class", "share", "p50", "p90", "p99", "max", "ratio")
    caption = (
        f"{rows[0].metric} by class: plain pages, and pages that split a 2M or a 1G mapping of the "
        "direct map; the counters are read after each page, which makes these times longer"
    )
    return Grid(caption, columns, tuple(entries))
