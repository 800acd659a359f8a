# SPDX-License-Identifier: MIT
"""The noise itself: duets against separate processes, and what carries over between arms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..read.campaigns import Campaigns
from ..read.record import Cell, Metric, Run
from ..stats.one_run import run_medians
from .effect import effect_of, good


@dataclass(frozen=True)
class Spread:
    """Standard deviations of log ratios of one A/A cell, over its runs.

    `duet` is that of the runs' own log ratios, `separate` that of the ratio of one run's
    treatment to the next run's control: two processes, one after the other.
    """

    cell: str
    runs: int
    duet: float
    separate: float
    median_log_ratio: float


@dataclass(frozen=True)
class Carry:
    """Control's median first touch (s) by its place in the block, for one cell without lead-in."""

    cell: str
    runs: int
    by_position_s: tuple[float, ...]

    @property
    def settled_s(self) -> float:
        """Median over the second half of the block."""
        half = len(self.by_position_s) // 2
        return float(np.median(self.by_position_s[half:]))


@dataclass(frozen=True)
class Noise:
    """What a campaign says of its own noise."""

    spreads: tuple[Spread, ...]
    carries: tuple[Carry, ...]


def noise(campaigns: Campaigns) -> Noise:
    """Measure the spread of every A/A cell and the carry-over of every cell without lead-in.

    Args:
        campaigns: Files of one environment. Cells with fewer than three good runs, or a value
            that has no logarithm, are left out, and so are metrics whose effect is a difference.
    """
    metrics = {n: m for file in campaigns.files for n, m in file.campaign.metrics.items()}
    spreads, carries = [], []
    for cell in campaigns.cells.values():
        counted = good(campaigns.runs_of(cell.name))
        if len(counted) < 3 or cell.control is None or metrics[cell.metric].effect != "ratio":
            continue
        if cell.mode == cell.control:
            spreads.append(_spread(cell, counted, metrics[cell.metric]))
        if cell.params.get("lead_in") == 0:
            carries.append(_carry(cell, counted, int(cell.params["block_pages"])))
    return Noise(tuple(spreads), tuple(carry for carry in carries if carry is not None))


def _spread(cell: Cell, runs: Sequence[Run], metric: Metric) -> Spread:
    treatment = run_medians([run.values.arm("treatment") for run in runs])
    control = run_medians([run.values.arm("control") for run in runs])
    duet = np.array([effect_of(run, metric) for run in runs])
    separate = np.log(treatment[:-1] / control[1:])
    return Spread(
        cell.name,
        len(runs),
        float(np.std(duet, ddof=1)),
        float(np.std(separate, ddof=1)),
        float(np.median(duet)),
    )


def _carry(cell: Cell, runs: Sequence[Run], block: int) -> Carry | None:
    # A page that was left out would shift all that follow it to a wrong place.
    whole = [run for run in runs if run.dropped == 0]
    if not whole:
        return None
    pages = np.concatenate([run.values.arm("control").reshape(-1, block) for run in whole])
    return Carry(cell.name, len(whole), tuple(np.median(pages, axis=0).tolist()))
