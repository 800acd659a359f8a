# SPDX-License-Identifier: MIT
"""Pairs of boots: which run comes next where two kernels are compared."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from ..campaign.recording import Recording
from ..campaign.schedule import Turn, dice
from ..record.line import Cell, CellEnd, Run, Stop
from .judge import Looks

T = TypeVar("T")
_REPEATS = 2


class Pairs:
    """Deals out pairs: a fresh boot of one side with a run of each cell, then of the other."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        count: int,
        say: Callable[[str], None],
        looks: Looks | None,
    ) -> None:
        """Begin before the first pair.

        Args:
            recordings: Sides A and B; between boots their guests are ended.
            count: Pairs at most.
            say: Is told of each pair, and of each run that is not good.
            looks: Of a gate: ends the cells that are decided.
        """
        self._recordings, self._count, self._say, self._looks = recordings, count, say, looks
        self._cells = recordings[0].campaign.cells
        self._seed = recordings[0].campaign.seed
        self._pair = -1
        self._queue: list[tuple[int, Cell]] = []
        self._up: int | None = None
        self._done = False
        self._longest_s = self._left_s = 0.0

    def turn(self, remaining_s: float) -> Turn | None:
        """Return the next run; None when all pairs are run, or no time is left for another."""
        if not self._queue:
            self._end_pair(remaining_s)
            if not self._begin_pair(remaining_s):
                return None
        side, cell = self._queue.pop(0)
        if side != self._up:
            self._end_boot()
            self._up = side
        # Both sides of a pair get the same seed, so that they do the same work.
        seed = dice(self._seed, cell.cell, self._pair).getrandbits(32)
        return Turn(cell, self._pair, seed, (side,))

    def _end_boot(self) -> None:
        if self._up is not None:
            self._recordings[self._up].site.close()
            self._up = None

    def _end_pair(self, remaining_s: float) -> None:
        self._end_boot()
        if self._pair >= 0:
            self._longest_s = max(self._longest_s, self._left_s - remaining_s)
            self._say(
                f"pair {self._pair + 1} of {self._count} is done: the longest so far took "
                f"{self._longest_s:.0f} s"
            )
        self._left_s = remaining_s

    def _begin_pair(self, remaining_s: float) -> bool:
        """Line up the runs of the next pair, in an order that both sides share."""
        self._done = self._pair + 1 == self._count
        if self._done or remaining_s < self._longest_s:
            return False
        self._pair += 1
        # A second pair is for the counts, to see that they repeat.
        if self._looks is not None and self._pair >= _REPEATS:
            left_open = self._looks.open_cells(self._pair)
            if left_open is not None:
                self._cells = tuple(each for each in self._cells if each.cell in left_open)
        self._done = not self._cells
        cells = _shuffled(self._cells, self._seed, self._pair)
        sides = _shuffled(range(len(self._recordings)), self._seed, self._pair)
        self._queue = [(side, cell) for side in sides for cell in cells]
        return not self._done

    def enter(self, run: Run) -> None:
        """Whatever became of a run, the pairs go on."""

    def ran(self, run: Run, left_s: float) -> None:  # noqa: ARG002
        """Tell of a run that is not good."""
        if run.status != "ok" and self._up is not None:
            mark = self._recordings[self._up].campaign.ab
            self._say(f"{mark.side if mark else ''}: {run.cell}: {run.status}: {run.reason}")

    def open_cells(self) -> list[str]:
        """Return the cells that further pairs would run."""
        return [] if self._done else [cell.cell for cell in self._cells]

    def ends(self, otherwise: Stop, side: int) -> dict[str, CellEnd]:
        """Return how many good runs each cell had on a side; the pairs end all cells alike."""
        recording = self._recordings[side]
        good = Counter(run.cell for run in recording.runs if run.status == "ok")
        stop: Stop = "runs" if self._done else otherwise
        return {
            cell.cell: CellEnd(stop, good[cell.cell], None) for cell in recording.campaign.cells
        }


def _shuffled(values: Sequence[T], *words: object) -> list[T]:
    order = list(values)
    dice(*words).shuffle(order)
    return order
