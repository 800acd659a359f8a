# SPDX-License-Identifier: MIT
"""A plan that needs a boot whose direct map is still whole: such a boot is had once.

Splits last until reboot, and later secret memory comes from what earlier splits left. So a plan
that says `most_splits` is refused on a boot that has more, unless somebody says to go on.
"""

from collections.abc import Iterable

from ..error import BenchError
from ..record.line import Check, Counters, Run

FACT = "boot_splits"
"""Name of the line of `bench check`."""

_SPLITS = ("direct_map_level2_splits", "direct_map_level3_splits")
_ELSEWHERE = (
    "reboot and run it before anything else that takes secret memory, or measure in guests, each "
    "run on a boot of its own: python -m bench run exposure --kernel debian:6.12 --fresh-boot "
    "(and tlb-doses, with --tlb zen3,glc,skl, for the TLB misses)"
)


def splits_of(counters: Counters) -> int | None:
    """Return the splits of both levels; None where the kernel does not count them."""
    known = [counters[name] for name in _SPLITS if name in counters]
    return sum(known) if known else None


def check(counters: Counters, most: int) -> Check:
    """Say whether this boot will do for a plan that asks for so few splits."""
    splits = splits_of(counters)
    if splits is None:
        hint = "this kernel does not count splits of its direct map, so no boot can be told fresh"
        return Check(FACT, ok=False, text="unknown", hint=hint)
    state = "fresh enough" if splits <= most else "used"
    text = f"{splits:,} splits since boot, {state} for the plan fresh (at most {most})"
    return Check(FACT, splits <= most, text, "" if splits <= most else _ELSEWHERE)


def require(name: str, most: int | None, counters: Counters, would: str) -> None:
    """Refuse a used boot.

    Args:
        name: Of the plan.
        most: Splits that it allows at most; None if it does not ask.
        counters: Of the boot, less what the plan's own runs have done to it.
        would: What the plan would do, in a sentence.

    Raises:
        BenchError: The boot has more, or its splits are not counted.
    """
    if most is None:
        return
    splits = splits_of(counters)
    if splits is not None and splits <= most:
        return
    has = "an unknown number of" if splits is None else f"{splits:,}"
    raise BenchError(
        f"{name} needs a fresh boot, with at most {most} splits of the direct map, and this one "
        f"has {has}: nothing was run ({would}): {_ELSEWHERE}; bench run --used-boot goes on all "
        "the same"
    )


def without_own(counters: Counters, runs: Iterable[Run]) -> Counters:
    """Return the counters less what these runs moved: what else has happened on the boot."""
    own = [run.counters for run in runs]
    return {
        name: value - sum(each.get(name, 0) for each in own) if name in _SPLITS else value
        for name, value in counters.items()
    }


def used_up(before: Counters, after: Counters, most: int | None) -> str:
    """Say what a plan that asked for a fresh boot has left of it; empty if it did not ask."""
    was, now = splits_of(before), splits_of(after)
    if most is None or was is None or now is None:
        return ""
    if now <= most:
        return f"this boot had {was:,} splits and has {now:,}: it is still fresh (at most {most})"
    return (
        f"this boot had {was:,} splits and has {now:,}: it is used up for plans that ask for a "
        f"fresh one (at most {most}) until the next reboot"
    )
