# SPDX-License-Identifier: MIT
"""Estimates over runs with their intervals, which are exact and assume no normal distribution."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .array import FloatArray
from .exact import binomial_cdf, rank_sum_cdf, signed_rank_cdf
from .one_run import run_quantiles

LEVEL = 0.95
"""Confidence level of every interval, unless a caller says otherwise."""

MIN_RUNS = 6
"""Fewest runs with a 95 % interval: the widest covers 1 - 2^(1 - runs), .969 at 6, .938 at 5."""

POWER_FACTOR = 1 + 0.8416212 / 1.9599640
"""Half-width to smallest difference seen with 80 % power: 1 + z(.80) / z(.975)."""

QUANTILES = (0.5, 0.9, 0.99, 1.0)
"""Quantiles that are reported; 1.0 is the maximum."""


@dataclass(frozen=True)
class Interval:
    """An estimate over runs with its interval, in the unit of what was given.

    `level` is what the interval covers; below six runs that is less than 95 %, `warning`
    says so, and with one run `low` and `high` are NaN. Without runs all three are NaN.
    """

    estimate: float
    low: float
    high: float
    level: float
    runs: int
    warning: str = ""

    @property
    def half_width(self) -> float:
        """Half the width of the interval, NaN where there is none."""
        return (self.high - self.low) / 2

    @property
    def smallest_seen(self) -> float:
        """Smallest difference that would have been seen in four of five such campaigns.

        The half-width alone would be missed every other time: an estimate that falls
        short of the truth by any amount no longer excludes zero. With z for the standard
        normal quantile, the half-width is z(.975) standard errors, and a true difference
        of z(.975) + z(.80) of them is seen with 80 % power, so the factor is 1.43. A zero
        width (all runs alike) gives 0, below six runs the interval is too narrow: NaN.
        """
        return math.nan if self.warning else self.half_width * POWER_FACTOR


def hodges_lehmann(values: FloatArray, level: float = LEVEL) -> Interval:
    """Median of the pairwise means, with its exact Wilcoxon signed-rank interval.

    Args:
        values: One number per run, shape (runs,); NaN is left out.
        level: Confidence level wanted.

    Returns:
        Estimate and interval in the unit of `values`. The interval goes from the k-th
        smallest to the k-th largest of the n(n+1)/2 Walsh averages (Hollander, Wolfe and
        Chicken, Nonparametric Statistical Methods, 3rd ed., sections 3.2 and 3.3).
    """
    values = values[~np.isnan(values)]
    first, second = np.triu_indices(values.size)
    walsh = np.sort((values[first] + values[second]) / 2)
    return _between(walsh, values.size, signed_rank_cdf(values.size), level)


def unpaired_shift(above: FloatArray, below: FloatArray, level: float = LEVEL) -> Interval:
    """Median of all differences above - below, with its exact rank-sum interval.

    Args:
        above: One number per run, shape (m,); NaN is left out.
        below: One number per run of other runs, shape (n,).
        level: Confidence level wanted.

    Returns:
        Estimate and interval in their unit; `runs` is the smaller count (same source,
        sections 4.2 and 4.3).
    """
    above, below = above[~np.isnan(above)], below[~np.isnan(below)]
    shifts = np.sort((above[:, None] - below[None, :]).ravel())
    runs = min(above.size, below.size)
    return _between(shifts, runs, rank_sum_cdf(above.size, below.size), level)


def median_over_runs(values: FloatArray, level: float = LEVEL) -> Interval:
    """Median of one number per run, with the interval between order statistics.

    Used for absolute values and for quantiles, which are skewed over runs: it assumes no
    symmetry (same source, section 3.6).

    Args:
        values: One number per run, shape (runs,); NaN is left out.
        level: Confidence level wanted.
    """
    values = np.sort(values[~np.isnan(values)])
    return _between(values, values.size, binomial_cdf(values.size), level)


def quantiles_over_runs(
    runs: Sequence[FloatArray], quantiles: Sequence[float] = QUANTILES
) -> tuple[Interval, ...]:
    """Each quantile within the run, then its median and interval over runs.

    Args:
        runs: One array of values per run.
        quantiles: Each from 0 to 1.

    Returns:
        One interval per quantile, in the unit of the values.
    """
    table = run_quantiles(runs, quantiles)
    return tuple(median_over_runs(table[:, column]) for column in range(len(quantiles)))


def _between(ordered: FloatArray, runs: int, cdf: FloatArray, level: float) -> Interval:
    """Median of `ordered` and the interval between its k-th values from both ends.

    `cdf` is that of the statistic which counts the values below the truth; k is the
    largest for which both tails P(T <= k - 1) together stay within 1 - level.
    """
    if not ordered.size:
        return Interval(math.nan, math.nan, math.nan, 0.0, 0, "no run with a value")
    estimate = float(np.median(ordered))
    k = max(1, int(np.searchsorted(cdf, (1 - level) / 2, side="right")))
    covered = 1 - 2 * float(cdf[k - 1])
    if covered <= 0:
        return Interval(estimate, math.nan, math.nan, 0.0, runs, "1 run: no interval")
    warning = ""
    if covered < level:
        warning = f"{runs} runs: the interval covers {100 * covered:.1f} %, not {100 * level:.0f} %"
    return Interval(estimate, float(ordered[k - 1]), float(ordered[-k]), covered, runs, warning)
