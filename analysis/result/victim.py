# SPDX-License-Identifier: MIT
"""Kernel work on split memory: each victim with its A/A arm and with what its proof rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..read.campaigns import Campaigns
from ..stats.interval import Interval, median_over_runs
from .cell import CellResult
from .compute import beyond
from .effect import Effect
from .note import numbers

VICTIM_PREFIX = "victim-"
"""How the metrics of victims are called."""

DOSE = "victim-dose"
"""The one of them that compares before with after, not inside with outside split blocks."""


@dataclass(frozen=True)
class Victim:
    """One cell that stands secret memory against a control, and what stands beside it."""

    row: CellResult
    alike: CellResult | None
    """The control against itself at the same parameters; None if it was not measured."""
    beyond: Effect | None
    """The ratio over that of `alike`."""
    user: Interval | None
    """Ratio of loads by the user on the same pages, median over runs; None where unseen."""

    @property
    def proved(self) -> bool:
        """Whether every run proved which memory it worked on."""
        found = self.row.notes.get("proved", ())
        return bool(found) and all(value is True for value in found)

    @property
    def name(self) -> str:
        """The victim without the prefix of its metric."""
        if self.row.metric == DOSE:
            return str(self.row.params.get("victim", ""))
        return self.row.metric.removeprefix(VICTIM_PREFIX)


def victims(campaigns: Campaigns, rows: Sequence[CellResult]) -> tuple[Victim, ...]:
    """Every victim that has runs and stands against another mode, in the plan's order.

    Args:
        campaigns: Files of one environment.
        rows: What their cells came to.
    """
    kept = [row for row in rows if row.metric.startswith(VICTIM_PREFIX) and row.runs and row.ratio]
    found = []
    for row in kept:
        if row.is_noise_floor:
            continue
        alike = next((each for each in kept if _floor_of(each, row)), None)
        over = beyond(campaigns, row, alike) if alike else None
        found.append(Victim(row, alike, over, _user(row)))
    return tuple(found)


def by_dose(victim: Victim) -> tuple[str, bool, int]:
    """Order of doses: by victim, those into holes first, the smallest first."""
    params = victim.row.params
    return (victim.name, not params.get("ballast_max_bytes", 0), int(params.get("dose_bytes", 0)))


def _floor_of(each: CellResult, row: CellResult) -> bool:
    """Whether this is the row's control against itself."""
    return (each.mode, each.control, each.metric, dict(each.params)) == (
        row.control, row.control, row.metric, dict(row.params),
    )  # fmt: skip


def _user(row: CellResult) -> Interval | None:
    known = numbers(row, "user_ratio")
    return median_over_runs(np.array(known, dtype=np.float64)) if known else None
