# SPDX-License-Identifier: MIT
"""From the events of a fault to its stages: pure functions."""

import statistics
from collections.abc import Sequence

import msgspec

# In the order of the program's own list.
EVENTS = (
    "allocated", "edit begun", "edit ended", "cached", "flush begun", "queued", "sent",
    "here begun", "here ended", "flush ended", "counted", "finished",
)  # fmt: skip
OVERHEAD_MARK = 0.30

_ALLOCATION = "allocation and zeroing"
_SEND, _HERE, _WAIT = "flush: send", "flush: on this CPU", "flush: wait"


class Stage(msgspec.Struct, frozen=True):
    """One part of a fault: its share of the probed fault, and that share of the bare total."""

    stage: str
    share: float
    elapsed_s: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a first touch of one mode consists of.

    Totals are from runs without a probe, shares from runs with it. `overhead` is what the probe
    adds, as a share of the bare total; over 30 % the shares are `marked`. `refused` says which
    finer backends could not be had, and why.
    """

    probe: str = "fault-stages"
    backend: str
    mode: str
    pages: int
    runs: int
    bare_s: float
    bare_values: tuple[float, ...]
    obtained: dict[str, str | int]
    probed_s: float | None = None
    overhead: float | None = None
    marked: bool = False
    known_touched: int
    known_seen: int
    flushes_per_fault: float | None = None
    user_flushes_per_fault: float | None = None
    stages: tuple[Stage, ...] = ()
    refused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Fault(msgspec.Struct, frozen=True):
    """One fault: per event the time since the one before it, in ns, and how often it came."""

    ns: tuple[int, ...]
    hits: tuple[int, ...]


def names(faults: Sequence[Fault], *, shared: bool) -> dict[str, str]:
    """Return the stage that ends with each event.

    Args:
        faults: What was seen: it decides how finely the stages can be told.
        shared: The memory is that of a file, which has a page cache.
    """
    # Others' flushes interrupt a fault now and then: what only some faults have does not count.
    often = len(faults) / 2
    seen = {event for i, event in enumerate(EVENTS) if sum(f.hits[i] > 0 for f in faults) > often}
    mapping = "page cache, zeroing and mapping" if shared else "mapping"
    if "cached" in seen:
        mapping = "mapping" if "flush ended" in seen else "flush and mapping"
    if "here ended" in seen and "flush ended" not in seen:
        mapping = f"{_WAIT}, then mapping"
    return {
        "allocated": _ALLOCATION,
        "edit begun": _ALLOCATION,
        "edit ended": "direct-map edit",
        "cached": "page cache" if "edit ended" in seen else "direct-map edit and page cache",
        "flush begun": "page cache",
        "queued": _SEND,
        "sent": _SEND,
        "here begun": _SEND,
        "here ended": _HERE,
        "flush ended": _WAIT,
        "counted": mapping,
        "finished": "end of the fault",
    }


def shares(faults: Sequence[Fault], bare_s: float, *, shared: bool) -> tuple[Stage, ...]:
    """Return the stages in their order; a stage's time is its median over the faults.

    Args:
        faults: At least one, each seen to its end.
        bare_s: The whole touch without a probe, seconds.
        shared: The memory is that of a file.
    """
    stage_of = names(faults, shared=shared)
    order = [stage_of[event] for event in EVENTS]
    medians = {
        name: statistics.median(
            sum(ns for ns, stage in zip(fault.ns, order, strict=True) if stage == name)
            for fault in faults
        )
        for name in dict.fromkeys(order)
    }
    total_ns = sum(medians.values())
    return tuple(
        Stage(name, ns / total_ns, ns / total_ns * bare_s) for name, ns in medians.items() if ns
    )


def as_text(results: Sequence[Result]) -> str:
    """Return the results for people: the total of each mode and a line per stage."""
    lines = []
    for result in results:
        total = f"{result.bare_s * 1e6:.2f} us per first touch"
        lines.append(f"{result.mode}: {total} ({_beside(result)})")
        mark = " (!)" if result.marked else ""
        lines += [
            f"  {stage.share:6.1%}  {stage.elapsed_s * 1e6:6.2f} us  {stage.stage}{mark}"
            for stage in result.stages
        ]
        lines += [f"  !! {warning}" for warning in result.warnings]
    lines += dict.fromkeys(reason for result in results for reason in result.refused)
    return "\n".join(lines)


def _beside(result: Result) -> str:
    words = [f"by {result.backend}", f"saw {result.known_seen} of {result.known_touched}"]
    if result.flushes_per_fault is not None:
        words.append(f"{result.flushes_per_fault:g} kernel flushes per fault")
    if result.overhead is not None:
        words.append(f"the probe adds {result.overhead:.0%}")
    return ", ".join(words)
