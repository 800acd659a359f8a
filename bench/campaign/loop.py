# SPDX-License-Identifier: MIT
"""The loop of every campaign: turn after turn until it ends, the budget does, or someone says stop.

What differs between `run`, `gate` and `ab` is given to it: how many record files there are, and
the dealer, which says what comes next.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ..record.line import CellEnd, End, Ending, Run, Stop
from .interrupt import Interrupt
from .recording import Recording
from .schedule import Turn


class Budget(NamedTuple):
    """Wall time that a campaign may take, from `began_s` (time.monotonic()) on."""

    began_s: float
    budget_s: float

    @property
    def spent_s(self) -> float:
        """What has passed."""
        return time.monotonic() - self.began_s

    @property
    def left_s(self) -> float:
        """What is left; negative when it is over."""
        return self.budget_s - self.spent_s


class Dealer(Protocol):
    """Says what comes next."""

    def turn(self, remaining_s: float) -> Turn | None:
        """Return the next run or pair of runs; None when there is none, or no time for it."""

    def enter(self, run: Run) -> None:
        """Take in what became of a turn; of a pair the run of the last side."""

    def open_cells(self) -> Sequence[str]:
        """Return the cells that are not at their end; none when all is done."""

    def ends(self, otherwise: Stop, side: int) -> dict[str, CellEnd]:
        """Return why each cell stopped, on one side; those still open for the reason given."""


def go(
    recordings: Sequence[Recording],
    dealer: Dealer,
    ran: Callable[[Run, float], None],
    budget: Budget,
) -> list[End]:
    """Run until done.

    Args:
        recordings: One, or sides A and B.
        dealer: Says what comes next.
        ran: Is told of each turn, by the run that the dealer takes in, and of the seconds left.
        budget: Wall time.

    Returns:
        The end line of each recording, which has been written.
    """

    def kill() -> None:
        for recording in recordings:
            recording.kill()

    with contextlib.closing(Interrupt(kill)) as interrupt:
        while not interrupt.requested:
            turn = dealer.turn(budget.left_s)
            if turn is None:
                break
            runs = _executed(recordings, turn)
            for side, run in runs.items():
                recordings[side].record(run)
            if runs:
                last = runs[max(runs)]
                dealer.enter(last)
                ran(last, budget.left_s)
        return _ends(recordings, dealer, budget.spent_s, interrupted=interrupt.requested)


def _executed(recordings: Sequence[Recording], turn: Turn) -> dict[int, Run]:
    """The runs of a turn by their sides; none if one was killed on request."""
    runs: dict[int, Run] = {}
    for side in turn.sides:
        run = recordings[side].execute(turn)
        if run is None:
            return {}
        runs[side] = run
    return runs


def _ends(
    recordings: Sequence[Recording], dealer: Dealer, wall_s: float, *, interrupted: bool
) -> list[End]:
    status: Ending = "complete"
    otherwise: Stop = "budget"
    if dealer.open_cells():
        status = otherwise = "interrupted" if interrupted else "budget"
    return [
        recording.end(status, wall_s, dealer.ends(otherwise, side))
        for side, recording in enumerate(recordings)
    ]
