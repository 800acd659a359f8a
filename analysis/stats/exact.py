# SPDX-License-Identifier: MIT
"""Exact distributions of the statistics behind intervals and tests.

Sections are those of Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed.
"""

import math
from functools import lru_cache

import numpy as np

from .array import FloatArray

EXACT_RUNS = 300
"""Most runs for which the exact distribution is tabulated; above, its normal limit is as good."""


@lru_cache(maxsize=256)
def signed_rank_cdf(runs: int) -> FloatArray:
    """P(T <= t) of the signed-rank statistic for t = 0 ... n(n+1)/2.

    Each rank counts with probability 1/2, so the distribution for n runs is that for
    n - 1 mixed with itself shifted by n (section 3.1).
    """
    total = runs * (runs + 1) // 2
    if runs > EXACT_RUNS:
        return _normal_cdf(total, math.sqrt(runs * (runs + 1) * (2 * runs + 1) / 24))
    mass = np.zeros(total + 1)
    mass[0] = 1.0
    for rank in range(1, runs + 1):
        shifted = np.zeros_like(mass)
        shifted[rank:] = mass[:-rank]
        mass = (mass + shifted) / 2
    return np.cumsum(mass)


@lru_cache(maxsize=256)
def rank_sum_cdf(above: int, below: int) -> FloatArray:
    """P(U <= u) of the Mann-Whitney statistic for u = 0 ... above * below.

    The largest of all values belongs to `above` with probability above / (above + below)
    and then stands over every one of `below` (section 4.1).
    """
    total = above * below
    if above + below > EXACT_RUNS // 3:
        return _normal_cdf(total, math.sqrt(total * (above + below + 1) / 12))
    rows = [np.ones(1)] * (below + 1)
    for high in range(1, above + 1):
        row = [np.ones(1)]
        for low in range(1, below + 1):
            mass = np.zeros(high * low + 1)
            mass[low:] += high / (high + low) * rows[low]
            mass[: high * (low - 1) + 1] += low / (high + low) * row[low - 1]
            row.append(mass)
        rows = row
    return np.cumsum(rows[below])


def binomial_cdf(runs: int) -> FloatArray:
    """P(B <= b) of a fair binomial for b = 0 ... runs."""
    mass = np.ones(1)
    for _ in range(runs):
        mass = np.convolve(mass, (0.5, 0.5))
    return np.cumsum(mass)


def _normal_cdf(total: int, deviation: float) -> FloatArray:
    """Normal limit of a symmetric integer statistic on 0 ... total, continuity corrected."""
    reach = np.arange(total + 1)
    scaled = (reach + 0.5 - total / 2) / (deviation * math.sqrt(2))
    return np.array([0.5 * math.erfc(-each) for each in scaled])
