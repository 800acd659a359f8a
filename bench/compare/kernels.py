"""Two kernels, or two command lines of one, compared in pairs of fresh boots.

Each pair boots both sides, one directly after the other and in random order, and runs every cell
once on each. What the machine does slowly falls on both sides of a pair alike; what differs from
boot to boot is what the pairs are many for.
"""

import random
import secrets
import shlex
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from ..campaign import progress
from ..campaign.campaign import RunOptions, demand, first_line, place, runner_of
from ..campaign.interrupt import Interrupt
from ..campaign.runner import Runner
from ..campaign.schedule import Turn
from ..campaign.writer import Writer
from ..core import Core
from ..error import BenchError
from ..machines.guest.option import GuestOptions
from ..machines.guest_kernel import GuestKernel
from ..plans import plan
from ..plans.plan import Plan
from ..record.line import Campaign, Cell, CellEnd, End, Ending, Run, Side, Stop, utc_now
from .judge import LOOKS, Referee, refuse_early

Letter = Literal["A", "B"]
T = TypeVar("T")
LETTERS: tuple[Letter, Letter] = ("A", "B")
_REPEATS = 2


class PairOptions(msgspec.Struct, frozen=True):
    """What `bench ab` was asked; None where it was not."""

    plan: str
    a: GuestOptions
    b: GuestOptions
    out: str | None = None
    pairs: int = 8
    budget_s: float | None = None
    seed: int | None = None
    timeout_s: float | None = None
    quiet: bool = False
    gate: bool = False
    policy: str | None = None
    cells: tuple[str, ...] = ()


class Half:
    """One side: its guest and its record file."""

    def __init__(
        self, site: GuestKernel, campaign: Campaign, writer: Writer, runner: Runner
    ) -> None:
        """Take what has been begun."""
        self.site, self.campaign, self.writer, self.runner = site, campaign, writer, runner
        self.good: Counter[str] = Counter()
        self._number, self._inside_s = 0, 0.0

    def run(self, turn: Turn, pair: int) -> Run | None:
        """Execute a turn and record it; None if it was killed on request."""
        run = self.runner.run(turn, self._number)
        if run is None:
            return None
        run = msgspec.structs.replace(run, pair=pair)
        self.writer.append(run)
        self._number += 1
        self._inside_s += run.elapsed_s
        self.good[run.cell] += run.status == "ok"
        return run

    def end(self, status: Ending, wall_s: float) -> None:
        """Write the end line; each boot had counters of its own, so it has none."""
        stop: Stop = "runs" if status == "complete" else status
        self.writer.append(
            End(
                created=utc_now(),
                status=status,
                wall_s=round(wall_s, 3),
                core_share=min(1.0, round(self._inside_s / wall_s, 4)),
                counters={},
                cells={
                    cell.cell: CellEnd(stop, self.good[cell.cell], None)
                    for cell in self.campaign.cells
                },
            )
        )


class Wanted:
    """The cells that the next pair runs: all, or with a gate those that are not decided."""

    def __init__(self, halves: Sequence[Half], options: PairOptions) -> None:
        """Refuse at once what cannot be compared.

        Raises:
            BenchError: The gate refuses the two kernels, or the policy.
        """
        self._cells = halves[0].campaign.cells
        self._referee: Referee | None = None
        self._next = 0
        if options.gate:
            self._referee = referee(options, [half.writer.path for half in halves])
            refuse_early(self._referee, [half.writer for half in halves])

    def cells(self, pair: int) -> tuple[Cell, ...]:
        """Return them; none when all are decided."""
        # A second pair is for the counts, to see that they repeat.
        if self._referee is not None and pair >= max(self._next, _REPEATS):
            state = self._referee.state()
            self._next = state.next_look or 0
            self._cells = tuple(each for each in self._cells if each.cell in state.open_cells)
        return self._cells


def referee(options: PairOptions, paths: Sequence[Path]) -> Referee:
    """Return what judges the two record files."""
    again = f"python -m bench ab {shlex.quote(options.plan)} --gate"
    for side in (options.a, options.b):
        again += f" --kernel {shlex.quote(side.kernel)}"
        again += f" --cmdline {shlex.quote(side.cmdline)}" if side.cmdline else ""
    return Referee([str(path) for path in paths], options.policy, again)


def run(core: Core, options: PairOptions) -> tuple[tuple[Path, Path], Ending]:
    """Run a plan in pairs and write a record file for each side.

    Args:
        core: The native core.
        options: What was asked.

    Returns:
        The record files of A and of B, and how it ended.

    Raises:
        BenchError: A side does not come up, or the plan cannot be run on it.
    """
    began_s = time.monotonic()
    halves: list[Half] = []
    sites: list[GuestKernel] = []
    try:
        sites.append(GuestKernel(core, options.a))
        sites.append(GuestKernel(core, options.b))
        _same_kind(sites)
        halves.extend(_begin(sites, options))
        status = _go(halves, options, began_s)
    finally:
        for half in halves:
            half.writer.close()
        for site in sites:
            site.close()
    return (halves[0].writer.path, halves[1].writer.path), status


def _same_kind(sites: Sequence[GuestKernel]) -> None:
    """Where KVM takes one kernel and not the other, both are emulated."""
    if sites[0].emulated != sites[1].emulated:
        for site in sites:
            site.guest.kvm = False
            site.close()


def _begin(sites: Sequence[GuestKernel], options: PairOptions) -> Iterator[Half]:
    """Each side's first boot tells its environment; no run is made on it."""
    identity = secrets.token_hex(8)
    seed = secrets.randbits(32) if options.seed is None else options.seed
    for letter, site in zip(LETTERS, sites, strict=True):
        catalogue = site.core.catalogue()
        chosen = plan.only(plan.load(options.plan, catalogue), options.cells)
        demand(site, chosen)
        asked = RunOptions(budget_s=options.budget_s or _budget_s(chosen, options), seed=seed)
        line = first_line(site, chosen, catalogue, asked)
        looks = LOOKS if options.gate else ()
        line = msgspec.structs.replace(line, ab=Side(identity, letter), looks=looks)
        site.begin_anew()
        writer = Writer.create(_path(line, letter, options.out))
        try:
            writer.append(line)
        except BenchError:
            writer.close()
            raise
        yield Half(site, line, writer, runner_of(site, line, options.timeout_s))


def _budget_s(chosen: Plan, options: PairOptions) -> float:
    """The plan's budget is for one campaign; here the number of pairs ends it."""
    return chosen.budget_s * 2 * options.pairs


def _path(line: Campaign, letter: Letter, out: str | None) -> Path:
    path = Path(out) if out else place(line)
    return path.with_name(f"{path.name.removesuffix('.jsonl')}-{letter}.jsonl")


def _go(halves: Sequence[Half], options: PairOptions, began_s: float) -> Ending:
    seed, budget_s = halves[0].campaign.seed, halves[0].campaign.budget_s
    show = progress.Silent() if options.quiet else progress.Plain()
    longest_s = 0.0
    status: Ending = "complete"
    wanted = Wanted(halves, options)

    def kill() -> None:
        for half in halves:
            half.runner.kill()

    with Interrupt(kill) as interrupt:
        for pair in range(options.pairs):
            pair_s = time.monotonic()
            if pair_s - began_s + longest_s > budget_s:
                status = "budget"
                break
            cells = wanted.cells(pair)
            if not cells:
                break
            for half in _shuffled(halves, seed, pair):
                _side(half, cells, pair, interrupt, show)
            if interrupt.requested:
                status = "interrupted"
                break
            longest_s = max(longest_s, time.monotonic() - pair_s)
            show.say(f"pair {pair + 1} of {options.pairs}: {longest_s:.0f} s at most so far")
        for half in halves:
            half.end(status, time.monotonic() - began_s)
    return status


def _side(
    half: Half, cells: Sequence[Cell], pair: int, interrupt: Interrupt, show: progress.Progress
) -> None:
    """One boot of one side with one run of each cell, in the same order on both sides."""
    half.site.close()
    for cell in _shuffled(cells, half.campaign.seed, pair):
        if interrupt.requested:
            return
        run = half.run(_turn(cell, pair, half.campaign.seed), pair)
        if run is not None and run.status != "ok":
            show.say(f"{_letter(half)}: {run.cell}: {run.status}: {run.reason}")
    half.site.close()


def _letter(half: Half) -> str:
    return half.campaign.ab.side if half.campaign.ab else ""


def _turn(cell: Cell, pair: int, seed: int) -> Turn:
    """Both sides of a pair get the same seed, so that they do the same work."""
    return Turn(cell, pair, _dice(seed, cell.cell, pair).getrandbits(32))


def _shuffled(values: Sequence[T], *words: object) -> list[T]:
    order = list(values)
    _dice(*words).shuffle(order)
    return order


def _dice(*words: object) -> random.Random:
    # An order that can be reproduced is wanted here, not one that cannot be guessed.
    return random.Random("/".join(map(str, words)))  # noqa: S311
