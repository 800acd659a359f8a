# SPDX-License-Identifier: MIT
"""Which cell next, and when to stop sampling it.

Runs come in rounds over all cells that are still open, each round in its own
random order, so that a drift of the machine falls on all cells alike. A cell
closes when the interval of its effect (log ratio or difference) is narrow
enough, at its largest number of runs, or when it cannot be measured. Narrow
enough means by the largest widening of the last third of the looks (see
`widening`), since sampling ends where an interval happens to be narrow. When
the budget does not pay for another whole round, the rest goes to the cells
with the fewest runs and, among these, to those furthest from their target.

The order follows from the seed and from which cells were open when a round
began, so that a campaign taken up again goes on as it would have.
"""

import math
import random
from collections.abc import Callable, Collection, Iterable

import msgspec

from ..record.line import Campaign, Cell, CellEnd, MetricInfo, Run, Stop
from .interval import difference, log_ratio
from .widening import Width, last_looks, width

# A cell that has failed this often is given up; once could be an accident.
FAILURES_LIMIT = 2
# A run is started only if the time left is this much longer than its slowest run so far.
_MARGIN = 1.1


class Turn(msgspec.Struct, frozen=True):
    """The next run: its cell, its round, its seed."""

    cell: Cell
    round: int
    seed: int
    sides: tuple[int, ...] = (0,)
    """Where it is made, in that order: numbers of the record files, 0 where there is but one."""


def alone(_seed: int) -> tuple[int, ...]:
    """Return the sides of a run where there is but one record file."""
    return (0,)


class CellState:
    """What is known of one cell so far."""

    def __init__(self, cell: Cell, metric: MetricInfo) -> None:
        self.cell = cell
        self.metric = metric
        self.width: Width | None = None
        self.stop: Stop | None = None
        self.good = 0
        self.started = 0
        self.slowest_s: float | None = None
        self._failures = 0
        self._effects: list[float] = []
        self._widenings: list[float] = []

    @property
    def estimate(self) -> float | None:
        """Location of the effects so far; None while unknown."""
        return self.width.estimate if self.width else None

    @property
    def half_width(self) -> float | None:
        """Half-width of the interval, by what ended or would end the sampling; None if unknown."""
        if self.width is None:
            return None
        ended_otherwise = self.stop not in {None, "target"}
        return self.width.half_width(None if ended_otherwise else self._held())

    def _held(self) -> float:
        """The largest widening of the last third of the looks."""
        first = last_looks(len(self._effects), self.cell.target.min_runs)
        return max(self._widenings[first - 1 :], default=1.0)

    def enter(self, run: Run) -> None:
        """Take in one run of this cell."""
        self.started += 1
        self.slowest_s = max(self.slowest_s or 0.0, run.elapsed_s)
        if run.status == "unsupported":
            self.stop = "unsupported"
        elif run.status == "failed":
            self._failures += 1
            if self._failures >= FAILURES_LIMIT:
                self.stop = "failed"
        else:
            self.good += 1
            self._narrow(run)

    def _narrow(self, run: Run) -> None:
        target, exact = self.cell.target, self.metric.assume == "exact"
        effect = self._effect(run)
        if effect is not None and math.isfinite(effect) and not exact:
            self._effects.append(effect)
            self.width = width(self._effects)
            self._widenings.append(self.width.widening if self.width else 1.0)
        if self.good >= target.max_runs:
            self.stop = "exact" if exact else "runs"
        if (
            self.width is not None
            and target.half_width is not None
            and self.width.half_width(self._held()) <= target.half_width
            and self.good >= target.min_runs
        ):
            self.stop = "target"

    def _effect(self, run: Run) -> float | None:
        if self.metric.effect == "difference":
            return difference(run.values, paired=self.metric.paired)
        return log_ratio(run.values, paired=self.metric.paired)

    def end(self, otherwise: Stop) -> CellEnd:
        """Return why it stopped, or would for the reason given, and how well it is known."""
        stop, known = self.stop or otherwise, self.width
        if known is None:
            return CellEnd(stop, self.good, None)
        widened = self._held() if stop == "target" else known.widening
        return CellEnd(
            stop=stop,
            runs=self.good,
            half_width=known.half_width(widened),
            lag=round(known.lag, 6),
            trend=round(known.trend, 6),
            widened=widened,
            effective_runs=max(1.0, known.runs / widened**2),
        )

    def decide(self) -> None:
        """Close it: a gate knows enough. A count that has begun is seen to repeat first."""
        if not (self.metric.assume == "exact" and self.started):
            self.stop = "decided"

    @property
    def distance(self) -> float:
        """How far from its target: half-width over target; infinite while unknown.

        A cell without a target width is nowhere far from it once it has an interval.
        """
        if self.half_width is None:
            return float("inf")
        wanted = self.cell.target.half_width
        return 0.0 if wanted is None else self.half_width / wanted


class Schedule:
    """Deals out runs until every cell is closed or the time is spent."""

    def __init__(
        self,
        states: Iterable[CellState],
        seed: int,
        look: Callable[["Schedule"], None] = lambda _: None,
        sides: Callable[[int], tuple[int, ...]] = alone,
    ) -> None:
        """Begin with every cell open.

        Args:
            states: Of the cells, in the plan's order.
            seed: Of the campaign.
            look: Is called before each round; may close cells.
            sides: Gives the sides on which a run of that seed is made, in their order.
        """
        self.states = {state.cell.cell: state for state in states}
        self.round = -1
        self._seed, self._look, self._sides = seed, look, sides
        self._queue: list[str] = []

    def turn(self, remaining_s: float) -> Turn | None:
        """Return the next run, or None when all is closed or no open cell fits the time left."""
        while self.open_cells():
            while self._queue:
                name = self._queue.pop(0)
                state = self.states[name]
                if state.stop is None and self.expected_s(name) * _MARGIN <= remaining_s:
                    seed = dice(self._seed, name, state.started).getrandbits(32)
                    return Turn(state.cell, self.round, seed, self._sides(seed))
            if not self._begin_round(remaining_s):
                return None
        return None

    def enter(self, run: Run) -> None:
        """Take in a run, one just made or one read from a file to be continued."""
        while self.round < run.round and self._begin_round(float("inf")):
            pass
        if run.cell in self._queue:
            self._queue.remove(run.cell)
        self.states[run.cell].enter(run)

    def open_cells(self) -> list[str]:
        """Return the cells still being sampled, in the plan's order."""
        return [name for name, state in self.states.items() if state.stop is None]

    def leave_open(self, names: Collection[str]) -> None:
        """Close all cells but these: a gate has decided them."""
        for name in self.open_cells():
            if name not in names:
                self.states[name].decide()

    def expected_s(self, name: str) -> float:
        """Return what the next run of a cell may take, going by the slowest seen.

        A cell that has not run yet is expected to take as long as the slowest of its metric
        with another mode and the same parameters, else nothing is known against it: 0.
        """
        state = self.states[name]
        if state.slowest_s is not None:
            return state.slowest_s
        alike = [
            other.slowest_s
            for other in self.states.values()
            if other.slowest_s is not None
            and (other.cell.metric, other.cell.params) == (state.cell.metric, state.cell.params)
        ]
        return max(alike, default=0.0)

    def ends(self, otherwise: Stop, side: int = 0) -> dict[str, CellEnd]:  # noqa: ARG002
        """Return why each cell stopped, all sides alike; those still open for the reason given."""
        return {name: state.end(otherwise) for name, state in self.states.items()}

    def _begin_round(self, remaining_s: float) -> bool:
        self._look(self)
        wanted = [
            name for name in self.open_cells() if self.expected_s(name) * _MARGIN <= remaining_s
        ]
        if not wanted:
            return False
        self.round += 1
        if sum(map(self.expected_s, wanted)) * _MARGIN > remaining_s:
            wanted = self._most_useful(wanted, remaining_s)
        # Sorted first, so that the order is that of the seed and of nothing else.
        self._queue = sorted(wanted)
        dice(self._seed, self.round).shuffle(self._queue)
        return True

    def _most_useful(self, names: list[str], remaining_s: float) -> list[str]:
        ranked = sorted(
            names, key=lambda name: (self.states[name].started, -self.states[name].distance)
        )
        chosen, spent_s = [], 0.0
        for name in ranked:
            cost_s = self.expected_s(name) * _MARGIN
            if spent_s + cost_s <= remaining_s:
                chosen.append(name)
                spent_s += cost_s
        return chosen


def states(campaign: Campaign) -> list[CellState]:
    """Return the states of a campaign's cells before any run."""
    return [CellState(cell, campaign.metrics[cell.metric]) for cell in campaign.cells]


def dice(*words: object) -> random.Random:
    """Return what throws an order that follows from these words and nothing else."""
    # An order that can be reproduced is wanted here, not one that cannot be guessed.
    return random.Random("/".join(map(str, words)))  # noqa: S311
