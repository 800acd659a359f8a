# SPDX-License-Identifier: MIT
"""What the memory costs the rest of the machine: findings in words, figures, tables."""

from collections.abc import Sequence

from ..result.cell import CellResult
from ..result.note import numbers, span
from ..result.split import CURVES, Curve, curves
from ..result.victim import VICTIM_PREFIX
from ..words.quantity import percent_span, size
from ..words.row import params_words
from ..words.split import SPLIT_HEADINGS, pool_words, split_words
from .block import Block, Chapter, Entry, Grid, Headlines, Notice, Prose, Section
from .cell_table import of_metric
from .everyone_exposure import TITLE as EXPOSED
from .everyone_exposure import blocks as exposed
from .everyone_headlines import absent, headlines, unproved
from .everyone_simulated import TITLE as SIMULATED
from .everyone_simulated import blocks as simulated
from .everyone_victims import TITLE as VICTIMS
from .everyone_victims import blocks as victims
from .evidence import SUBJECT, Evidence

QUESTION = "everyone"
PLACED = ("splits", "exposure", "neighbour", "gaps", "stages", "walks", "victims", "simulated")
"""Figures that stand beside what they show; any other comes last."""
NEIGHBOUR = ("flush-count", "neighbour-loss")
"""Metrics of the section on other CPUs."""


def chapter(evidence: Evidence) -> Chapter:
    """The findings, then splits, other CPUs, and every further metric of this question."""
    title = "What it costs the rest of the machine"
    rows = [row for row in evidence.summary.results if row.question == QUESTION]
    if not rows:
        missing = (
            "Not measured in these records. This chapter is for what secret memory costs everybody "
            "else: splits of the kernel's direct map, misses of the kernel's TLB, slower kernel "
            "work, time taken from the other CPUs, and what stays behind after release."
        )
        costs = (*_split_costs(evidence), *exposed(evidence), *simulated(evidence))
        return Chapter(QUESTION, title, (Section("", (Prose(missing), *costs)),))
    sections = (
        Section("", _findings(evidence)),
        Section("Splits of the direct map", _splits(evidence)),
        Section(EXPOSED, exposed(evidence)),
        Section("Time taken from the other CPUs", _neighbour(evidence)),
        Section(VICTIMS, (*victims(evidence), *_victim_notes(evidence, rows))),
        Section(SIMULATED, simulated(evidence)),
        Section("Further measurements", _further(evidence, rows)),
    )
    return Chapter(QUESTION, title, tuple(each for each in sections if each.blocks))


def _findings(evidence: Evidence) -> tuple[Block, ...]:
    """Sentences that follow from the figures, and what these records do not hold."""
    lines = headlines(evidence)
    how = (
        f"What {SUBJECT} memory costs everybody else, computed from the measurements below. In "
        "brackets: 95 % intervals over runs. Each number leads to the runs behind it."
    )
    found: tuple[Block, ...] = (Prose(how), Headlines(lines)) if lines else ()
    missing = absent(evidence)
    return (*found, Notice("What these records do not say", missing, tone="")) if missing else found


def _splits(evidence: Evidence) -> tuple[Block, ...]:
    """The curves, what each run came to, and what a split adds to a first touch."""
    measured = any(row.metric == CURVES for row in evidence.summary.results)
    blocks: tuple[Block, ...] = ()
    if measured:
        found = curves(evidence.campaigns)
        own = [curve for curve in found if not curve.beside]
        grids = (_curves(evidence, own),) if own else ()
        others = _elsewhere([curve for curve in found if curve.beside and curve.secret])
        blocks = (evidence.picture("splits"), *grids, *others, *_refused(evidence, CURVES))
    return (*blocks, *_split_costs(evidence))


def _curves(evidence: Evidence, found: Sequence[Curve]) -> Grid:
    """One row per run."""
    rows = tuple(
        (
            Entry(f"{curve.mode}, {curve.phase}", evidence.anchor(curve.cell)),
            Entry(size(curve.touched_bytes[-1])),
            Entry(f"{curve.splits[-1]:,}"),
            Entry(_count(curve.splits_1g)),
            Entry(f"{curve.pages_per_split:.0f}" if curve.splits[-1] else "-"),
            Entry(_kib(curve.grown_4k_kb)),
            Entry(_kib(curve.kept_4k_kb)),
            Entry(_count(curve.page_table_bytes, " B")),
            Entry(_count(curve.since_boot)),
            Entry(_count(curve.free_unmovable_pages)),
            Entry(", ".join(pool_words([curve]))),
        )
        for curve in found
    )
    columns = (
        "mode and phase", "touched", "2M splits", "1G splits", "pages per split", "4K map grew by",
        "of it left after release", "page tables", "splits since boot", "free unmovable pages", "",
    )  # fmt: skip
    caption = (
        "splits, run by run in the order of measuring: first touches a region as the run finds the "
        "machine, again a second one after the first was released, crowded one with the page cache "
        "filled. The last columns are the state before the run"
    )
    return Grid(caption, columns, rows, folded=len(rows) > 14)


def _elsewhere(found: Sequence[Curve]) -> tuple[Grid, ...]:
    """Curves of other machines or kernels, one row per run."""
    rows = tuple(
        (
            Entry(curve.kernel),
            Entry("emulated" if curve.emulated else ""),
            Entry("yes" if curve.fresh else "no"),
            Entry(f"{curve.mode}, {curve.phase}"),
            Entry(size(curve.touched_bytes[-1])),
            Entry(f"{curve.splits[-1]:,}"),
            Entry(_count(curve.splits_1g)),
            Entry(f"{curve.pages_per_split:.0f}" if curve.splits[-1] else "-"),
            Entry(_count(curve.since_boot)),
            Entry(_count(curve.free_unmovable_pages)),
        )
        for curve in sorted(found, key=lambda each: (each.kernel, each.touched_bytes[-1], each.run))
    )
    columns = (
        "kernel", "", "boot of its own", "mode and phase", "touched", "2M splits", "1G splits",
        "pages per split", "splits since boot", "free unmovable pages",
    )  # fmt: skip
    caption = (
        "splits on other kernels, from records of their own: counts hold in an emulated guest too, "
        "and a boot of its own for each run is the only clean way, since splits are one-way"
    )
    return (Grid(caption, columns, rows, folded=len(rows) > 14),) if rows else ()


def _count(value: int | None, unit: str = "") -> str:
    return "unknown" if value is None else f"{value:,}{unit}"


def _kib(value: int | None) -> str:
    return "unknown" if value is None else size(value * 1024)


def _split_costs(evidence: Evidence) -> tuple[Grid, ...]:
    """What one 2M split and one 1G split add to a first touch."""
    titles = {row.cell: evidence.title(row) for row in evidence.summary.results}
    rows = tuple(
        (Entry(titles[cost.cell], evidence.anchor(cost.cell)), *map(Entry, split_words(each)))
        for cost in evidence.summary.split_costs
        for each in cost.classes
    )
    caption = (
        "split-cost: what a split of the direct map adds to a first touch. The split counters are "
        "read after each page, which makes all these times longer and leaves their difference"
    )
    return (Grid(caption, ("cell", *SPLIT_HEADINGS), rows),) if rows else ()


def _neighbour(evidence: Evidence) -> tuple[Block, ...]:
    """Lost time by mode, lengths of the pauses, and how many flushes there are."""
    measured = {row.metric for row in evidence.summary.results}
    pictures: tuple[Block, ...] = ()
    if "neighbour-loss" in measured:
        pictures = (evidence.picture("neighbour"), evidence.picture("gaps"))
    metrics = [metric for metric in NEIGHBOUR if metric in measured]
    grids = (block for metric in metrics for block in of_metric(evidence, metric)[:1])
    shares = _shares(evidence)
    return (*pictures, *grids, *shares)


def _shares(evidence: Evidence) -> tuple[Grid, ...]:
    """Share of the neighbour's CPU that is lost, from the runs' notes."""
    rows = []
    for row in evidence.measured("neighbour-loss"):
        here, there = (
            percent_span(numbers(row, name), 2) for name in ("share_lost", "share_lost_control")
        )
        if here:
            rows.append(
                (
                    Entry(params_words(row, evidence.names(row.metric))),
                    Entry(row.mode, evidence.anchor(row.cell)),
                    Entry(here),
                    Entry(row.control or ""),
                    Entry(there or "-"),
                    Entry(_by_cpu(row)),
                )
            )
    columns = ("parameters", "mode", "share lost", "control", "share lost", "ns lost, by CPU")
    caption = (
        "Share of the other CPU's time that was lost while the mode's memory was touched or used, "
        "least to most over runs; timers and the hypervisor are in it"
    )
    return (Grid(caption, columns, tuple(rows), folded=True),) if rows else ()


def _by_cpu(row: CellResult) -> str:
    """What each operation took from each CPU that was watched, in the middle one of the runs."""
    known = sorted(value for value in row.notes.get("lost_ns_by_cpu", ()) if isinstance(value, str))
    return known[len(known) // 2] if known else ""


def _further(evidence: Evidence, rows: Sequence[CellResult]) -> tuple[Block, ...]:
    """A table and the notes of every metric that has no section of its own."""
    known = {CURVES, *NEIGHBOUR}
    metrics = dict.fromkeys(
        row.metric
        for row in rows
        if row.metric not in known and not row.metric.startswith(VICTIM_PREFIX)
    )
    shown = {"fault-stages": "stages", "tlb-walks": "walks"}
    pictures = tuple(evidence.picture(shown[metric]) for metric in metrics if metric in shown)
    grids = (
        block
        for metric in metrics
        for block in (*of_metric(evidence, metric), *_notes(evidence, metric))
    )
    return (*pictures, *grids, *evidence.pictures(QUESTION, PLACED))


def _victim_notes(evidence: Evidence, rows: Sequence[CellResult]) -> tuple[Grid, ...]:
    """What the runs of each victim noted."""
    metrics = dict.fromkeys(row.metric for row in rows if row.metric.startswith(VICTIM_PREFIX))
    return tuple(grid for metric in metrics for grid in _notes(evidence, metric))


def _notes(evidence: Evidence, metric: str) -> tuple[Grid, ...]:
    """What the runs of a metric found beside their values; unproved rows are marked."""
    rows = []
    for row in evidence.measured(metric):
        marked = unproved(row)
        name = Entry(evidence.title(row), evidence.anchor(row.cell), tone="bad" if marked else "")
        if marked:
            rows.append((name, Entry("not proved: no finding", tone="bad"), Entry("")))
        for fact, values in row.notes.items():
            rows.append((name, Entry(fact.replace("_", " ")), Entry(span(values))))
    caption = f"{metric}: what its runs noted, least to most over runs"
    return (Grid(caption, ("cell", "note", "found"), tuple(rows), folded=True),) if rows else ()


def _refused(evidence: Evidence, metric: str) -> tuple[Prose, ...]:
    """Why cells of a metric have no run."""
    return tuple(
        Prose(f"{evidence.title(row)}: unsupported: {row.unsupported}.")
        for row in evidence.summary.results
        if row.metric == metric and not row.runs and row.unsupported
    )
