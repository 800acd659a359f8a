# SPDX-License-Identifier: MIT
"""UNCACHED: trips to memory as models of caches count them, and what they would take in time.

The time is a prediction: trips of a model times the measured time of one trip, on a machine that
did not run the mode. Where the machine did run it (secret-flushed), both stand beside each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..read.campaigns import Campaigns, RecordFile
from ..result.cell import CellResult
from ..result.compute import results
from ..result.simulated import TRIPS, Simulated
from ..stats.interval import Interval
from ..words.quantity import between, quantity
from ..words.simulated import NO_CPU, counted
from .block import Block, Entry, Grid, Headline, Prose
from .evidence import SUBJECT, Evidence

TITLE = "Trips to memory, simulated, and a prediction of UNCACHED"
TRIP = "memory-trip"
"""The metric whose value is the time of one trip."""

_WORDS = (
    "How often one use of the memory goes to memory past all caches, counted exactly in an "
    "emulated guest by models of the caches of these CPUs. An access to an uncached page is a trip "
    "of its own, whatever its width. "
)
_PREDICTED = (
    "The time beside it is a PREDICTION, no measurement: the trips that the control does not make, "
    "times the time of one trip, {trip}, measured on {where} by memory-trip. It takes trips as "
    "following each other, so it is too long for accesses that a CPU overlaps, and it holds "
    "nothing but trips. Measured beside it is secret-flushed, whose eviction and fence are no "
    "trips of the model: by how much it is missed says how far to trust the rest."
)
_NO_TIME = (
    "No record here has the time of one trip (memory-trip, of a machine that is not emulated), so "
    "nothing is predicted: measure the plan trip-time and name its record, here or with --curves."
)
_TIMED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "load": ("access-width", {"op": "load"}),
    "store": ("access-width", {"op": "store"}),
    "stream": ("access-width", {"op": "stream-load"}),
    "use": ("secret-use", {}),
}
"""What a model counts -> the metric that times the same, and its parameters."""
_TOLD: Mapping[str, str] = {
    "load": "a load", "store": "a store", "use": "a use of 32 bytes",
    "stream": "4 KiB read by 8 B", "copy": "4 KiB copied out",
}  # fmt: skip
_WORD_BYTES = 8
_PAGE_BYTES = 4096
UNCACHED, FLUSHED = "secret-uncached", "secret-flushed"
_HOLDS = 1.25
"""By which factor a measurement may miss the prediction that still holds."""
_LEAST_TRIPS, _LEAST_SHARE = 0.5, 0.1
"""Fewer more than the control's, or so small a share of them, is what equals differ by."""


@dataclass(frozen=True)
class _Timed:
    """What a machine measured that the prediction rests on or is held against."""

    file: RecordFile
    rows: tuple[CellResult, ...]
    trip: Interval


def trips_headlines(evidence: Evidence) -> tuple[Headline, ...]:
    """What each use of UNCACHED memory takes, by the first model; empty without such a count."""
    known = [each for each in _found(evidence) if each.mode == UNCACHED and not each.beside]
    shown = {
        each.work: each
        for each in reversed(known)
        if each.model == known[0].model and each.params["width_bytes"] == _WORD_BYTES
    }
    told = [(name, shown[work]) for work, name in _TOLD.items() if work in shown]
    if not told:
        return ()
    trips, beside = (
        ", ".join(f"{name} {counted(_trips(each, arm))}" for name, each in told)
        for arm in ("treatment", "control")
    )
    first = told[0][1]
    return (
        Headline(
            f"Trips to memory of {UNCACHED} memory",
            trips,
            f"{first.control}: {beside}; by model {first.model}, {NO_CPU}",
            evidence.anchor(first.cell),
        ),
    )


def _found(evidence: Evidence) -> list[Simulated]:
    return [each for each in evidence.summary.simulated if each.metric == TRIPS and each.runs]


def blocks(evidence: Evidence) -> tuple[Block, ...]:
    """The counts with what they would take in time; empty without any."""
    found = _found(evidence)
    if not found:
        return ()
    timed = next(_timed(evidence.campaigns), None)
    said = _NO_TIME
    if timed is not None:
        where = timed.file.campaign.machine.name
        said = _PREDICTED.format(trip=_interval(timed.trip), where=where)
    return Prose(_WORDS + said), *_check(found, timed), *_grids(found, timed)


def _check(found: Sequence[Simulated], timed: _Timed | None) -> tuple[Prose, ...]:
    """Whether the prediction of secret-flushed holds against its measurement."""
    held = [
        ratio
        for each in found
        if each.mode == FLUSHED and timed is not None
        for ratio in _ratios(each, timed)
    ]
    if not held:
        return ()
    holds = min(held) >= 1 / _HOLDS and max(held) <= _HOLDS
    span = f"{min(held):.2f} to {max(held):.2f}"
    said = f"The check: {FLUSHED} was measured at {span} times its prediction"
    end = (
        ", so the prediction holds there."
        if holds
        else ". The prediction does NOT hold there, so take that of UNCACHED for its order of "
        "magnitude: evictions and fences make it too short, what a CPU overlaps too long."
    )
    return (Prose(said + end),)


def _ratios(each: Simulated, timed: _Timed) -> Iterator[float]:
    beside = _beside(each, timed)
    if beside is not None and _is_more(each):
        yield beside.estimate / (timed.trip.estimate * _added(each))


def _timed(campaigns: Campaigns) -> Iterator[_Timed]:
    """Each file of a machine that is not emulated and has the time of one trip."""
    for file in (*campaigns.files, *campaigns.beside):
        if file.campaign.machine.emulated:
            continue
        rows = results(Campaigns((file,)))
        trips = [row for row in rows if row.metric == TRIP and row.treatment and row.runs]
        for row in sorted(trips, key=lambda row: row.mode != SUBJECT):
            if row.treatment:
                yield _Timed(file, rows, row.treatment)


def _grids(found: Sequence[Simulated], timed: _Timed | None) -> Iterator[Grid]:
    """A row for what widths, models and kernels agree on; what is as its control, folded."""
    alike: dict[tuple[str | float, ...], list[Simulated]] = {}
    for each in found:
        trips = (_trips(each, "treatment"), _trips(each, "control"))
        key = (each.work, each.mode, each.control or "", *trips)
        alike.setdefault(key, []).append(each)
    columns = (
        "use", "mode", "trips", "control", "trips", "predicted to add", "measured",
        "measured / predicted", "models", "kernel",
    )  # fmt: skip
    about = (
        "for one access, for one use of a secret of 32 bytes, for 4 KiB, for the first touch of a "
        "page or for the life of a secret. Median over runs"
    )
    rows = [group for group in alike.values() if _is_more(group[0])]
    if rows:
        yield Grid(f"Trips to memory {about}", columns, tuple(_row(each, timed) for each in rows))
    rows = [group for group in alike.values() if not _is_more(group[0])]
    if rows:
        caption = f"The same where no more is gone to memory than by the control, {about}"
        yield Grid(caption, columns, tuple(_row(each, timed) for each in rows), folded=True)


def _row(group: Sequence[Simulated], timed: _Timed | None) -> tuple[Entry, ...]:
    first = group[0]
    trips, beside_it = _trips(first, "treatment"), _trips(first, "control")
    models = ", ".join(sorted({each.model for each in group}))
    predicted, measured, held = "-", "-", "-"
    if timed is not None and _is_more(first):
        time = _multiplied(timed.trip, _added(first))
        predicted = _interval(time)
        beside = _beside(first, timed)
        if beside is not None:
            measured = _interval(beside)
            held = f"{beside.estimate / time.estimate:.2f}"
    return (
        Entry(_use(group)),
        Entry(first.mode, tone="strong" if first.mode == UNCACHED else ""),
        Entry(counted(trips)),
        Entry(first.control or ""),
        Entry(counted(beside_it)),
        Entry(predicted),
        Entry(measured),
        Entry(held),
        Entry(models),
        Entry(", ".join(dict.fromkeys(each.kernel for each in group))),
    )


def _added(each: Simulated) -> float:
    return _trips(each, "treatment") - _trips(each, "control")


def _is_more(each: Simulated) -> bool:
    return _added(each) > max(_LEAST_TRIPS, _LEAST_SHARE * _trips(each, "control"))


def _trips(each: Simulated, arm: str) -> float:
    return each.everything["treatment" if arm == "treatment" else "control"].trips


def _use(group: Sequence[Simulated]) -> str:
    """`load by 1, 8 B`: all widths that came to the same."""
    work = group[0].work
    widths = sorted({int(each.params["width_bytes"]) for each in group})
    wide = work in {"load", "store", "stream"}
    return f"{work} by {', '.join(map(str, widths))} B" if wide else work


def _beside(each: Simulated, timed: _Timed) -> Interval | None:
    """The same use of the same mode, as the machine timed it; None if it did not."""
    metric, wanted = _TIMED.get(each.work, ("", {}))
    width = int(each.params["width_bytes"])
    for row in timed.rows:
        if row.metric != metric or row.mode != each.mode or row.treatment is None:
            continue
        if any(row.params.get(name) != value for name, value in wanted.items()):
            continue
        if row.params.get("width_bytes", width) != width:
            continue
        return _multiplied(row.treatment, _PAGE_BYTES // width if each.work == "stream" else 1)
    return None


def _multiplied(found: Interval, by: float) -> Interval:
    return replace(found, estimate=found.estimate * by, low=found.low * by, high=found.high * by)


def _interval(found: Interval) -> str:
    """`124 ns [122, 126]`, or without an interval where there is none."""
    ends = between(found.low, found.high, "s")
    return (
        f"{quantity(found.estimate, 's')} [{ends}]"
        if ends != "-"
        else quantity(found.estimate, "s")
    )
