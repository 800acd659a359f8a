# SPDX-License-Identifier: MIT
"""Estimates over runs with their intervals, which assume no normal distribution.

`hodges_lehmann` is exact for independent runs. `over_runs` is what rows show: the same, widened by
what the order of the runs shows of their dependence.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .array import FloatArray
from .exact import binomial_cdf, rank_sum_cdf, signed_rank_cdf
from .one_run import run_quantiles
from .order_test import serial_p, trend_p
from .widening import FEWEST, held, series

LEVEL = 0.95
"""Confidence level of every interval, unless a caller says otherwise."""

MIN_RUNS = 6
"""Fewest runs with a 95 % interval: the widest covers 1 - 2^(1 - runs), .969 at 6, .938 at 5."""

SEEN_AT = (6, 8, 10, 12, 16, 20, 24, 32, 40, 60)
"""Numbers of runs at which `SEEN` stands; linear between, constant beyond."""

SEEN = (3.9, 3.2, 3.05, 3.1, 3.05, 2.85, 2.6, 2.25, 2.05, 1.8)
"""Half-width to the smallest difference that four of five campaigns see.

Were the noise known it would be 1 + z(.80) / z(.975) = 1.43. But the half-width itself is what it
was by luck, and so will the next campaign's be. These are such that four of five see it also where
the half-width came out in the narrowest tenth, if runs are independent, by simulation
(`python -m tests.coverage simulate --table claims`).
"""

QUANTILES = (0.5, 0.9, 0.99, 1.0)
"""Quantiles that are reported; 1.0 is the maximum."""


@dataclass(frozen=True)
class RestsOn:
    """What an interval over runs rests on: how many there are, and what their order shows."""

    runs: int
    lag: float
    """How alike neighbours are: first serial correlation of ranks, without the trend."""
    lag_p: float
    """P-value of so large a lag among independent runs."""
    trend: float
    """Rank correlation of the runs with their order."""
    trend_p: float
    """Two-sided p-value of such a trend among independent runs."""
    slope: float
    """The trend that was taken out, per run, in the unit of the interval; 0 where none was."""
    widened: float
    """Half-width over that of independent runs, both without the trend."""
    effective_runs: float
    """Independent runs that would say as much: from 1 to `runs`."""

    @property
    def moved(self) -> float:
        """By how much the line that was taken out moved from the first run to the last."""
        return self.slope * (self.runs - 1)


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
    rests_on: RestsOn | None = None

    @property
    def half_width(self) -> float:
        """Half the width of the interval, NaN where there is none."""
        return (self.high - self.low) / 2

    @property
    def smallest_seen(self) -> float:
        """Smallest difference that would be seen in four of five such campaigns.

        See `SEEN`. A zero width (all runs alike) gives 0, below six runs the interval is too
        narrow: NaN.
        """
        factor = math.nan if self.warning else float(np.interp(self.runs, SEEN_AT, SEEN))
        return factor * self.half_width


def over_runs(values: FloatArray, least_runs: int | None = None) -> Interval:
    """Median of the pairwise means, with its signed-rank interval, for runs that may depend.

    Args:
        values: One number per run in their order, shape (runs,); NaN is left out.
        least_runs: Where sampling stopped since this very interval was narrow: the runs at the
            first look, else None.

    Returns:
        Estimate and interval in the unit of `values`, as `widening` says; those of independent
        runs where there are fewer than six, or one that is infinite.
    """
    values = values[~np.isnan(values)]
    if not _ordered(values):
        return hodges_lehmann(values)
    found = series(values)
    plain = hodges_lehmann(found.left)
    wider = float(found.widening if least_runs is None else held(values, least_runs))
    rests_on = RestsOn(
        runs=values.size,
        lag=float(found.lag),
        lag_p=serial_p(found.left),
        trend=float(found.trend),
        trend_p=trend_p(values),
        slope=float(found.slope),
        widened=wider,
        effective_runs=max(1.0, values.size / wider**2),
    )
    return scaled(replace(plain, rests_on=rests_on), wider)


def scaled(found: Interval, factor: float) -> Interval:
    """The interval so many times as wide, about its estimate."""
    middle = found.estimate
    low, high = (middle + factor * (bound - middle) for bound in (found.low, found.high))
    return replace(found, low=low, high=high)


def hodges_lehmann(values: FloatArray, level: float = LEVEL) -> Interval:
    """Median of the pairwise means, with its exact Wilcoxon interval of independent runs.

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


def unpaired_shift(above: FloatArray, below: FloatArray) -> Interval:
    """As `rank_sum`, for runs that may depend.

    Args:
        above: One number per run in their order, shape (m,); NaN is left out.
        below: One number per run of other runs, shape (n,).

    Returns:
        Widened as the variances of both sides together are, each by its own runs; a trend is
        left in.
    """
    above, below = above[~np.isnan(above)], below[~np.isnan(below)]
    found = rank_sum(above, below)
    if found.warning or not (_ordered(above) and _ordered(below)):
        return found
    sides = [(float(side.var()) / side.size, _wider(side)) for side in (above, below)]
    whole = sum(variance for variance, _ in sides)
    grown = sum(variance * wider**2 for variance, wider in sides)
    return scaled(found, math.sqrt(grown / whole) if whole else 1.0)


def rank_sum(above: FloatArray, below: FloatArray, level: float = LEVEL) -> Interval:
    """Median of all differences above - below, with its exact rank-sum interval.

    Args:
        above: One number per run, shape (m,), no NaN.
        below: One number per run of other runs, shape (n,).
        level: Confidence level wanted.

    Returns:
        Estimate and interval in their unit; `runs` is the smaller count (same source,
        sections 4.2 and 4.3).
    """
    shifts = np.sort((above[:, None] - below[None, :]).ravel())
    runs = min(above.size, below.size)
    return _between(shifts, runs, rank_sum_cdf(above.size, below.size), level)


def median_over_runs(values: FloatArray, level: float = LEVEL) -> Interval:
    """Median of one number per run, with the interval between order statistics, widened.

    Used for absolute values and for quantiles, which are skewed over runs: it assumes no
    symmetry (same source, section 3.6). It is widened by going outwards in the order, at most
    to the least and the largest run.

    Args:
        values: One number per run in their order, shape (runs,); NaN is left out.
        level: Confidence level wanted.
    """
    values = values[~np.isnan(values)]
    return _between(np.sort(values), values.size, binomial_cdf(values.size), level, _wider(values))


def _wider(values: FloatArray) -> float:
    """Widening of runs of which no trend is taken out."""
    return float(series(values, level=False).widening) if _ordered(values) else 1.0


def _ordered(values: FloatArray) -> bool:
    """Whether the order of these runs says anything."""
    return values.size >= FEWEST and bool(np.isfinite(values).all())


def quantiles_over_runs(
    runs: Sequence[FloatArray], quantiles: Sequence[float] = QUANTILES
) -> tuple[Interval, ...]:
    """Each quantile within the run, then its median and interval over runs.

    Args:
        runs: One array of values per run, in their order.
        quantiles: Each from 0 to 1.

    Returns:
        One interval per quantile, in the unit of the values.
    """
    table = run_quantiles(runs, quantiles)
    return tuple(median_over_runs(table[:, column]) for column in range(len(quantiles)))


def _between(
    ordered: FloatArray, runs: int, cdf: FloatArray, level: float, wider: float = 1.0
) -> Interval:
    """Median of `ordered` and the interval between its k-th values from both ends.

    `cdf` is that of the statistic which counts the values below the truth; k is the
    largest for which both tails P(T <= k - 1) together stay within 1 - level. Both bounds
    are then moved outwards, `wider` times as far from the middle of the order.
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
    middle = (ordered.size + 1) / 2
    k = max(1, math.floor(middle - wider * (middle - k)))
    return Interval(estimate, float(ordered[k - 1]), float(ordered[-k]), covered, runs, warning)
