# SPDX-License-Identifier: MIT
"""One execution of a plan: from its name, or from its file, to a finished record file."""

import contextlib
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import UNSET

from ..consent import fresh, secret
from ..consent.secret import FREE_BYTES, Ask
from ..core import Core
from ..environment import readiness
from ..error import BenchError
from ..machines.kind import Opener
from ..machines.site import Site
from ..plans import plan
from ..record.line import Campaign, CellEnd, End, Run
from . import progress
from .beginning import CampaignOptions, agree, begin, prepare
from .loop import Budget, go
from .recording import Recording
from .resumption import budget_left_s, left, refuse_other_plan, refuse_unfit, take_up
from .schedule import Schedule, states
from .writer import Writer

_ONE_IN_A_HUNDRED = 2.33


class RunOptions(CampaignOptions, frozen=True, kw_only=True):
    """What `bench run` was asked."""

    plan: str | None = None
    resume: str | None = None


class Opened(msgspec.Struct, frozen=True):
    """A record file that is ready for runs, those that it holds, and what there is to say."""

    recording: Recording
    budget: Budget
    runs: tuple[Run, ...] = ()
    sentences: tuple[str, ...] = ()


def run(core: Core, opener: Opener, options: RunOptions, ask: Ask) -> tuple[Path, End]:
    """Run a plan, or go on with one, and write its record file.

    Args:
        core: The native core.
        opener: Opens the machine to run on.
        options: What was asked.
        ask: Puts a question to a person; None if nobody is there.

    Returns:
        The record file and its end line.
    """
    with contextlib.closing(opener(core)) as site:
        opened = (
            _begin(site, options, ask)
            if options.resume is None
            else _resume(site, options, Path(options.resume), ask)
        )
        recording = opened.recording
        with contextlib.closing(recording):
            end = _carry_out(opened, quiet=options.quiet)
    if not options.quiet:
        for sentence in closing(end, recording.runs, recording.campaign):
            progress.say(sentence)
    return recording.path, end


def _carry_out(opened: Opened, *, quiet: bool) -> End:
    campaign = opened.recording.campaign
    schedule = Schedule(states(campaign), campaign.seed)
    with contextlib.closing(progress.choose(schedule, quiet=quiet)) as show:
        for sentence in opened.sentences:
            show.say(sentence)
        for run in opened.runs:
            schedule.enter(run)
        (end,) = go([opened.recording], schedule, show.ran, opened.budget)
    return end


def _begin(site: Site, options: RunOptions, ask: Ask) -> Opened:
    if options.plan is None:
        raise BenchError(f"name a plan ({', '.join(plan.shipped())}, or a path), or --resume FILE")
    prepared = prepare(site, options.plan)
    wanted = agree([prepared], ask, yes=options.yes, used_boot=options.used_boot)
    began_s = time.monotonic()
    (recording,) = begin([prepared], options)
    line = recording.campaign
    sentences = (*site.sentences, *readiness.decisive(line.readiness), *prepared.plan.notes)
    if site.lasting and wanted.touched_bytes > FREE_BYTES:
        sentences += (wanted.sentence,)
    if wanted.shortage:
        sentences += (wanted.shortage,)
    return Opened(recording, Budget(began_s, line.budget_s), (), sentences)


def _resume(site: Site, options: RunOptions, path: Path, ask: Ask) -> Opened:
    catalogue = site.core.catalogue()
    if options.out is not None or options.seed is not None:
        raise BenchError(
            "--resume uses the file and the seed that it names: leave out --out and --seed"
        )
    began_s = time.monotonic()
    writer, history, warnings = Writer.reopen(path)
    recording = Recording(site, history.campaign, writer, options.timeout_s)
    try:
        refuse_other_plan(path, history.campaign, options.plan, catalogue)
        left_s = budget_left_s(path, history.campaign, history.runs, options.budget_s)
        facts = refuse_unfit(recording, history, catalogue, used_boot=options.used_boot)
        # Whoever made the file may have agreed, and this may be somebody else's machine.
        wanted = secret.demand(site.core, left(history), site.files())
        secret.obtain(wanted, accepted=options.yes or not site.lasting, ask=ask)
        take_up(recording, history, facts)
    except BaseException:
        recording.close()
        raise
    sentences = (*site.sentences, *warnings)
    return Opened(recording, Budget(began_s, left_s), history.runs, sentences)


def closing(end: End, runs: Sequence[Run], campaign: Campaign) -> list[str]:
    """Say how a campaign ended, and name the cells that did not reach their end."""
    cells = {cell.cell: cell for cell in campaign.cells}
    metric_of = {name: cell.metric for name, cell in cells.items()}
    inside = f"{100 * end.core_share:.0f} % of it inside the core"
    found = [f"{end.status}: {len(runs)} runs in {end.wall_s:.0f} s, {inside}"]
    if shares := timed_shares(runs, metric_of):
        parts = (f"{name} {100 * share:.0f} %" for name, share in sorted(shares.items()))
        found.append(f"share of the runs' time in timed sections: {', '.join(parts)}")
    for name, cell in end.cells.items():
        missed = cell.stop == "runs" and cells[name].target.half_width and cell.half_width
        if cell.stop == "budget" or missed:
            width = progress.reached(cell.half_width, campaign.metrics[metric_of[name]])
            within = "the budget" if cell.stop == "budget" else "its runs"
            found.append(
                f"{name} did not reach its target within {within}: +- {width} after "
                f"{cell.runs} runs"
            )
        elif cell.stop in ("failed", "unsupported"):
            found.append(f"{cell.stop}: {name}")
        if dependent(cell):
            found.append(
                f"{name}: neighbouring runs are alike (lag {cell.lag:+.2f}): {cell.runs} say as "
                f"much as {cell.effective_runs:.0f} that are independent"
            )
    most = None if campaign.most_splits is UNSET else campaign.most_splits
    spent = fresh.used_up(campaign.counters, end.counters, most)
    return [*found, spent] if spent else found


def dependent(cell: CellEnd) -> bool:
    """Whether neighbouring runs are more alike than one cell in a hundred is by chance.

    By the normal limit of the first serial correlation (Wald and Wolfowitz 1943); `analysis` has
    the exact test.
    """
    if cell.lag is UNSET or cell.runs == 0:
        return False
    return (cell.lag + 1 / cell.runs) * math.sqrt(cell.runs) > _ONE_IN_A_HUNDRED


def timed_shares(runs: Iterable[Run], metric_of: Mapping[str, str]) -> dict[str, float]:
    """Return, by metric, the share of the runs' wall time that lay in timed sections."""
    timed_s: dict[str, float] = defaultdict(float)
    elapsed_s: dict[str, float] = defaultdict(float)
    for run in runs:
        if run.status == "ok":
            timed_s[metric_of[run.cell]] += run.timed_s
            elapsed_s[metric_of[run.cell]] += run.elapsed_s
    return {name: timed_s[name] / whole_s for name, whole_s in elapsed_s.items() if whole_s > 0}
