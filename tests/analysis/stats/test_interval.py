# SPDX-License-Identifier: MIT
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from analysis.stats import interval

from ...coverage.noise import Noise

RNG = np.random.default_rng(20260102)


@pytest.mark.parametrize("runs", [6, 7, 8, 12, 25, 40])
def test_the_signed_rank_interval_holds_what_the_exact_wilcoxon_test_accepts(runs: int) -> None:
    values = RNG.normal(size=runs)
    found = interval.hodges_lehmann(values)
    for bound, outwards in ((found.low, -1e-9), (found.high, 1e-9)):
        outside = scipy_stats.wilcoxon(values - (bound + outwards), method="exact").pvalue
        inside = scipy_stats.wilcoxon(values - (bound - outwards), method="exact").pvalue
        assert outside <= 0.05 < inside
    assert found.level >= 0.95
    assert found.level == pytest.approx(
        1 - scipy_stats.wilcoxon(values - found.low + 1e-9, method="exact").pvalue
    )


@pytest.mark.parametrize(("above", "below"), [(8, 5), (6, 6), (12, 20)])
def test_the_unpaired_interval_holds_what_the_exact_rank_sum_test_accepts(
    above: int, below: int
) -> None:
    here, there = RNG.normal(1, 1, above), RNG.normal(0, 1, below)
    found = interval.rank_sum(here, there)
    for bound, outwards in ((found.low, -1e-9), (found.high, 1e-9)):
        outside = scipy_stats.mannwhitneyu(here - (bound + outwards), there, method="exact").pvalue
        inside = scipy_stats.mannwhitneyu(here - (bound - outwards), there, method="exact").pvalue
        assert outside <= 0.05 < inside
    assert found.estimate == pytest.approx(np.median(np.subtract.outer(here, there)))


def test_hodges_lehmann_is_the_median_of_the_pairwise_means() -> None:
    found = interval.hodges_lehmann(np.array([1.0, 2.0, 10.0]))
    assert found.estimate == np.median([1, 2, 10, 1.5, 5.5, 6])


@pytest.mark.parametrize("runs", [2, 3, 4, 5])
def test_five_runs_or_fewer_carry_a_warning_with_what_their_interval_covers(runs: int) -> None:
    found = interval.hodges_lehmann(np.arange(float(runs)))
    assert found.level == 1 - 2.0 ** (1 - runs)
    assert (found.low, found.high) == (0, runs - 1)
    assert found.warning == f"{runs} runs: the interval covers {100 * found.level:.1f} %, not 95 %"
    assert math.isnan(found.smallest_seen)


def test_six_runs_give_a_whole_interval_without_a_warning() -> None:
    found = interval.hodges_lehmann(np.arange(float(interval.MIN_RUNS)))
    assert found.level == pytest.approx(0.96875)
    assert found.warning == ""


def test_one_run_has_an_estimate_and_no_interval() -> None:
    found = interval.hodges_lehmann(np.array([3.0]))
    assert found.estimate == 3
    assert math.isnan(found.low)
    assert found.warning == "1 run: no interval"


def test_no_run_has_nothing_but_a_warning() -> None:
    found = interval.median_over_runs(np.array([math.nan]))
    assert (found.runs, math.isnan(found.estimate)) == (0, True)
    assert found.warning == "no run with a value"


def test_the_median_interval_covers_the_truth_at_least_as_often_as_it_says() -> None:
    draws = RNG.lognormal(size=(2000, 12))
    found = [interval.median_over_runs(row) for row in draws]
    covered = np.mean([each.low <= 1 <= each.high for each in found])
    assert covered >= found[0].level - 0.015


@pytest.mark.parametrize("lag", [0.3, 0.6])
def test_medians_and_unpaired_shifts_cover_where_runs_depend(lag: float) -> None:
    here, there = (Noise("", lag).draw(600, 24, RNG) for _ in range(2))
    medians = [interval.median_over_runs(row) for row in here]
    shifts = [interval.unpaired_shift(a, b) for a, b in zip(here, there, strict=True)]
    for found in (medians, shifts):
        covered = np.mean([each.low <= 0 <= each.high for each in found])
        # The truth is about .95 or more; independent intervals have .69 to .88.
        assert covered >= 0.92


def test_a_median_is_never_outside_of_what_its_runs_were() -> None:
    wandering = np.cumsum(RNG.normal(size=20))
    found = interval.median_over_runs(wandering)
    assert (found.low, found.high) == (wandering.min(), wandering.max())


def test_four_of_five_campaigns_see_the_smallest_difference_also_where_it_came_out_small() -> None:
    said = np.array([interval.over_runs(row).smallest_seen for row in RNG.normal(size=(1500, 12))])
    again = RNG.normal(size=(1500, 12)) + said[:, None]
    seen = np.array([interval.over_runs(row).low > 0 for row in again])
    lucky = said <= np.quantile(said, 0.2)
    # The truths are .95 and .85: each fails by chance once in 10,000 times.
    assert seen.mean() >= 0.92
    assert seen[lucky].mean() >= 0.76


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=30), st.floats(-1e3, 1e3), st.booleans())
def test_shifting_or_mirroring_the_runs_does_the_same_to_the_interval(
    runs: list[float], shift: float, mirror: bool
) -> None:
    values = np.array(runs)
    plain, moved = interval.hodges_lehmann(values), interval.hodges_lehmann(values + shift)
    assert plain.low <= plain.estimate <= plain.high
    assert moved.estimate == pytest.approx(plain.estimate + shift, abs=1e-6)
    if mirror:
        assert interval.hodges_lehmann(-values).low == pytest.approx(-plain.high, abs=1e-6)


def test_quantiles_are_taken_within_runs_and_then_over_runs() -> None:
    runs = [np.arange(101.0) + offset for offset in range(7)]
    median, ninety, _, largest = interval.quantiles_over_runs(runs)
    assert (median.estimate, ninety.estimate, largest.estimate) == (53, 93, 103)
    assert (largest.low, largest.high) == (100, 106)
