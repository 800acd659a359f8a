# SPDX-License-Identifier: MIT
"""No claim goes below one step of the timer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from analysis.read.load import load
from analysis.result.compute import beyond, recontrolled, results
from analysis.result.effect import good
from analysis.result.resolution import resolution, step_s
from analysis.words.row import Footnotes, words

from ..recording import Synthetic, SyntheticCell, lines
from .series import record, result

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(20261204)
STEP_S = 1e-8
OPERATIONS = 1000
"""Of a slice: at 1 ns each it takes 1 us, so that a step is 1 % of it."""


def timed(line: dict[str, Any], step: float | None = STEP_S) -> None:
    """Say how many operations the slices had, and by what the timer moves."""
    if line["kind"] == "campaign" and step:
        line["core"]["timer_step_s"] = step
    if line["kind"] == "run":
        line["operations"] = dict.fromkeys(("treatment", "control"), 5 * OPERATIONS)


def test_runs_alike_to_the_digit_are_alike_to_a_step_of_a_slice(tmp_path: Path) -> None:
    row = result(record(tmp_path / "a.jsonl", [0.0] * 12, change=timed))
    assert row.ratio is not None
    assert row.ratio.resolution == pytest.approx(0.01)
    assert row.ratio.smallest_seen == pytest.approx(0.01)
    assert words(row, Footnotes())[3] == "alike to 1 %"


def test_no_null_claim_goes_below_a_step(tmp_path: Path) -> None:
    quiet = RNG.normal(0, 1e-5, 12).tolist()
    row = result(record(tmp_path / "a.jsonl", quiet, change=timed))
    assert row.ratio is not None
    assert row.ratio.seen == "none"
    assert row.ratio.smallest_seen == pytest.approx(0.01)
    assert words(row, Footnotes())[3] == "none > 1 %"


def test_a_difference_within_a_step_is_not_seen_and_one_beyond_is(tmp_path: Path) -> None:
    noise = RNG.normal(0, 1e-5, 12)
    within = result(record(tmp_path / "a.jsonl", (noise + 0.008).tolist(), change=timed))
    beyond = result(record(tmp_path / "b.jsonl", (noise + 0.012).tolist(), change=timed))
    assert within.ratio is not None
    assert beyond.ratio is not None
    assert (within.ratio.seen, beyond.ratio.seen) == ("none", "worse")


def test_rates_and_differences_have_a_resolution_of_their_own(tmp_path: Path) -> None:
    def rate(line: dict[str, Any]) -> None:
        timed(line)
        if line["kind"] == "campaign":
            line["metrics"]["access-latency"] |= {"unit": "B/s", "better": "higher"}
        if line["kind"] == "run":
            # 1,000 bytes at 1 GB/s take 1 us.
            line["values"] = {"treatment": [1e9] * 5, "control": [1e9] * 5}

    def loss(line: dict[str, Any]) -> None:
        timed(line)
        if line["kind"] == "campaign":
            line["metrics"]["access-latency"]["effect"] = "difference"

    rates = result(record(tmp_path / "a.jsonl", [0.0] * 8, change=rate))
    losses = result(record(tmp_path / "b.jsonl", [0.0] * 8, change=loss))
    assert rates.ratio is not None
    assert losses.difference is not None
    assert rates.ratio.resolution == pytest.approx(0.01)
    assert losses.difference.resolution == pytest.approx(STEP_S / OPERATIONS)
    assert words(losses, Footnotes())[3] == "alike to 10.0 ps"


def test_a_record_that_does_not_say_the_step_shows_it_in_its_durations(tmp_path: Path) -> None:
    """The counter ticks every .41 ns and moves every 10: durations stand 24 or 25 ticks apart."""
    tick = 4.1e-10

    def moved(line: dict[str, Any]) -> None:
        timed(line, None)
        if line["kind"] == "campaign":
            line["core"]["timer_resolution_s"] = tick
        if line["kind"] == "run":
            steps = np.round(RNG.normal(3000, 30, (2, 200)))
            ticks = np.round(24.4 * steps)
            line["operations"] = {"treatment": 200 * OPERATIONS, "control": 200 * OPERATIONS}
            durations = [each.tolist() for each in ticks * tick / OPERATIONS]
            line["values"] = dict(zip(("treatment", "control"), durations, strict=True))

    campaigns = load([record(tmp_path / "a.jsonl", [0.0] * 8, change=moved)])
    step = step_s(campaigns.files)
    assert step == pytest.approx(24 * tick, rel=0.03)
    runs = good(campaigns.runs_of("access-latency/secret:memfd"))
    metric = campaigns.metric("access-latency")
    assert resolution(runs, metric, step) == pytest.approx(1 / 3000, rel=0.05)


def test_where_nothing_says_the_step_no_resolution_is_claimed(tmp_path: Path) -> None:
    row = result(record(tmp_path / "a.jsonl", [0.0] * 8))
    assert row.ratio is not None
    assert row.ratio.resolution is None
    assert words(row, Footnotes())[3] == "runs alike, timer's step unknown"


def test_a_step_bounds_every_ratio_of_a_row(tmp_path: Path) -> None:
    """Also that of another control, of a class, and that over the A/A cell."""
    cells = [SyntheticCell("access-latency", mode, "memfd", runs=12) for mode in ("anon", "memfd")]
    cells.append(SyntheticCell("access-latency", "secret", "memfd", runs=12))
    made = lines(Synthetic(cells))
    for line in made:
        timed(line)
        if line["kind"] == "run":
            line["values"] = {"treatment": [1e-9] * 5, "control": [1e-9] * 5}
            line["classes"] = {"treatment": [0] * 5}
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in made))
    campaigns = load([path])
    rows = {row.mode: row for row in results(campaigns)}
    others = {row.mode: row for row in recontrolled(campaigns, "anon")}
    found = [
        others["secret"].ratio,
        rows["secret"].classes[0].ratio,
        beyond(campaigns, rows["secret"], rows["memfd"]),
    ]
    for ratio in found:
        assert ratio is not None
        assert ratio.seen == "none"
        assert ratio.smallest_seen == pytest.approx(0.01)


def test_a_count_is_not_timed(tmp_path: Path) -> None:
    def counted(line: dict[str, Any]) -> None:
        timed(line)
        if line["kind"] == "campaign":
            line["metrics"]["access-latency"]["unit"] = "1"

    row = result(record(tmp_path / "a.jsonl", [0.0] * 8, change=counted))
    assert row.ratio is not None
    assert row.ratio.resolution == 0
    assert words(row, Footnotes())[3] == "none, runs alike"


def test_the_step_of_the_core_counts_where_it_is_said(tmp_path: Path) -> None:
    path = record(tmp_path / "a.jsonl", [0.0] * 8, change=timed)
    assert json.loads(path.read_text().splitlines()[0])["core"]["timer_step_s"] == STEP_S
    assert step_s(load([path]).files) == STEP_S
