# SPDX-License-Identifier: MIT
"""The noise table, on synthetic records with a known answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analysis.output.page import Page
from analysis.read.load import load
from analysis.result.noise import noise
from analysis.summary.noise import text

from ..recording import Synthetic, SyntheticCell, lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LATENCY = SyntheticCell("access-latency", "memfd", "memfd", runs=20, values=51)
TOUCH = SyntheticCell(
    "first-touch", "secret", "memfd", {"block_pages": 4, "lead_in": 0}, runs=5, values=8
)


def record(
    folder: Path, cell: SyntheticCell, edit: Mapping[int, tuple[list[float], list[float]]]
) -> Path:
    """Write a synthetic campaign whose runs hold the given (treatment, control) values."""
    written = lines(Synthetic([cell]))
    for line in written:
        if line["kind"] == "run" and line["run"] in edit:
            treatment, control = edit[line["run"]]
            line["values"] = {"treatment": treatment, "control": control}
    path = folder / "record.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in written))
    return path


def test_a_difference_between_processes_shows_in_separate_and_not_in_duet(tmp_path: Path) -> None:
    levels = 1e-9 * np.exp(np.tile([0.0, 0.5], 10))
    edit = {run: ([level] * 51, [level] * 51) for run, level in enumerate(levels.tolist())}
    (spread,) = noise(load([record(tmp_path, LATENCY, edit)])).spreads
    assert spread.duet == pytest.approx(0.0, abs=1e-12)
    # Alternating +-0.5: the standard deviation of 10 times -0.5 and 9 times +0.5.
    assert spread.separate == pytest.approx(np.std([-0.5] * 10 + [0.5] * 9, ddof=1), rel=1e-6)


def test_a_bias_of_the_treatment_shows_in_the_median_ratio(tmp_path: Path) -> None:
    edit = {run: ([1.01e-9] * 51, [1e-9] * 51) for run in range(20)}
    (spread,) = noise(load([record(tmp_path, LATENCY, edit)])).spreads
    assert np.exp(spread.median_log_ratio) == pytest.approx(1.01)


def test_carry_over_is_told_by_the_place_in_the_block(tmp_path: Path) -> None:
    control = [4e-6, 2e-6, 1e-6, 1e-6] * 2
    edit = {run: ([9e-6] * 8, control) for run in range(5)}
    found = noise(load([record(tmp_path, TOUCH, edit)]))
    assert found.spreads == ()
    (carry,) = found.carries
    assert carry.by_position_s == pytest.approx((4e-6, 2e-6, 1e-6, 1e-6))
    assert carry.settled_s == pytest.approx(1e-6)
    assert "4.00  2.00  1.00  1.00" in text(found, Page())


def test_a_cell_with_fewer_than_three_runs_has_no_spread(tmp_path: Path) -> None:
    few = SyntheticCell("access-latency", "memfd", "memfd", runs=2)
    assert noise(load([record(tmp_path, few, {})])).spreads == ()
