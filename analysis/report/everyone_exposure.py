# SPDX-License-Identifier: MIT
"""Who lies in split memory: the finding, the picture, what each dose reached, and the control."""

from collections.abc import Sequence

from ..result.exposure import KINDS, Exposure, exposures
from ..words.exposure import beside, counted, finding, name, share, subject, where
from ..words.quantity import percent, size
from .block import Block, Entry, Grid, Headline, Prose
from .evidence import Evidence

TITLE = "Who lies in split memory"
METRICS = ("split-exposure", "victim-doses")
"""Metrics whose runs take a census of the direct map."""


def exposure_headlines(evidence: Evidence) -> list[Headline]:
    """One sentence for each ladder of these campaigns."""
    return [
        Headline(subject(each), finding(each), beside(each), evidence.anchor(each.cells[0]))
        for each in exposures(evidence.campaigns)
        if not each.beside
    ]


def blocks(evidence: Evidence) -> tuple[Block, ...]:
    """Empty where no run took a census, and none beside did."""
    found = exposures(evidence.campaigns)
    refused = tuple(
        Prose(f"{evidence.title(row)}: {row.unsupported or '; '.join(dict.fromkeys(row.failed))}.")
        for row in evidence.summary.results
        if row.metric in METRICS and not row.runs and (row.unsupported or row.failed)
    )
    if not found:
        return refused
    others = tuple(
        Prose(f"{where(each)}: {subject(each)} {finding(each)}; {beside(each)}.")
        for each in found
        if each.beside
    )
    grids = (_doses(evidence, found), *(_reach(each) for each in found))
    return (evidence.picture("exposure"), *others, *grids, *refused)


def _doses(evidence: Evidence, found: Sequence[Exposure]) -> Grid:
    """What each dose did to the map, and what the control did."""
    rows = tuple(
        (
            Entry(where(each), "" if each.beside else evidence.anchor(each.cells[0])),
            Entry(size(rung.dose_bytes)),
            Entry(str(rung.runs)),
            Entry(counted(rung.splits)),
            Entry(_kib(rung.page_table_bytes.low, rung.page_table_bytes.high)),
            Entry(counted(rung.blocks_2m)),
            Entry(f"{each.control_splits:,}"),
            Entry(percent(each.control_moved)),
        )
        for each in found
        for rung in each.rungs
    )
    columns = (
        "machine", "dose", "runs", "splits", "page tables they took", "2M blocks with its pages",
        "splits by the control", "share that the control moved",
    )  # fmt: skip
    caption = (
        "What each dose did to the direct map, least to most over runs. The last columns are the "
        "same doses of the control in the same runs: it should split nothing, and what it moved "
        "of any kind that has a name is what happens without a split"
    )
    return Grid(caption, columns, rows, folded=len(rows) > 14)


def _reach(each: Exposure) -> Grid:
    """By how much each dose raised the share of each kind."""
    rows = tuple(
        (
            Entry(name(kind)),
            Entry(counted(each.pages[kind])),
            *(Entry(share(rung.reach.get(kind))) for rung in each.rungs),
        )
        for kind in KINDS
        if kind in each.pages
    )
    columns = ("kind", "pages before", *(size(rung.dose_bytes) for rung in each.rungs))
    caption = (
        f"Reach on {where(each)}: by how much each dose raised the share of a kind that is mapped "
        "by 4K, in % of its pages, run by run, least to most"
    )
    return Grid(caption, columns, rows, folded=True)


def _kib(low: float, high: float) -> str:
    first, last = f"{low / 1024:g}", f"{high / 1024:g}"
    return f"{first} KiB" if first == last else f"{first} to {last} KiB"
