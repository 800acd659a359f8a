# SPDX-License-Identifier: MIT
"""Two kernels, or two command lines of one, compared in pairs of fresh boots.

Each pair boots both sides, one directly after the other and in random order, and runs every cell
once on each. What the machine does slowly falls on both sides of a pair alike; what differs from
boot to boot is what the pairs are many for.
"""

import contextlib
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ..campaign import progress
from ..campaign.beginning import Judging, agree, begin, prepare
from ..campaign.loop import Budget, go
from ..campaign.recording import Recording
from ..core import Core
from ..machines.guest.option import GuestOptions, asked_again
from ..machines.guest_kernel import GuestKernel
from ..plans import plan
from ..record.line import Ending
from .judge import Judge, Judged, Looks, judging, said_again, terms
from .pairs import Pairs


class PairOptions(Judged, frozen=True, kw_only=True):
    """What `bench ab` was asked."""

    plan: str
    a: GuestOptions
    b: GuestOptions
    pairs: int = 8
    gate: bool = False


def run(core: Core, options: PairOptions) -> tuple[list[Path], Ending]:
    """Run a plan in pairs and write a record file for each side.

    Args:
        core: The native core.
        options: What was asked.

    Returns:
        The record files of A and of B, and how it ended.

    Raises:
        BenchError: A side does not come up, the plan cannot be run on it, or the gate refuses
            the two kernels or the policy.
    """
    began_s = time.monotonic()
    with contextlib.ExitStack() as opened:
        sites = [
            opened.enter_context(contextlib.closing(GuestKernel(core, asked)))
            for asked in (options.a, options.b)
        ]
        emulate_both_or_neither(sites)
        recordings = _begin(sites, options)
        for recording in recordings:
            opened.enter_context(contextlib.closing(recording))
        paths = [recording.path for recording in recordings]
        looks = Looks(judge_of(options, paths), recordings) if options.gate else None
        say = progress.Progress().say if options.quiet else progress.say
        pairs = Pairs(recordings, options.pairs, say, looks)
        budget = Budget(began_s, recordings[0].campaign.budget_s)
        (end, _) = go(recordings, pairs, pairs.ran, budget)
    return paths, end.status


def _begin(sites: Sequence[GuestKernel], options: PairOptions) -> list[Recording]:
    """Each side's first boot tells its environment; no run is made on it."""
    sides = [prepare(site, options.plan, lambda it: plan.only(it, options.cells)) for site in sites]
    agree(sides, None, yes=False)
    # The plan's budget is for one campaign; here the number of pairs ends it.
    budget_s = options.budget_s or sides[0].plan.budget_s * 2 * options.pairs
    asked = msgspec.structs.replace(options, budget_s=budget_s)
    looks = terms(options.policy).looks if options.gate else ()
    recordings = begin(sides, asked, judging(sides, options, looks) if looks else Judging())
    for site in sites:
        site.begin_anew()
    return recordings


def judge_of(options: PairOptions, paths: Sequence[Path]) -> Judge:
    """Return what judges the two record files."""
    words = ["python -m bench ab", shlex.quote(options.plan), "--gate --pairs", str(options.pairs)]
    words += [*asked_again(options.a, options.b), *said_again(options)]
    return Judge(paths, options, " ".join(words))


def emulate_both_or_neither(sites: Sequence[GuestKernel]) -> None:
    """Where KVM takes one kernel and not the other, both are emulated."""
    if len({site.emulated for site in sites}) > 1:
        for site in sites:
            site.emulate()
