# SPDX-License-Identifier: MIT
"""Records whose runs have given effects, slices and placements."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from analysis.read.load import load
from analysis.result.compute import results

from ..recording import Synthetic, SyntheticCell, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from analysis.result.cell import CellResult

CONTROL_S = 1e-9


def record(
    path: Path,
    effects: Sequence[float],
    stop: str = "runs",
    change: Callable[[dict[str, Any]], None] = lambda _: None,
) -> Path:
    """Write a record of one cell whose runs have these log ratios.

    Args:
        path: Where to.
        effects: One per run in their order.
        stop: Why sampling ended.
        change: Changes each line before it is written.
    """
    cell = SyntheticCell("access-latency", "secret", "memfd", runs=len(effects), stop=stop)
    made = lines(Synthetic([cell]))
    for line, effect in zip(made[1:-1], effects, strict=True):
        line["values"] = {
            "treatment": [CONTROL_S * math.exp(effect)] * 5,
            "control": [CONTROL_S] * 5,
        }
    for line in made:
        change(line)
    path.write_text("".join(json.dumps(line) + "\n" for line in made))
    return path


def result(path: Path) -> CellResult:
    """What the one cell of a record came to."""
    (row,) = results(load([path]))
    return row
