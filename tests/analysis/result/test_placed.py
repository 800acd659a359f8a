# SPDX-License-Identifier: MIT
"""The effect adjusted for where the pages of both arms lay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from analysis.words.row import Footnotes, notes, words

from .series import record, result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

RNG = np.random.default_rng(20261205)
TRUTH = math.log(1.004)
SLOPE = 0.3


def lying(ratios: Sequence[float]) -> Callable[[dict[str, Any]], None]:
    """Let the runs' treatments lie in so many times the blocks of their controls."""
    left = list(ratios)

    def change(line: dict[str, Any]) -> None:
        if line["kind"] == "run":
            place = {"pages": 16384, "next_follows": 0.0}
            here = {**place, "blocks_2m": round(1_000_000 * left.pop(0))}
            line["placement"] = {"treatment": here, "control": {**place, "blocks_2m": 1_000_000}}

    return change


def test_what_placement_explains_is_taken_out_where_arms_lie_alike(tmp_path: Path) -> None:
    blocks = RNG.uniform(0.85, 1.2, 24)
    effects = TRUTH + SLOPE * np.log(blocks) + RNG.normal(0, 0.003, 24)
    row = result(record(tmp_path / "a.jsonl", effects.tolist(), change=lying(blocks.tolist())))
    assert row.ratio is not None
    assert row.adjusted is not None
    assert row.adjusted.blocks_ratio == 1
    assert row.adjusted.low <= 1.004 <= row.adjusted.high
    assert row.adjusted.explained > 0.9
    assert row.adjusted.p < 0.001
    assert row.adjusted.high - row.adjusted.low < (row.ratio.high - row.ratio.low) / 3
    (said,) = [text for text in notes(row) if "placement explains" in text]
    assert "with both in as many blocks of 2M 1.00" in said
    assert words(row, Footnotes())[4].endswith("[1]")


def test_no_line_is_drawn_beyond_the_placements_that_were_seen(tmp_path: Path) -> None:
    blocks = RNG.uniform(0.4, 0.6, 24)
    effects = TRUTH + SLOPE * np.log(blocks) + RNG.normal(0, 0.003, 24)
    row = result(record(tmp_path / "a.jsonl", effects.tolist(), change=lying(blocks.tolist())))
    assert row.adjusted is not None
    usual = float(np.median(blocks))
    assert row.adjusted.blocks_ratio == pytest.approx(usual, rel=1e-4)
    assert row.adjusted.estimate == pytest.approx(1.004 * usual**SLOPE, rel=0.005)
    (said,) = [text for text in notes(row) if "placement explains" in text]
    assert "where secret usually lies, in 0.5" in said


def test_placement_that_explains_nothing_is_not_mentioned(tmp_path: Path) -> None:
    effects = RNG.normal(0, 0.01, 24).tolist()
    unrelated = result(
        record(tmp_path / "a.jsonl", effects, change=lying(RNG.uniform(0.9, 1.1, 24).tolist()))
    )
    constant = result(record(tmp_path / "b.jsonl", effects, change=lying([0.5] * 24)))
    unknown = result(record(tmp_path / "c.jsonl", effects))
    assert unrelated.adjusted is constant.adjusted is unknown.adjusted is None


def test_the_adjusted_interval_covers_the_truth(tmp_path: Path) -> None:
    covered = []
    for number in range(150):
        blocks = RNG.uniform(0.8, 1.15, 16)
        effects = TRUTH + SLOPE * np.log(blocks) + RNG.normal(0, 0.02, 16)
        path = record(tmp_path / f"{number}.jsonl", effects.tolist(), change=lying(blocks.tolist()))
        if found := result(path).adjusted:
            covered.append(found.low <= 1.004 <= found.high)
    assert len(covered) > 75
    # The truth is about .95: this fails by chance once in 10,000 times.
    assert np.mean(covered) >= 0.95 - 3.9 * math.sqrt(0.95 * 0.05 / len(covered))
