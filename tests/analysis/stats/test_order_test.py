# SPDX-License-Identifier: MIT
"""Permutation tests of order: exact for few runs, calibrated for more."""

import itertools

import numpy as np
import pytest
from scipy import stats as scipy_stats

from analysis.stats.order_test import correlation_p, serial_p, trend_p

RNG = np.random.default_rng(20261203)


def lag(values: np.ndarray) -> float:
    rows = scipy_stats.rankdata(values) - (values.size + 1) / 2
    return float((rows[1:] * rows[:-1]).sum())


@pytest.mark.parametrize("values", [[1, 2, 3, 5, 4, 6], [2, 1, 2, 2, 9, 9, 3], [6, 1, 5, 2, 4, 3]])
def test_few_runs_are_held_against_every_order_of_theirs(values: list[int]) -> None:
    effects = np.array(values, dtype=np.float64)
    orders = [np.array(each) for each in itertools.permutations(effects)]
    as_large = np.mean([lag(each) >= lag(effects) - 1e-9 for each in orders])
    assert serial_p(effects) == pytest.approx(as_large)
    time = np.arange(effects.size)
    size = [abs(scipy_stats.spearmanr(each, time).statistic) for each in orders]
    seen = abs(scipy_stats.spearmanr(effects, time).statistic)
    assert trend_p(effects) == pytest.approx(np.mean(np.array(size) >= seen - 1e-9))


@pytest.mark.parametrize("runs", [8, 12, 30])
def test_independent_runs_are_seldom_called_dependent(runs: int) -> None:
    draws = RNG.normal(size=(1500, runs))
    for test in (serial_p, trend_p):
        p = np.array([test(row) for row in draws])
        for level in (0.05, 0.2):
            # By chance beyond four standard errors: once in 30,000 times.
            allowed = 4 * np.sqrt(level * (1 - level) / 1500)
            assert abs(np.mean(p <= level) - level) <= allowed


def test_runs_that_wander_or_drift_are_found() -> None:
    steps = np.cumsum(RNG.normal(size=30))
    assert serial_p(steps) < 0.001
    drift = np.arange(12) + RNG.normal(size=12)
    assert trend_p(drift) < 0.01


def test_runs_all_alike_show_nothing() -> None:
    assert serial_p(np.ones(8)) == trend_p(np.ones(12)) == 1
    assert correlation_p(np.ones(12), np.arange(12.0)) == 1


def test_a_relation_is_found_and_chance_is_not() -> None:
    others = RNG.normal(size=20)
    assert correlation_p(3 * others + 0.1 * RNG.normal(size=20), others) < 0.001
    p = [correlation_p(row, others) for row in RNG.normal(size=(300, 20))]
    assert 0.02 <= np.mean(np.array(p) <= 0.1) <= 0.2
