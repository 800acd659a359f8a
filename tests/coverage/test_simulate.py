# SPDX-License-Identifier: MIT
"""What is simulated is what `analysis` shows and `bench` stops by, and its tables are whole."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.stats.interval import hodges_lehmann, over_runs
from bench.campaign.schedule import CellState
from bench.record.line import Cell, MetricInfo, Run, Target

from . import simulate
from .interval import known, stop
from .noise import LAGS, SHAPES, Noise, drifts

RNG = np.random.default_rng(20261206)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("runs", [8, 15, 24])
def test_the_simulated_interval_is_that_of_a_row(shape: str, runs: int) -> None:
    drawn = Noise("", 0.5, shape).draw(40, runs, RNG)
    found = known(drawn)
    claims = found.claims()
    for place, row in enumerate(drawn):
        shown, plain = over_runs(row), hodges_lehmann(row)
        assert found.half_width[place] == pytest.approx(shown.half_width)
        assert found.level.estimate[place] == pytest.approx(shown.estimate)
        assert found.plain.half_width[place] == pytest.approx(plain.half_width)
        assert claims[place] == pytest.approx(shown.smallest_seen)
        covers = shown.low <= 0.1 <= shown.high
        assert found.level.covers(0.1, found.widening)[place] == covers
        # What is needed is what moves the lower bound to zero.
        assert over_runs(row + found.needed()[place]).low == pytest.approx(0, abs=1e-9)


def test_simulated_stopping_is_that_of_a_campaign() -> None:
    drawn = Noise("", 0.4).draw(25, 30, RNG)
    looks = [known(drawn[:, :runs]) for runs in range(8, 31)]
    for target in (0.4, 0.7):
        found = stop(looks, target)
        for place, effects in enumerate(drawn):
            state = _sampled(effects.tolist(), Target(target, 8, 30))
            end = state.end("budget")
            assert found.runs[place] == end.runs
            assert found.widening[place] == pytest.approx(end.widened)


def _sampled(effects: list[float], target: Target) -> CellState:
    metric = MetricInfo("", "owner", "s", "lower", "nothing", paired=False, effect="difference")
    state = CellState(Cell("m/a:c", "m", "a", "c", {}, target), metric)
    for effect in effects:
        values = {"treatment": [effect], "control": [0.0]}
        state.enter(
            Run(
                run=0, cell="m/a:c", round=0, seed=0, started="", elapsed_s=1.0, core_s=0,
                timed_s=0, status="ok", reason="", values=values,
            )
        )  # fmt: skip
        if state.stop:
            break
    return state


@pytest.mark.parametrize("lag", [0.0, 0.3, 0.6])
def test_noise_has_the_lag_that_it_says(lag: float) -> None:
    drawn = Noise("", lag).draw(300, 200, RNG)
    away = drawn - drawn.mean(axis=1, keepdims=True)
    seen = (away[:, 1:] * away[:, :-1]).sum(axis=1) / (away**2).sum(axis=1)
    assert seen.mean() == pytest.approx(lag, abs=0.03)
    assert drawn.std() == pytest.approx(1, abs=0.03)


def test_the_truth_of_noise_is_where_its_estimates_lie() -> None:
    for noise in (*LAGS, *drifts(12), *(Noise("", 0.0, shape) for shape in SHAPES)):
        estimates = [hodges_lehmann(row).estimate for row in noise.draw(400, 12, RNG)]
        assert np.mean(estimates) == pytest.approx(noise.truth(12), abs=0.08)


def test_every_table_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "RUNS", (8, 12))
    monkeypatch.setattr(simulate, "MOST", 14)
    text = list(simulate.tables(60, 1))
    rows = [line for line in text if line.startswith("|")]
    assert len(rows) > 4 * 4
    for title in simulate.TABLES:
        assert any(line.startswith(f"\n{title}, 60 series") for line in text)
    widths = {line.count("|") for line in rows}
    assert all(count > 2 for count in widths)
    assert not any("nan" in line for line in rows)
