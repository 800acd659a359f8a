# SPDX-License-Identifier: MIT
"""Sampling for a gate: further rounds only for cells that the analysis cannot decide yet.

The rule that decides is the analysis' alone; here is only who runs next. At each of its looks
a process `python -m analysis gate --interim --json` reads the record file so far and says
which cells are open and when it wants to look again, so that what stops the sampling and what
judges the finished record are one and the same.
"""

import contextlib
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ..campaign import progress
from ..campaign.beginning import agree, begin, prepare
from ..campaign.loop import Budget, go
from ..campaign.recording import Recording
from ..campaign.schedule import Schedule, alone, states
from ..consent.secret import Ask
from ..core import Core
from ..error import BenchError
from ..machines.running_kernel import RunningKernel
from ..plans import plan
from ..plans.plan import Plan
from ..record.line import Cell
from .builds import both, staged
from .judge import Judge, Judged, Looks, judging, said_again, terms


class GateOptions(Judged, frozen=True, kw_only=True):
    """What `bench gate` was asked."""

    plan: str
    baseline: tuple[str, ...] = ()
    """Campaigns that are one baseline together, or stores of them."""
    base_core: str | None = None
    core: str | None = None
    """The core under test, where it was named; only said."""
    outputs: tuple[str, ...] = ()
    """Options of `analysis gate` for its last word."""


def run(core: Core, options: GateOptions, ask: Ask) -> int:
    """Sample until every cell is decided or the budget ends, then print the verdict.

    Args:
        core: The native core under test.
        options: What was asked.
        ask: Puts a question to a person; None if nobody is there.

    Returns:
        The exit code of the analysis: 0 pass, 1 regressed, 3 inconclusive.
    """
    builds = _builds(core, options)
    agreed = terms(options.policy)
    with staged(builds) as names:
        sides = [
            prepare(RunningKernel(core.at(name)), options.plan, lambda it: gated(it, options.cells))
            for name in names
        ]
        agree(sides, ask, yes=options.yes)
        began_s = time.monotonic()
        budget_s = options.budget_s or agreed.budget_s or sides[-1].plan.budget_s
        asked = msgspec.structs.replace(options, budget_s=budget_s)
        recordings = begin(sides, asked, judging(sides, options, agreed.looks))
        paths = [recording.path for recording in recordings]
        judge = Judge([*options.baseline, *paths], options, again_words(options))
        _sample(recordings, judge, Budget(began_s, budget_s), quiet=options.quiet)
        return judge.last_word(options.outputs)


def _builds(core: Core, options: GateOptions) -> list[Path]:
    """The build under test, behind the one that it is compared with."""
    if options.baseline and options.base_core:
        raise BenchError(
            "--baseline and --base-core were both given: name one thing to compare with"
        )
    paths = [Path(options.base_core), core.path] if options.base_core else [core.path]
    for path in paths:
        if not path.is_file():
            raise BenchError(f"no native core at {path}: build it with `make -C bench/native`")
    return paths


def _sample(recordings: Sequence[Recording], judge: Judge, budget: Budget, *, quiet: bool) -> None:
    """Fill the files until the judge knows enough."""
    with contextlib.ExitStack() as opened:
        for recording in recordings:
            opened.enter_context(contextlib.closing(recording))
        looks = Looks(judge, recordings)

        def look(schedule: Schedule) -> None:
            left_open = looks.open_cells(schedule.round + 1)
            if left_open is not None:
                schedule.leave_open(left_open)

        line = recordings[-1].campaign
        sides = both if len(recordings) == 2 else alone
        schedule = Schedule(states(line), line.seed, look, sides)
        show = opened.enter_context(contextlib.closing(progress.choose(schedule, quiet=quiet)))
        go(recordings, schedule, show.ran, budget)


def gated(chosen: Plan, names: Sequence[str]) -> Plan:
    """Return the plan's cells that are wanted, to be stopped by the gate and by no width."""
    chosen = plan.only(chosen, names)
    return msgspec.structs.replace(chosen, cells=tuple(map(_unbounded, chosen.cells)))


def again_words(options: GateOptions) -> str:
    """Return the command that measures with the same options, but for the cells and outputs."""
    words = ["python -m bench gate", shlex.quote(options.plan)]
    for flag, value in (
        *(("--baseline", each) for each in options.baseline),
        ("--base-core", options.base_core),
        ("--core", options.core),
    ):
        words += [flag, shlex.quote(value)] if value else []
    return " ".join((*words, *said_again(options)))


def _unbounded(cell: Cell) -> Cell:
    target = msgspec.structs.replace(cell.target, half_width=None)
    return msgspec.structs.replace(cell, target=target)
