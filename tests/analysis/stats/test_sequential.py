# SPDX-License-Identifier: MIT
"""The rule of the gate: exact where it says so, and calibrated by simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from analysis.stats import sequential
from analysis.stats.sequential import INCONCLUSIVE, PASS, REGRESSED

RNG = np.random.default_rng(20261125)


def exact_p(effects: np.ndarray) -> float:
    """Share of all sign patterns whose signed-rank sum, with mid-ranks, is as large."""
    ranks = scipy_stats.rankdata(np.abs(effects))
    seen = ranks[effects > 0].sum()
    sums = [
        ranks[np.array(signs)].sum()
        for signs in itertools.product((False, True), repeat=len(ranks))
    ]
    return float(np.mean([each >= seen - 1e-9 for each in sums]))


@pytest.mark.parametrize("runs", [4, 8, 12])
def test_the_p_value_is_that_of_all_sign_patterns(runs: int) -> None:
    for effects in RNG.normal(0.5, 1, (5, runs)):
        expected = scipy_stats.wilcoxon(effects, alternative="greater", method="exact").pvalue
        assert sequential.signed_rank_p(effects) == pytest.approx(expected)
        if runs < 12:
            assert sequential.signed_rank_p(effects) == pytest.approx(exact_p(effects))


@pytest.mark.parametrize("sizes", [[1, 1, 1, 2, 2, 3], [0, 0, 1, 1, 2, 3, 3], [0, 0, 0], [5] * 8])
def test_with_ties_and_zeros_a_p_value_is_seldom_small_over_all_signs(sizes: list[float]) -> None:
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(sizes))))
    p = sequential.signed_rank_p(signs * np.array(sizes))
    for level in np.unique(p):
        assert (p <= level).mean() <= level + 1e-12
    assert sequential.signed_rank_p(np.empty(0)) == 1


def test_holm_is_that_of_the_book() -> None:
    p = np.array([[0.01, 0.04, 0.03, 0.005], [0.5, 0.001, 0.9, 0.02]])
    rejected, levels = sequential.holm(p)
    # .005 <= .05/4, .01 <= .05/3, .03 > .05/2: there it ends
    assert rejected.tolist() == [[True, False, False, True], [False, True, False, False]]
    assert levels[0] == pytest.approx([0.05 / 3, 0.05 / 2, 0.05 / 2, 0.05 / 4])


@pytest.mark.parametrize("most", [5, 10, 12, 20, 40, 60])
@pytest.mark.parametrize("family", [1, 5, 100, 400])
def test_both_errors_are_spent_whole_and_no_share_where_it_is_of_no_use(
    most: int, family: int
) -> None:
    looks = sequential.shares(sequential.planned(most), family)
    assert sum(looks.reject) == pytest.approx(1)
    assert sum(looks.accept) == pytest.approx(1)
    assert looks.counts[-1] == most
    for count, share in zip(looks.counts[:-1], looks.reject[:-1], strict=True):
        assert share == 0 or 2.0**-count <= share * sequential.ALPHA / family


def test_what_ends_early_spends_what_is_left() -> None:
    looks = sequential.shares(sequential.planned(40), 10)
    going = sequential.curtailed(looks, 17, ended=False)
    assert going.counts == (10, 15)
    over = sequential.curtailed(looks, 17, ended=True)
    assert over.counts == (10, 15, 17)
    assert sum(over.reject) == pytest.approx(1)
    assert sequential.curtailed(looks, 40, ended=True) == looks
    assert sequential.curtailed(looks, 0, ended=True).counts == ()


def judged(effects: np.ndarray, margin: float, most: int) -> sequential.Outcome:
    cells = effects.shape[1]
    looks = [sequential.shares(sequential.planned(most), cells)] * cells
    return sequential.decide(effects, looks, np.full(cells, math.log1p(margin)))


@pytest.mark.parametrize("most", [12, 40])
@pytest.mark.parametrize("kind", ["normal", "heavy", "drifting"])
def test_unchanged_matrices_rarely_raise_an_alarm(most: int, kind: str) -> None:
    """At a margin that hides nothing; binomial bounds at four standard errors over 5 %."""
    shape = (400, 50, most)
    noise = {"normal": RNG.normal(0, 0.1, shape), "heavy": 0.1 * RNG.standard_t(2, shape)}
    # Whatever the sizes do over time: in pairs of random order the signs are fair.
    drift = np.abs(np.cumsum(RNG.normal(0, 0.1, shape), axis=-1)) * RNG.choice((-1, 1), shape)
    found = judged(noise.get(kind, drift), 1e-6, most)
    alarmed = (found.verdicts == REGRESSED).any(axis=1).mean()
    assert alarmed <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 400)
    single = (found.verdicts == REGRESSED).mean()
    assert single <= 0.05 / 50 * 1.5


def test_what_lies_at_the_margin_rarely_passes() -> None:
    effects = RNG.normal(math.log1p(0.05), 0.02, (400, 10, 40))
    passed = (judged(effects, 0.05, 40).verdicts == PASS).mean()
    assert passed <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 4000)


@pytest.mark.parametrize(("shift", "most", "margin"), [(0.05, 12, 0.03), (0.02, 40, 0.01)])
def test_power_is_as_promised_at_a_spread_of_two_percent(
    shift: float, most: int, margin: float
) -> None:
    effects = RNG.normal(0, 0.02, (400, 100, most))
    effects[:, 0] += math.log1p(shift)
    found = judged(effects, margin, most)
    seen = (found.verdicts[:, 0] == REGRESSED).mean()
    # The promise is .95 and the truth about .98: this fails by chance once in 10,000 times.
    assert seen >= 0.95


def test_unchanged_cells_stop_early_at_a_spread_of_two_percent() -> None:
    for margin in (0.03, 0.05):
        found = judged(RNG.normal(0, 0.02, (100, 100, 40)), margin, 40)
        assert found.used.mean() <= 11
        assert (found.verdicts == PASS).mean() > 0.99


def test_a_decided_cell_is_not_judged_again() -> None:
    effects = np.concatenate([np.full(10, 1e-4), np.full(30, 0.5)])[None, None]
    found = judged(effects, 0.05, 40)
    assert (found.verdicts[0, 0], found.used[0, 0]) == (PASS, 10)


def test_an_outlier_does_not_hide_a_regression_and_does_not_make_one() -> None:
    slow = RNG.normal(0.1, 0.01, (1, 1, 12))
    slow[..., 3] = 2.0
    assert judged(slow, 0.05, 12).verdicts[0, 0] == REGRESSED
    same = RNG.normal(0, 0.01, (1, 1, 12))
    same[..., 3] = 2.0
    assert judged(same, 0.05, 12).verdicts[0, 0] in (PASS, INCONCLUSIVE)


@pytest.mark.parametrize("family", [1, 4, 100])
def test_fewest_is_the_least_that_can_reject(family: int) -> None:
    runs = sequential.fewest(family)
    assert 2.0**-runs <= 0.05 / family
    assert runs == 1 or 2.0 ** -(runs - 1) > 0.05 / family
