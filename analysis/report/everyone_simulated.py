# SPDX-License-Identifier: MIT
"""TLB misses caused by splitting the direct map, as models of TLBs count them in guests."""

from collections.abc import Iterable, Sequence

from ..result.simulated import DOSES, STEPS, VICTIMS, Counts, Simulated, Step, simulated
from ..words.quantity import digits, size
from .block import Block, Entry, Grid, Headline, Headlines, Prose
from .evidence import Evidence

TITLE = "TLB misses caused by splitting the direct map, simulated"
_NO_CPU = (
    "Counted exactly in an emulated guest, by models of the TLBs of these CPUs: what the model "
    "would do, no measurement of a CPU. Models are not put together, and no time is made of these "
    "counts here: what a walk costs is what walk-cost measures on a machine."
)
_COUNTED = ("misses", "walks")
_DIRECT = "direct-4k"


def blocks(evidence: Evidence) -> tuple[Block, ...]:
    """Two sentences, the figure and the counts behind them; empty without any."""
    works = _with_runs(simulated(evidence.campaigns, DOSES))
    victims = _with_runs(simulated(evidence.campaigns, VICTIMS))
    if not works and not victims:
        return ()
    lines = tuple(filter(None, (_of_works(evidence, works), _of_victims(evidence, victims))))
    head: tuple[Block, ...] = (Prose(_NO_CPU), Headlines(lines)) if lines else (Prose(_NO_CPU),)
    picture = (evidence.picture("simulated"),) if works else ()
    return (*head, *picture, *_work_grid(evidence, works), *_victim_grid(evidence, victims))


def _with_runs(found: Iterable[Simulated]) -> list[Simulated]:
    return [each for each in found if each.runs]


def _of_works(evidence: Evidence, works: Sequence[Simulated]) -> Headline | None:
    """What the largest dose does to the first level and to walks, over all works and models."""
    measured = [each for each in works if not each.is_noise_floor]
    if not measured:
        return None
    largest = max(each.dose_bytes for each in measured)
    shown = [
        each for each in measured if each.dose_bytes == largest and each.file == measured[0].file
    ]
    misses, walks = ([_added(each, count) for each in shown] for count in _COUNTED)
    anew = [_added(each, "walks", "after") for each in shown if each.areas["after"]]
    models = ", ".join(dict.fromkeys(each.model for each in shown))
    most = max(shown, key=lambda each: _added(each, "misses"))
    return Headline(
        f"Ordinary kernel work with {size(largest)} of secret memory held, by models of {models}",
        f"adds {_span(misses)} misses of the first TLB level and {_span(walks)} page walks to an "
        "operation",
        f"most misses: {most.work} by {most.model}, {_change(most, 'misses')}"
        + (f"; after it was given back, {_span(anew)} walks" if anew else ""),
        _anchor(evidence, most),
    )


def _of_victims(evidence: Evidence, victims: Sequence[Simulated]) -> Headline | None:
    """What each kernel read of a large set takes inside split blocks and outside."""
    rings = [
        each
        for each in victims
        if each.work == "packet-ring" and not each.is_noise_floor and each.file == victims[0].file
    ]
    if not rings:
        return None
    pages = max(int(each.cell.params["pages"]) for each in rings)
    shown = [each for each in rings if int(each.cell.params["pages"]) == pages]
    inside, outside = (
        _span([each.kernel[arm].walks for each in shown]) for arm in ("treatment", "control")
    )
    models = ", ".join(each.model for each in shown)
    return Headline(
        f"A kernel read of one of {pages:,} pages of its own, by models of {models}",
        f"takes {inside} page walks in split blocks, and {outside} in whole ones",
        "",
        _anchor(evidence, shown[0]),
    )


def _added(each: Simulated, count: str, step: Step = "treatment") -> float:
    now: float = getattr(each.kernel[step], count)
    before: float = getattr(each.kernel["control"], count)
    return now - before


def _change(each: Simulated, count: str) -> str:
    before, after = (getattr(each.kernel[arm], count) for arm in ("control", "treatment"))
    return f"{digits(before)} to {digits(after)}"


def _span(numbers: Sequence[float]) -> str:
    """`0.02`, or `0.02 to 9.1`: to a thousandth, below which a boot differs from the next."""
    low, high = (f"{round(each, 3) + 0.0:.3g}" for each in (min(numbers), max(numbers)))
    return low if low == high else f"{low} to {high}"


def _work_grid(evidence: Evidence, works: Sequence[Simulated]) -> tuple[Grid, ...]:
    """One row per work, dose and model."""
    rows = tuple(
        (
            Entry(_kernel(each)),
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
            Entry(_kernel(each)),
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
    accesses = [digits(each.kernel[step].accesses) for step in steps]
    small = [digits(each.areas[step].get(_DIRECT, Counts()).accesses) for step in steps]
    counted = [digits(getattr(each.kernel[step], name)) for name in _COUNTED for step in steps]
    return tuple(map(Entry, (*accesses, *small, *counted)))


def _dose(each: Simulated) -> str:
    return f"{each.work}, {size(each.dose_bytes)} of {each.cell.mode}"


def _victim(each: Simulated) -> str:
    alike = ", A/A" if each.is_noise_floor else ""
    return f"{each.work}, {int(each.cell.params['pages']):,} pages{alike}"


def _kernel(each: Simulated) -> str:
    return str(each.file.campaign.environment.get("kernel_release", "unknown"))


def _anchor(evidence: Evidence, each: Simulated) -> str:
    """Empty for a file beside: its runs are not listed."""
    return "" if each.file in evidence.campaigns.beside else evidence.anchor(each.cell.name)
