# SPDX-License-Identifier: MIT
"""TLB misses caused by splitting the direct map, as models of TLBs count them in guests."""

from collections.abc import Sequence

from ..result.simulated import DOSES, STEPS, VICTIMS, Counts, Simulated, Step
from ..words.quantity import digits, size
from ..words.simulated import NO_CPU, findings
from .block import Block, Entry, Grid, Headline, Prose
from .evidence import Evidence

TITLE = "TLB misses caused by splitting the direct map, simulated"
METRICS = (VICTIMS, DOSES)
"""Metrics whose runs count what models of TLBs would do."""
_NO_CPU = (
    "Counted exactly in an emulated guest, by models of the TLBs of these CPUs: what the model "
    "would do, no measurement of a CPU. Models are not put together, and no time is made of these "
    "counts here: what a walk costs is what walk-cost measures on a machine."
)
_COUNTED = ("misses", "walks")
_DIRECT = "direct-4k"


def simulated_headlines(evidence: Evidence) -> list[Headline]:
    """What a dose does to ordinary work, and split blocks to a read, in these campaigns."""
    return [
        Headline(
            each.subject,
            each.finding,
            f"{each.beside}; {NO_CPU}",
            evidence.anchor(each.of.cell),
        )
        for each in findings(evidence.summary.simulated)
        if not each.of.beside
    ]


def blocks(evidence: Evidence) -> tuple[Block, ...]:
    """The figure and the counts behind the sentences; empty without any."""
    found = [each for each in evidence.summary.simulated if each.runs]
    works = [each for each in found if each.metric == DOSES]
    victims = [each for each in found if each.metric == VICTIMS]
    if not works and not victims:
        return ()
    others = (
        Prose(f"Linux {each.of.kernel}: {each.subject} {each.finding}; {each.beside}.")
        for each in findings(found)
        if each.of.beside
    )
    picture = (evidence.picture("simulated"),) if works else ()
    grids = (*_work_grid(evidence, works), *_victim_grid(evidence, victims))
    return (Prose(_NO_CPU), *others, *picture, *grids)


def _work_grid(evidence: Evidence, works: Sequence[Simulated]) -> tuple[Grid, ...]:
    """One row per work, dose and model."""
    rows = tuple(
        (
            Entry(each.kernel),
            Entry(_dose(each), _anchor(evidence, each)),
            Entry(each.model),
            *_counts(each, STEPS),
            Entry(str(each.runs)),
        )
        for each in works
    )  # fmt: skip
    columns = ("kernel", "work and dose", "model", *_columns("before", "with it", "after"), "runs")
    caption = (
        "tlb-simulated-dose: data accesses to the kernel's own memory per operation, those of them "
        "to memory that the direct map maps by 4K, misses of the first level and page walks; "
        "before the dose (an equal one of the control is held), with it, and after it was given "
        "back and the work's memory made anew. Median over runs"
    )
    return (Grid(caption, columns, rows, folded=True),) if rows else ()


def _victim_grid(evidence: Evidence, victims: Sequence[Simulated]) -> tuple[Grid, ...]:
    """One row per victim, working set and model; A/A among them."""
    rows = tuple(
        (
            Entry(each.kernel),
            Entry(_victim(each), _anchor(evidence, each)),
            Entry(each.model),
            *_counts(each, STEPS[:2]),
            Entry(str(each.runs)),
        )
        for each in victims
    )
    columns = ("kernel", "victim", "model", *_columns("outside", "inside"), "runs")
    caption = (
        "tlb-simulated: the same per page or object of a victim, outside and inside blocks of 2M "
        "that secret memory split (A/A: neither). Median over runs"
    )
    return (Grid(caption, columns, rows, folded=True),) if rows else ()


def _columns(*steps: str) -> tuple[str, ...]:
    counted = ("accesses", "by 4K", "first-level misses", "walks")
    return tuple(f"{name}, {step}" for name in counted for step in steps)


def _counts(each: Simulated, steps: Sequence[Step]) -> tuple[Entry, ...]:
    accesses = [digits(each.own[step].accesses) for step in steps]
    small = [digits(each.areas[step].get(_DIRECT, Counts()).accesses) for step in steps]
    counted = [digits(getattr(each.own[step], name)) for name in _COUNTED for step in steps]
    return tuple(map(Entry, (*accesses, *small, *counted)))


def _dose(each: Simulated) -> str:
    return f"{each.work}, {size(each.dose_bytes)} of {each.mode}"


def _victim(each: Simulated) -> str:
    alike = ", A/A" if each.is_noise_floor else ""
    return f"{each.work}, {each.pages:,} pages{alike}"


def _anchor(evidence: Evidence, each: Simulated) -> str:
    """Empty for a file beside: its runs are not listed."""
    return "" if each.beside else evidence.anchor(each.cell)
