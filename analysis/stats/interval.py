"""Statistics: pure functions on arrays, one number per run.

Values within one run are not independent, so a run counts once: by its median, a
quantile, or the log ratio of its two arms. Intervals are exact and assume no normal
distribution. Nothing here knows of cells, units or files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..read.record import FloatArray

LEVEL = 0.95
"""Confidence level of every interval, unless a caller says otherwise."""

MIN_RUNS = 6
"""Fewest runs with a 95 % interval: the widest covers 1 - 2^(1 - runs), .969 at 6, .938 at 5."""

EXACT_RUNS = 300
"""Most runs for which the exact distribution is tabulated; above, its normal limit is as good."""

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


def run_medians(runs: Sequence[FloatArray]) -> FloatArray:
    """Median of each run; a run without values gives NaN.

    Args:
        runs: One array of values per run.

    Returns:
        Shape (runs,), in the unit of the values.
    """
    return run_quantiles(runs, (0.5,))[:, 0]


def run_quantiles(runs: Sequence[FloatArray], quantiles: Sequence[float]) -> FloatArray:
    """Quantiles of each run, linear between order statistics.

    Args:
        runs: One array of values per run.
        quantiles: Each from 0 to 1.

    Returns:
        Shape (runs, quantiles), in the unit of the values; NaN for a run without values.
    """
    rows = [
        np.quantile(values, quantiles) if values.size else np.full(len(quantiles), math.nan)
        for values in runs
    ]
    return np.array(rows, dtype=np.float64).reshape(len(runs), len(quantiles))


def log_ratio(treatment: FloatArray, control: FloatArray, *, paired: bool) -> float:
    """Log ratio of one run's two arms.

    Args:
        treatment: Values of the mode.
        control: Values of its control.
        paired: Value i of both arms was measured side by side. Then it is the median of
            log(treatment[i] / control[i]), otherwise log(median / median); so it is too
            where the arms differ in length.

    Returns:
        The log ratio; pairs with a value that is not positive are left out, NaN if
        nothing is left.
    """
    if paired and treatment.size == control.size:
        positive = (treatment > 0) & (control > 0)
        if not positive.any():
            return math.nan
        return float(np.median(np.log(treatment[positive] / control[positive])))
    if not treatment.size or not control.size:
        return math.nan
    above, below = float(np.median(treatment)), float(np.median(control))
    return math.log(above / below) if above > 0 and below > 0 else math.nan


def difference(treatment: FloatArray, control: FloatArray, *, paired: bool) -> float:
    """Difference of one run's two arms, for losses of which the control may have none.

    Medians as for ratios, not means: a control that loses nothing by itself has rare large
    values from timers and the hypervisor, and in the mean one of them outweighs a hundred
    slices. What hits fewer than half of the values is not in here.

    Args:
        treatment: Values of the mode.
        control: Values of its control, in the same unit.
        paired: Value i of both arms was measured side by side. Then it is the median of
            treatment[i] - control[i], otherwise median - median; so it is too where the arms
            differ in length.

    Returns:
        The difference in that unit, NaN if an arm is empty.
    """
    if not treatment.size or not control.size:
        return math.nan
    if paired and treatment.size == control.size:
        return float(np.median(treatment - control))
    return float(np.median(treatment) - np.median(control))


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
    return _between(shifts, runs, _rank_sum_cdf(above.size, below.size), level)


def median_over_runs(values: FloatArray, level: float = LEVEL) -> Interval:
    """Median of one number per run, with the interval between order statistics.

    Used for absolute values and for quantiles, which are skewed over runs: it assumes no
    symmetry (same source, section 3.6).

    Args:
        values: One number per run, shape (runs,); NaN is left out.
        level: Confidence level wanted.
    """
    values = np.sort(values[~np.isnan(values)])
    return _between(values, values.size, _binomial_cdf(values.size), level)


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


@lru_cache(maxsize=256)
def signed_rank_cdf(runs: int) -> FloatArray:
    """P(T <= t) of the signed-rank statistic for t = 0 ... n(n+1)/2.

    Each rank counts with probability 1/2, so the distribution for n runs is that for
    n - 1 mixed with itself shifted by n (same source, section 3.1).
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
def _rank_sum_cdf(above: int, below: int) -> FloatArray:
    """P(U <= u) of the Mann-Whitney statistic for u = 0 ... above * below.

    The largest of all values belongs to `above` with probability above / (above + below)
    and then stands over every one of `below` (same source, section 4.1).
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


def _binomial_cdf(runs: int) -> FloatArray:
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
