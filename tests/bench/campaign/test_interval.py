# SPDX-License-Identifier: MIT
import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.campaign.interval import difference, interval, log_ratio, signed_rank_depth


@pytest.mark.parametrize(
    ("runs", "critical"), [(6, 0), (7, 2), (8, 3), (9, 5), (10, 8), (15, 25), (20, 52), (25, 89)]
)
def test_the_depth_follows_from_the_published_critical_values(runs: int, critical: int) -> None:
    assert signed_rank_depth(runs) == critical + 1


@pytest.mark.parametrize("runs", range(13))
def test_the_depth_is_that_of_all_sign_patterns_counted_one_by_one(runs: int) -> None:
    sums = sorted(
        sum(rank for rank, positive in enumerate(signs, 1) if positive)
        for signs in itertools.product([False, True], repeat=runs)
    )
    tail_of = [sum(s <= depth for s in sums) / len(sums) for depth in range(runs * (runs + 1) // 2)]
    assert signed_rank_depth(runs) == sum(tail <= 0.025 for tail in tail_of)


def test_fewer_than_six_runs_give_no_interval() -> None:
    assert interval([0.1] * 5) is None
    assert interval([0.1] * 6) is not None


def test_six_runs_span_their_whole_range() -> None:
    assert interval([3.0, 1.0, 2.0, 6.0, 5.0, 4.0]) == (3.5, 1.0, 6.0)


@given(st.lists(st.integers(-1000, 1000), min_size=6, max_size=30), st.integers(-1000, 1000))
def test_a_shift_of_all_runs_shifts_the_interval(values: list[int], shift: int) -> None:
    plain = interval(values)
    shifted = interval([value + shift for value in values])
    assert plain is not None
    assert shifted == tuple(value + shift for value in plain)


def test_the_interval_covers_the_truth_in_95_of_100_samples() -> None:
    dice = random.Random(7)  # noqa: S311
    samples = [[dice.gauss(0.3, 0.1) for _ in range(12)] for _ in range(600)]
    covered = 0
    for sample in samples:
        found = interval(sample)
        assert found is not None
        covered += found[1] <= 0.3 <= found[2]
    assert 0.93 <= covered / len(samples) <= 0.985


def test_paired_values_give_the_median_of_the_ratios() -> None:
    values = {"treatment": [2.0, 30.0, 8.0], "control": [1.0, 10.0, 2.0]}
    assert log_ratio(values, paired=True) == pytest.approx(math.log(3))


def test_unpaired_values_give_the_ratio_of_the_medians() -> None:
    values = {"treatment": [2.0, 30.0, 8.0], "control": [1.0, 10.0, 2.0]}
    assert log_ratio(values, paired=False) == pytest.approx(math.log(4))


def test_arms_of_different_length_are_not_paired() -> None:
    values = {"treatment": [2.0, 8.0, 30.0], "control": [2.0]}
    assert log_ratio(values, paired=True) == pytest.approx(math.log(4))


def test_without_a_control_the_run_counts_by_its_own_value() -> None:
    assert log_ratio({"treatment": [2.0, 4.0, 8.0]}, paired=True) == pytest.approx(math.log(4))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"treatment": []},
        {"treatment": [0.0]},
        {"treatment": [1.0], "control": [0.0]},
        {"treatment": [-1.0], "control": [1.0]},
        {"treatment": [1.0], "control": []},
    ],
)
def test_values_without_a_logarithm_give_none(values: dict[str, list[float]]) -> None:
    assert log_ratio(values, paired=True) is None


def test_a_difference_ignores_the_rare_pauses_of_a_control_of_zeros() -> None:
    values = {"treatment": [9e-6, 9e-6, 9e-6, 5e-3], "control": [0.0, 0.0, 0.0, 8e-3]}
    assert difference(values, paired=False) == pytest.approx(9e-6)


def test_a_paired_difference_is_the_median_of_the_differences() -> None:
    values = {"treatment": [2.0, 30.0, 8.0], "control": [1.0, 10.0, 2.0]}
    assert difference(values, paired=True) == 6
    assert difference(values, paired=False) == 6
    drifting = {"treatment": [2.0, 12.0, 23.0], "control": [1.0, 10.0, 20.0]}
    assert difference(drifting, paired=True) == 2
    assert difference({**drifting, "control": [1.0, 10.0]}, paired=True) == 6.5


def test_a_difference_without_a_control_is_the_value_and_without_values_is_none() -> None:
    assert difference({"treatment": [1.0, 2.0, 9.0]}, paired=False) == 2
    assert difference({"treatment": [], "control": [1.0]}, paired=False) is None
    assert difference({"treatment": [1.0], "control": []}, paired=False) is None
