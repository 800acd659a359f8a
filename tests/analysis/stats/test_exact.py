# SPDX-License-Identifier: MIT
import math

import numpy as np
import pytest

from analysis.stats import exact
from analysis.stats.interval import hodges_lehmann

RNG = np.random.default_rng(20260102)


def test_the_signed_rank_distribution_is_that_of_all_sign_patterns() -> None:
    ranks = np.arange(1, 9)
    patterns = (np.arange(256)[:, None] >> np.arange(8)) & 1
    sums = np.bincount(patterns @ ranks) / 256
    assert np.allclose(exact.signed_rank_cdf(8), np.cumsum(sums))


def test_the_normal_limit_continues_the_exact_distribution() -> None:
    runs = exact.EXACT_RUNS
    tabulated = exact.signed_rank_cdf(runs)
    limit = exact._normal_cdf(
        tabulated.size - 1, math.sqrt(runs * (runs + 1) * (2 * runs + 1) / 24)
    )
    assert np.abs(tabulated - limit).max() < 5e-4
    assert hodges_lehmann(RNG.normal(size=runs + 100)).level == pytest.approx(0.95, abs=1e-3)
