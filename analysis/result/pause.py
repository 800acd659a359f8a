# SPDX-License-Identifier: MIT
"""How long the pauses were that a neighbour's CPU met, from the notes of its runs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..read.campaigns import Campaigns
from ..read.record import Arm, Run, Scalar
from .effect import good

METRIC = "neighbour-loss"
NOTES: dict[Arm, str] = {"treatment": "gaps", "control": "gaps_control"}
"""Arm -> the note that holds its histogram, as `200 ns: 12, 800 ns: 3, ...`."""

_BUCKET = re.compile(r"(\d+) ns: (\d+)")


@dataclass(frozen=True)
class Histogram:
    """Pauses of one cell's treatment, over all its runs."""

    cell: str
    from_ns: tuple[int, ...]
    """Where each bucket begins; it ends where the next one begins, the last one nowhere."""
    per_operation: tuple[float, ...]
    """Pauses per first touch, or per secret."""
    operations: int


def parse(note: Scalar) -> dict[int, int]:
    """Counts by the start of their bucket in ns; empty if the note is no histogram."""
    return {int(start): int(count) for start, count in _BUCKET.findall(str(note))}


def floor_s(runs: Iterable[Run]) -> float:
    """Shortest pause that any of the runs counted, in s; 0 where they noted none.

    A loss at every operation that is shorter leaves no trace.
    """
    counted = [min(counts) for run in runs if (counts := parse(run.notes.get(NOTES["treatment"])))]
    return max(counted, default=0) * 1e-9


def histogram(campaigns: Campaigns, cell: str, arm: Arm = "treatment") -> Histogram | None:
    """The pauses of one cell and arm over its good runs; None where no run noted any.

    Args:
        campaigns: Files of one environment.
        cell: Its name.
        arm: Whose pauses.
    """
    noted = [(run, parse(run.notes.get(NOTES[arm]))) for run in good(campaigns.runs_of(cell))]
    kept = [(run, counts) for run, counts in noted if counts]
    starts = tuple(sorted({start for _, counts in kept for start in counts}))
    operations = _operations((run for run, _ in kept), arm)
    if not starts or not operations:
        return None
    totals = np.array([sum(counts.get(start, 0) for _, counts in kept) for start in starts])
    return Histogram(cell, starts, tuple((totals / operations).tolist()), operations)


def _operations(runs: Iterable[Run], arm: Arm) -> int:
    return sum(round(getattr(run.operations, arm) or 0) for run in runs)
