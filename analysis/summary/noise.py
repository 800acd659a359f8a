# SPDX-License-Identifier: MIT
"""The noise of a campaign as the terminal shows it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..output.page import Page
    from ..result.noise import Noise

POSITIONS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 63)
"""Places in a block at which the carry-over is shown."""


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
