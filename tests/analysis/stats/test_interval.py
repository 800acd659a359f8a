import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from analysis.stats import interval as stats

RNG = np.random.default_rng(20260102)


@pytest.mark.parametrize("runs", [6, 7, 8, 12, 25, 40])
def test_the_signed_rank_interval_holds_what_the_exact_wilcoxon_test_accepts(runs: int) -> None:
    values = RNG.normal(size=runs)
    found = stats.hodges_lehmann(values)
    for bound, outwards in ((found.low, -1e-9), (found.high, 1e-9)):
        outside = scipy_stats.wilcoxon(values - (bound + outwards), method="exact").pvalue
        inside = scipy_stats.wilcoxon(values - (bound - outwards), method="exact").pvalue
        assert outside <= 0.05 < inside
    assert found.level >= 0.95
    assert found.level == pytest.approx(
        1 - scipy_stats.wilcoxon(values - found.low + 1e-9, method="exact").pvalue
    )


def test_the_signed_rank_distribution_is_that_of_all_sign_patterns() -> None:
    ranks = np.arange(1, 9)
    patterns = (np.arange(256)[:, None] >> np.arange(8)) & 1
    sums = np.bincount(patterns @ ranks) / 256
    assert np.allclose(stats.signed_rank_cdf(8), np.cumsum(sums))


@pytest.mark.parametrize(("above", "below"), [(8, 5), (6, 6), (12, 20)])
def test_the_unpaired_interval_holds_what_the_exact_rank_sum_test_accepts(
    above: int, below: int
) -> None:
    here, there = RNG.normal(1, 1, above), RNG.normal(0, 1, below)
    found = stats.unpaired_shift(here, there)
    for bound, outwards in ((found.low, -1e-9), (found.high, 1e-9)):
        outside = scipy_stats.mannwhitneyu(here - (bound + outwards), there, method="exact").pvalue
        inside = scipy_stats.mannwhitneyu(here - (bound - outwards), there, method="exact").pvalue
        assert outside <= 0.05 < inside
    assert found.estimate == pytest.approx(np.median(np.subtract.outer(here, there)))


def test_the_normal_limit_continues_the_exact_distribution() -> None:
    runs = stats.EXACT_RUNS
    exact = stats.signed_rank_cdf(runs)
    limit = stats._normal_cdf(exact.size - 1, math.sqrt(runs * (runs + 1) * (2 * runs + 1) / 24))
    assert np.abs(exact - limit).max() < 5e-4
    assert stats.hodges_lehmann(RNG.normal(size=runs + 100)).level == pytest.approx(0.95, abs=1e-3)


def test_hodges_lehmann_is_the_median_of_the_pairwise_means() -> None:
    found = stats.hodges_lehmann(np.array([1.0, 2.0, 10.0]))
    assert found.estimate == np.median([1, 2, 10, 1.5, 5.5, 6])


@pytest.mark.parametrize("runs", [2, 3, 4, 5])
def test_five_runs_or_fewer_carry_a_warning_with_what_their_interval_covers(runs: int) -> None:
    found = stats.hodges_lehmann(np.arange(float(runs)))
    assert found.level == 1 - 2.0 ** (1 - runs)
    assert (found.low, found.high) == (0, runs - 1)
    assert found.warning == f"{runs} runs: the interval covers {100 * found.level:.1f} %, not 95 %"
    assert math.isnan(found.smallest_seen)


def test_six_runs_give_a_whole_interval_without_a_warning() -> None:
    found = stats.hodges_lehmann(np.arange(float(stats.MIN_RUNS)))
    assert found.level == pytest.approx(0.96875)
    assert found.warning == ""


def test_one_run_has_an_estimate_and_no_interval() -> None:
    found = stats.hodges_lehmann(np.array([3.0]))
    assert found.estimate == 3
    assert math.isnan(found.low)
    assert found.warning == "1 run: no interval"


def test_no_run_has_nothing_but_a_warning() -> None:
    found = stats.median_over_runs(np.array([math.nan]))
    assert (found.runs, math.isnan(found.estimate)) == (0, True)
    assert found.warning == "no run with a value"


def test_the_median_interval_covers_the_truth_as_often_as_it_says() -> None:
    draws = RNG.lognormal(size=(4000, 12))
    found = [stats.median_over_runs(row) for row in draws]
    covered = np.mean([each.low <= 1 <= each.high for each in found])
    assert covered == pytest.approx(found[0].level, abs=0.015)


def test_four_of_five_campaigns_see_the_smallest_difference() -> None:
    widths = [stats.hodges_lehmann(row) for row in RNG.normal(size=(300, 20))]
    smallest = float(np.median([each.smallest_seen for each in widths]))
    shifted = [stats.hodges_lehmann(row) for row in RNG.normal(smallest, 1, size=(1500, 20))]
    assert np.mean([each.low > 0 for each in shifted]) == pytest.approx(0.8, abs=0.05)


def test_a_paired_log_ratio_is_the_median_over_pairs() -> None:
    control = np.array([1.0, 2.0, 400.0])
    treatment = control * np.array([2.0, 2.0, 5.0])
    assert stats.log_ratio(treatment, control, paired=True) == pytest.approx(math.log(2))


def test_an_unpaired_log_ratio_is_that_of_the_medians() -> None:
    treatment, control = np.array([1.0, 4.0, 9.0]), np.array([3.0, 1.0, 2.0, 2.0])
    expected = pytest.approx(math.log(2))
    assert stats.log_ratio(treatment, control, paired=False) == expected
    assert stats.log_ratio(treatment, control, paired=True) == expected


def test_pairs_that_are_not_positive_are_left_out() -> None:
    treatment, control = np.array([0.0, 2.0, 3.0]), np.array([1.0, 1.0, -1.0])
    assert stats.log_ratio(treatment, control, paired=True) == pytest.approx(math.log(2))
    assert math.isnan(stats.log_ratio(-treatment, control, paired=True))
    assert math.isnan(stats.log_ratio(-treatment, control, paired=False))
    assert math.isnan(stats.log_ratio(np.empty(0), control, paired=False))


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=30), st.floats(-1e3, 1e3), st.booleans())
def test_shifting_or_mirroring_the_runs_does_the_same_to_the_interval(
    runs: list[float], shift: float, mirror: bool
) -> None:
    values = np.array(runs)
    plain, moved = stats.hodges_lehmann(values), stats.hodges_lehmann(values + shift)
    assert plain.low <= plain.estimate <= plain.high
    assert moved.estimate == pytest.approx(plain.estimate + shift, abs=1e-6)
    if mirror:
        assert stats.hodges_lehmann(-values).low == pytest.approx(-plain.high, abs=1e-6)


def test_quantiles_are_taken_within_runs_and_then_over_runs() -> None:
    runs = [np.arange(101.0) + offset for offset in range(7)]
    median, ninety, _, largest = stats.quantiles_over_runs(runs)
    assert (median.estimate, ninety.estimate, largest.estimate) == (53, 93, 103)
    assert (largest.low, largest.high) == (100, 106)


def test_a_run_without_values_is_not_a_number_and_counts_for_nothing() -> None:
    medians = stats.run_medians([np.array([1.0, 3.0]), np.empty(0)])
    assert medians[0] == 2
    assert math.isnan(medians[1])
    assert stats.median_over_runs(medians).runs == 1
