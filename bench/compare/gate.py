"""Sampling for a gate: further rounds only for cells that the analysis cannot decide yet.

The rule that decides is the analysis' alone; here is only who runs next. At each of its looks
a process `python -m analysis gate --interim --json` reads the record file so far and says
which cells are open and when it wants to look again, so that what stops the sampling and what
judges the finished record are one and the same.
"""

import shlex
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ..campaign import progress
from ..campaign.campaign import RunOptions, demand, first_line, place, runner_of
from ..campaign.loop import Execution
from ..campaign.schedule import Schedule
from ..campaign.writer import Writer
from ..consent import secret as consent
from ..consent.secret import Ask
from ..core import Core
from ..error import BenchError
from ..machines.running_kernel import RunningKernel
from ..plans import plan
from ..plans.plan import Plan
from ..record.line import Campaign, Cell
from .builds import Versus, sides, staged
from .judge import LOOKS, Referee, State, refuse_early


class GateOptions(msgspec.Struct, frozen=True):
    """What `bench gate` was asked; None where it was not."""

    plan: str
    baseline: str | None = None
    base_core: str | None = None
    core: str | None = None
    """The core under test, where it was named; only said."""
    policy: str | None = None
    cells: tuple[str, ...] = ()
    out: str | None = None
    budget_s: float | None = None
    seed: int | None = None
    timeout_s: float | None = None
    yes: bool = False
    quiet: bool = False
    outputs: tuple[str, ...] = ()
    """Options of `analysis gate` for its last word."""


class Looking(Schedule):
    """Rounds over the cells that the referee still wants."""

    def __init__(self, campaign: Campaign, ask: Callable[[], State]) -> None:
        super().__init__(campaign.cells, campaign.seed, campaign.metrics)
        self._ask = ask
        self._next = 0

    def _begin_round(self, remaining_s: float) -> bool:
        """Let the referee look first, if it wanted to at so many runs."""
        if self.round + 1 >= self._next:
            state = self._ask()
            # Where nothing is left to look at, no round may begin that asks again.
            self._next = sys.maxsize if state.next_look is None else state.next_look
            for name in set(self.open_cells()) - set(state.open_cells):
                # A count that has begun goes on to its own end, to see that it repeats.
                if not self._counting(name):
                    self.states[name].stop = "decided"
        return super()._begin_round(remaining_s)

    def _counting(self, name: str) -> bool:
        state = self.states[name]
        return state.metric.assume == "exact" and state.started > 0


def run(core: Core, options: GateOptions, ask: Ask) -> int:
    """Sample until every cell is decided or the budget ends, then print the verdict.

    Args:
        core: The native core under test.
        options: What was asked.
        ask: Puts a question to a person; None if nobody is there.

    Returns:
        The exit code of the analysis: 0 pass, 1 regressed, 3 inconclusive.
    """
    if options.baseline and options.base_core:
        raise BenchError("--baseline or --base-core: name one thing to compare with")
    paths = [core.path]
    if options.base_core:
        paths.insert(0, Path(options.base_core))
    for path in paths:
        if not path.is_file():
            raise BenchError(f"no native core at {path}: build it with `make -C bench/native`")
    with staged(paths) as names:
        sites = [RunningKernel(core.at(name)) for name in names]
        return _sample(sites, options, ask)


def _sample(sites: Sequence[RunningKernel], options: GateOptions, ask: Ask) -> int:
    """Begin a record for each site, fill them, and judge them."""
    chosen = prepared(plan.load(options.plan, sites[-1].core.catalogue()), options.cells)
    wanted = demand(sites[-1], chosen)
    wanted = msgspec.structs.replace(wanted, touched_bytes=wanted.touched_bytes * len(sites))
    consent.obtain(wanted, accepted=options.yes or chosen.accept_splits, ask=ask)
    began_s = time.monotonic()
    budget_s = options.budget_s or _budget_s(options.policy) or chosen.budget_s
    asked = RunOptions(budget_s=budget_s, seed=options.seed)
    lines = [
        msgspec.structs.replace(
            first_line(site, chosen, site.core.catalogue(), asked), looks=LOOKS, ab=side
        )
        for site, side in zip(sites, sides(len(sites)), strict=True)
    ]
    writers = _writers(lines, options.out)
    judged = [str(writer.path) for writer in writers]
    paths = [options.baseline, *judged] if options.baseline else judged
    referee = Referee(paths, options.policy, again_words(options))
    show = progress.choose(quiet=options.quiet)
    try:
        refuse_early(referee, writers)
        runner = runner_of(sites[-1], lines[-1], options.timeout_s)
        if len(sites) == 2:
            runner = Versus(runner_of(sites[0], lines[0], options.timeout_s), runner, writers[0])
        execution = Execution(lines[-1], writers[-1], runner, show)
        execution.schedule = Looking(lines[-1], referee.state)
        end = execution.go(began_s, budget_s, sites[-1].counters)
        for writer in writers[:-1]:
            writer.append(end)
    finally:
        show.close()
        for writer in writers:
            writer.close()
    return referee.last_word(options.outputs)


def prepared(chosen: Plan, names: Sequence[str]) -> Plan:
    """Leave the plan's cells that are wanted, to be stopped by the gate and by no width."""
    chosen = plan.only(chosen, names)
    return msgspec.structs.replace(chosen, cells=tuple(map(_unbounded, chosen.cells)))


def again_words(options: GateOptions) -> str:
    """The command that measures with the same options, but for the cells and the outputs."""
    words = ["python -m bench gate", shlex.quote(options.plan)]
    for flag, value in (
        ("--baseline", options.baseline),
        ("--base-core", options.base_core),
        ("--core", options.core),
        ("--policy", options.policy),
    ):
        words += [flag, shlex.quote(value)] if value else []
    return " ".join(words)


def _unbounded(cell: Cell) -> Cell:
    target = msgspec.structs.replace(cell.target, half_width=None)
    return msgspec.structs.replace(cell, target=target)


def _budget_s(policy: str | None) -> float | None:
    # All else of a policy, and whether it is one, is the analysis' business.
    if policy is None:
        return None
    try:
        found = tomllib.loads(Path(policy).read_text(encoding="utf-8")).get("budget_s")
    except (OSError, ValueError):
        return None
    return float(found) if isinstance(found, int | float) and 0 < found < 31 * 86400 else None


def _writers(lines: Sequence[Campaign], out: str | None) -> list[Writer]:
    """Begin a record file for each side."""
    writers: list[Writer] = []
    try:
        for line in lines:
            path = Path(out) if out else place(line)
            if line.ab is not None:
                path = path.with_name(f"{path.name.removesuffix('.jsonl')}-{line.ab.side}.jsonl")
            writers.append(Writer.create(path))
            writers[-1].append(line)
    except BenchError:
        for writer in writers:
            writer.close()
        raise
    return writers
