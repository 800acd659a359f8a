# SPDX-License-Identifier: MIT
"""Runs that depend on each other: what their order shows, and what that is worth in width.

The exact interval supposes that runs are independent. They are not where the machine drifts or
where a run begins in what the one before it has left. So each interval over runs goes through
three steps, in which every number of the series counts by its rank only, but for the interval
itself:

1. *Trend*: Spearman's coefficient of the effects and their order. Where it is significant at 5 %
   (normal limit), Theil and Sen's line is taken out (Sen, JASA 63, 1968), about the middle run.
2. *Lag*: the first serial correlation of the ranks of what is left (Wald and Wolfowitz, Annals
   of Mathematical Statistics 14, 1943; half of 2 minus Bartels's rank von Neumann ratio, JASA 77,
   1982).
3. *Widening*: the factor by which the half-width grows. Its logarithm is linear in the lag. Of the
   mean of a first-order autoregressive series it is artanh(rho) (Bartlett, JRSS B 8, 1946); what
   few runs know of their lag, and what a mean and a line taken out have hidden of it, was added
   by simulation: the tables below are made so that intervals cover 95 % at lags of 0, .3 and .6
   and with a drift as far as so few runs allow it (`python -m tests.coverage simulate`).

Where sampling stopped because the interval was narrow, it may have been so by luck. Then the
largest widening of the last third of the looks counts (`held`).
"""

import math
from dataclasses import dataclass

import numpy as np

from .array import BoolArray, FloatArray

FEWEST = 6
"""Runs below which nothing is said of their order: they have no 95 % interval either."""

TREND_SEEN = 1.96
"""Standard errors of Spearman's coefficient from which on a trend is taken out: 5 %, two-sided."""

KNOTS = (8, 10, 12, 16, 20, 24, 32, 40, 60)
"""Numbers of runs at which the tables stand; linear between, constant beyond."""

BASE = (0.40, 0.38, 0.30, 0.20, 0.11, 0.06, 0.03, 0.02, -0.05)
"""Logarithm of the widening at a lag of 0, where no trend was taken out."""

PER_LAG = (1.15, 1.6, 2.7, 3.7, 3.7, 3.3, 2.7, 2.2, 1.65)
"""By how much it grows with the lag."""

LEVELLED_BASE = (1.3, 1.3, 1.25, 1.05, 0.65, 0.40, 0.25, 0.20, 0.10)
"""The same where a trend was taken out."""

LEVELLED_PER_LAG = (0.7, 1.1, 1.7, 2.7, 3.2, 3.2, 2.9, 2.6, 2.5)

WIDEST = 1.4
"""Largest logarithm of the widening, which is four times as wide: a lag of .8 asks for no more. The
least is 0: no interval is narrower than that of independent runs."""

ALIKE = 1e-9
"""Distance of two effects, as a share of all that they span, below which they are equal."""

LAST_LOOKS = 3
"""Where the interval ended the sampling, this part of the looks counts: the last third."""


@dataclass(frozen=True)
class Series:
    """Series of effects in the order of their runs; arrays of shape (...,) but for `left`."""

    left: FloatArray
    """The effects without the trend, shape (..., n)."""
    trend: FloatArray
    """Spearman's coefficient of the effects and their order."""
    slope: FloatArray
    """What was taken out, per run; 0 where no trend was seen."""
    lag: FloatArray
    """First serial correlation of the ranks of `left`; 0 where all are alike."""
    widening: FloatArray
    """Factor for the half-width of the exact interval of `left`; 1 where all are alike."""


def series(effects: FloatArray, *, level: bool = True) -> Series:
    """What the order of the runs shows.

    Args:
        effects: One number per run in their order, shape (..., n), finite.
        level: Whether a trend that is seen is taken out.
    """
    runs = effects.shape[-1]
    time = np.arange(runs) - (runs - 1) / 2
    rows = ranks(effects)
    trend = _share(rows @ time, rows, math.sqrt(float(time @ time)))
    seen = (np.abs(trend) * math.sqrt(max(0, runs - 1)) > TREND_SEEN) & (runs >= FEWEST) & level
    slope = np.where(seen, _theil_sen(effects), 0.0) if seen.any() else np.zeros(trend.shape)
    left = effects - slope[..., None] * time
    lag = serial(ranks(left))
    return Series(left, trend, slope, lag, _widening(left, lag, seen))


def ranks(values: FloatArray) -> FloatArray:
    """Mid-ranks along the last axis less their mean; shape as given.

    Values that differ by rounding are equal: a line by Theil and Sen goes through two of them.
    """
    apart = values[..., :, None] - values[..., None, :]
    slack = ALIKE * np.ptp(values, axis=-1)[..., None, None]
    found: FloatArray = ((apart > slack).sum(axis=-1) - (apart < -slack).sum(axis=-1)) / 2
    return found


def serial(rows: FloatArray) -> FloatArray:
    """First serial correlation of `ranks`, shape (...,); 0 where all are alike."""
    products = (rows[..., 1:] * rows[..., :-1]).sum(axis=-1)
    squares = (rows**2).sum(axis=-1)
    found: FloatArray = np.where(squares > 0, products / np.where(squares > 0, squares, 1.0), 0.0)
    return found


def held(effects: FloatArray, least_runs: int) -> FloatArray:
    """The largest widening of the last third of the looks, of which there is one at each run.

    Args:
        effects: Shape (..., n).
        least_runs: Runs at the first look.

    Returns:
        Shape (...,).
    """
    runs = effects.shape[-1]
    first = min(runs, max(least_runs, runs - runs // LAST_LOOKS))
    found: FloatArray = np.max(
        [series(effects[..., :count]).widening for count in range(first, runs + 1)], axis=0
    )
    return found


def _widening(left: FloatArray, lag: FloatArray, levelled: BoolArray) -> FloatArray:
    runs = left.shape[-1]
    if runs < FEWEST:
        return np.ones(lag.shape)
    base, per_lag, base_levelled, per_lag_levelled = (
        float(np.interp(runs, KNOTS, table))
        for table in (BASE, PER_LAG, LEVELLED_BASE, LEVELLED_PER_LAG)
    )
    found = np.where(levelled, base_levelled + per_lag_levelled * lag, base + per_lag * lag)
    factor: FloatArray = np.exp(np.clip(found, 0.0, WIDEST))
    return np.where(np.ptp(left, axis=-1) > 0, factor, 1.0)


def _share(product: FloatArray, rows: FloatArray, norm: float) -> FloatArray:
    """A correlation from a product; 0 where the ranks are all alike."""
    spread = np.sqrt((rows**2).sum(axis=-1)) * norm
    found: FloatArray = np.where(spread > 0, product / np.where(spread > 0, spread, 1.0), 0.0)
    return found


def _theil_sen(effects: FloatArray) -> FloatArray:
    """Median of the slopes between all pairs of runs, per run."""
    first, second = np.triu_indices(effects.shape[-1], 1)
    slopes = (effects[..., second] - effects[..., first]) / (second - first)
    found: FloatArray = np.median(slopes, axis=-1)
    return found
