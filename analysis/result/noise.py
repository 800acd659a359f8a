"""The noise itself: duets against separate processes, and what carries over between arms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..stats.one_run import log_ratio, run_medians

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..output.page import Page
    from ..read.campaigns import Campaigns
    from ..read.record import Cell, Run

POSITIONS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 63)
"""Places in a block at which the carry-over is shown."""


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
        good = [run for run in campaigns.runs_of(cell.name) if run.status == "ok"]
        if len(good) < 3 or cell.control is None or metrics[cell.metric].effect != "ratio":
            continue
        if cell.mode == cell.control:
            spreads.append(_spread(cell, good, paired=metrics[cell.metric].paired))
        if cell.params.get("lead_in") == 0:
            carries.append(_carry(cell, good, int(cell.params["block_pages"])))
    return Noise(tuple(spreads), tuple(carry for carry in carries if carry is not None))


def _spread(cell: Cell, runs: Sequence[Run], *, paired: bool) -> Spread:
    treatment = run_medians([run.values.arm("treatment") for run in runs])
    control = run_medians([run.values.arm("control") for run in runs])
    duet = np.array(
        [log_ratio(r.values.arm("treatment"), r.values.arm("control"), paired=paired) for r in runs]
    )
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


def text(found: Noise, page: Page) -> str:
    """Tables for a terminal."""
    page.text("Standard deviation of the log ratio between equals (A/A), over runs")
    rows = [("cell", "runs", "duet", "separate", "duet/separate", "median ratio")]
    rows += [
        (
            spread.cell,
            str(spread.runs),
            f"{spread.duet:.5f}",
            f"{spread.separate:.5f}",
            f"{spread.duet / spread.separate:.3f}" if spread.separate else "-",
            f"{math.exp(spread.median_log_ratio):.5f}",
        )
        for spread in found.spreads
    ]
    page.table(rows, (), indent=2)
    for carry in found.carries:
        page.text()
        page.text("Control's first touch by its place in the block, over that of the second half")
        page.name(f"{carry.cell}, {carry.runs} runs, settled at {carry.settled_s * 1e6:.3f} us")
        at = [place for place in POSITIONS if place < len(carry.by_position_s)]
        ratios = [carry.by_position_s[place] / carry.settled_s for place in at]
        page.table([[str(p) for p in at], [f"{ratio:.2f}" for ratio in ratios]], (), indent=2)
    return str(page)
