# SPDX-License-Identifier: MIT
"""Runs that depend on each other: intervals are as wide as that is worth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stats.interval import hodges_lehmann, over_runs
from analysis.stats.widening import held, ranks, serial, series

from ...coverage.noise import Noise

RNG = np.random.default_rng(20261202)
REFERENCE = (
    0.993, 0.979, 0.969, 0.975, 0.970, 0.974, 0.968, 0.953, 0.947, 0.947, 0.962, 0.946, 0.953,
    0.949, 0.944, 0.954, 0.952, 0.945, 0.951, 0.944, 0.951, 0.959, 0.954, 0.961, 0.970, 0.975,
    0.960, 0.971, 0.961, 0.953, 0.962, 0.961,
)  # fmt: skip
"""Ratios of a cell whose control's placement drifted: access-latency of secret at 64 MiB."""


def test_ranks_are_mid_ranks_about_zero() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 9.0])).tolist() == [0.0, -1.5, 0.0, 1.5]


def test_values_that_differ_by_rounding_have_one_rank() -> None:
    nearly = np.array([0.1 + 0.2, 0.3, 1.0])
    assert nearly[0] != nearly[1]
    assert ranks(nearly).tolist() == [-0.5, -0.5, 1.0]


def test_the_lag_is_one_less_half_of_the_rank_von_neumann_ratio_but_for_the_ends() -> None:
    rows = ranks(RNG.normal(size=20))
    ratio = (np.diff(rows) ** 2).sum() / (rows**2).sum()
    ends = (rows[0] ** 2 + rows[-1] ** 2) / 2 / (rows**2).sum()
    assert serial(rows) == pytest.approx(1 - ratio / 2 - ends)


def test_the_reference_cell_whose_runs_wandered_is_wider_than_independent_runs_make_it() -> None:
    effects = np.log(REFERENCE)
    found, plain = over_runs(effects), hodges_lehmann(effects)
    assert found.rests_on is not None
    assert found.rests_on.lag == pytest.approx(0.59, abs=0.02)
    assert found.rests_on.lag_p < 0.001
    assert found.half_width > 2 * plain.half_width
    assert found.rests_on.effective_runs < 10


@pytest.mark.parametrize("lag", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("runs", [16, 24, 40])
def test_intervals_cover_whether_runs_depend_or_not(runs: int, lag: float) -> None:
    noise = Noise("", lag)
    found = [over_runs(row) for row in noise.draw(1000, runs, RNG)]
    covered = np.mean([each.low <= 0 <= each.high for each in found])
    # The truth is .94 to .98: this fails by chance once in 10,000 times.
    assert covered >= 0.94 - 3.9 * math.sqrt(0.94 * 0.06 / 1000)


def test_independent_runs_pay_little() -> None:
    draws = RNG.normal(size=(1500, 16))
    wider = [over_runs(row).half_width / hodges_lehmann(row).half_width for row in draws]
    assert np.median(wider) <= 1.1


def test_a_drift_is_taken_out_and_the_middle_of_the_campaign_covered() -> None:
    draws = Noise("", drift=0.25).draw(800, 20, RNG)
    found = [over_runs(row) for row in draws]
    truth = 0.25 * 19 / 2
    assert np.mean([each.low <= truth <= each.high for each in found]) >= 0.93
    assert np.mean([each.rests_on.slope > 0 for each in found if each.rests_on]) >= 0.95


def test_no_interval_is_narrower_than_that_of_independent_runs() -> None:
    alternating = np.resize([1.0, -1.0], 40) + 0.1 * RNG.normal(size=40)
    assert series(alternating).lag < -0.5
    for row in (alternating, *RNG.normal(size=(200, 40))):
        assert series(row).widening >= 1


def test_runs_all_alike_are_not_widened() -> None:
    found = over_runs(np.full(12, 0.25))
    assert (found.low, found.estimate, found.high) == (0.25, 0.25, 0.25)
    assert found.rests_on is not None
    assert (found.rests_on.widened, found.rests_on.lag_p, found.rests_on.trend_p) == (1, 1, 1)


def test_below_six_runs_nothing_is_said_of_their_order() -> None:
    few = over_runs(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert few == hodges_lehmann(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert few.rests_on is None


def test_where_the_width_ended_the_sampling_the_widest_of_the_last_third_counts() -> None:
    for row in Noise("", 0.5).draw(20, 24, RNG):
        widest = max(float(series(row[:count]).widening) for count in range(16, 25))
        assert held(row, 8) == pytest.approx(widest)
        assert held(row, 24) == pytest.approx(series(row).widening)
        ended = over_runs(row, least_runs=8).rests_on
        assert ended is not None
        assert ended.widened == pytest.approx(widest)


@given(
    st.lists(st.integers(-1000, 1000), min_size=6, max_size=30),
    st.floats(0.01, 100),
    st.integers(-50, 50),
)
def test_scale_shift_and_sign_do_not_change_the_widening(
    values: list[int], scale: float, shift: int
) -> None:
    effects = np.array(values, dtype=np.float64)
    plain = series(effects)
    for other in (scale * effects, effects + shift, -effects):
        assert series(other).widening == pytest.approx(plain.widening)
        assert series(other).lag == pytest.approx(plain.lag, abs=1e-9)


def test_many_series_at_once_are_each_as_alone() -> None:
    draws = Noise("", 0.6).draw(50, 14, RNG)
    together = series(draws)
    for place, row in enumerate(draws):
        alone = series(row)
        assert together.widening[place] == alone.widening
        assert together.slope[place] == alone.slope
