# SPDX-License-Identifier: MIT
import math

import numpy as np
import pytest

from analysis.stats.interval import median_over_runs
from analysis.stats.one_run import log_ratio, run_medians


def test_a_paired_log_ratio_is_the_median_over_pairs() -> None:
    control = np.array([1.0, 2.0, 400.0])
    treatment = control * np.array([2.0, 2.0, 5.0])
    assert log_ratio(treatment, control, paired=True) == pytest.approx(math.log(2))


def test_an_unpaired_log_ratio_is_that_of_the_medians() -> None:
    treatment, control = np.array([1.0, 4.0, 9.0]), np.array([3.0, 1.0, 2.0, 2.0])
    expected = pytest.approx(math.log(2))
    assert log_ratio(treatment, control, paired=False) == expected
    assert log_ratio(treatment, control, paired=True) == expected


def test_pairs_that_are_not_positive_are_left_out() -> None:
    treatment, control = np.array([0.0, 2.0, 3.0]), np.array([1.0, 1.0, -1.0])
    assert log_ratio(treatment, control, paired=True) == pytest.approx(math.log(2))
    assert math.isnan(log_ratio(-treatment, control, paired=True))
    assert math.isnan(log_ratio(-treatment, control, paired=False))
    assert math.isnan(log_ratio(np.empty(0), control, paired=False))


def test_a_run_without_values_is_not_a_number_and_counts_for_nothing() -> None:
    medians = run_medians([np.array([1.0, 3.0]), np.empty(0)])
    assert medians[0] == 2
    assert math.isnan(medians[1])
    assert median_over_runs(medians).runs == 1
