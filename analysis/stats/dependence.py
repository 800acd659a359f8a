# SPDX-License-Identifier: MIT
"""Whether the runs of a cell depend on each other, and what that takes from what they show.

Everything goes by ranks, so that one odd run does not decide it. The first serial correlation
of ranks is that of Wald and Wolfowitz (Annals of Mathematical Statistics 14, 1943), without the
pair of the last and the first run. For a normal series its relation to the ordinary correlation
is that of Spearman's coefficient to Pearson's.
"""

import math
from dataclasses import dataclass

import numpy as np

from .array import BoolArray, FloatArray, IntArray

FEWEST = 8
"""Runs below which a series says nothing of its serial correlation."""

SURE = 0.02
"""At a smaller p-value a cell's own correlation counts, whatever the other cells show."""

SHOWN = 1.645
"""Standard errors above zero from which on cells together show a correlation (one-sided 5 %)."""

KNOWN = 0.1
"""Standard error of the correlation of all cells below which they would have shown it."""

PRIOR = 0.3
"""Standard deviation of a correlation that nothing is known of: few cells are drawn towards it."""

MOST = 0.93
"""Largest correlation that is reckoned with: beyond, a series is as good as one run."""


@dataclass(frozen=True)
class Dependence:
    """How much the runs of a series, in their order, depend on each other."""

    lag1: float
    """Correlation of one run with the next one; 0 where it cannot be told."""
    p_serial: float
    """One-sided p-value of a correlation above zero."""
    p_trend: float
    """Two-sided p-value of a trend in the order of the runs."""


def dependence(effects: FloatArray) -> Dependence:
    """Test one series.

    Args:
        effects: One number per run in their order, shape (n,), finite.
    """
    rows = ranks(effects[None])
    serial, trend = p_values(rows)
    return Dependence(float(lag1(rows)[0]), float(serial[0]), float(trend[0]))


def ranks(values: FloatArray) -> FloatArray:
    """Mid-ranks along the last axis, from which their mean is taken; shape as given."""
    below = (values[..., :, None] > values[..., None, :]).sum(axis=-1)
    alike = (values[..., :, None] == values[..., None, :]).sum(axis=-1)
    found: FloatArray = below + (alike - values.shape[-1]) / 2
    return found


def lag1(rows: FloatArray) -> FloatArray:
    """First serial correlation from `ranks`, shape (...,); 0 for runs that are alike or too few.

    The mean that is taken from a short series makes its correlation too small, by (1 + 4 rho) / n
    to first order (Marriott and Pope, Biometrika 41, 1954); that is put back.
    """
    runs = rows.shape[-1]
    if runs < FEWEST:
        return np.zeros(rows.shape[:-1])
    raw = 2 * np.sin(np.pi / 6 * _serial(rows))
    return np.where(_varies(rows), np.clip((runs * raw + 1) / (runs - 4), -1, 1), 0.0)


def p_values(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P-values of serial correlation (one-sided) and of trend (two-sided) from `ranks`.

    Both are normal limits with the moments of random order; 1 for runs that are alike or too few.

    Returns:
        Two arrays of shape (...,).
    """
    runs = rows.shape[-1]
    if runs < FEWEST:
        return np.ones(rows.shape[:-1]), np.ones(rows.shape[:-1])
    # Moments over all orders: Wald and Wolfowitz 1943; the variance is that of large samples.
    serial = (_serial(rows) + 1 / runs) * math.sqrt(runs)
    time = np.arange(runs) - (runs - 1) / 2
    spread = np.sqrt((rows**2).sum(axis=-1) * (time**2).sum())
    trend = (rows @ time) / np.where(spread > 0, spread, 1.0) * math.sqrt(runs - 1)
    varies = _varies(rows)
    return (
        np.where(varies, upper_tail(serial), 1.0),
        np.where(varies, 2 * upper_tail(np.abs(trend)), 1.0),
    )


def inflation(
    correlation: FloatArray, sure: BoolArray, runs: IntArray
) -> tuple[FloatArray, BoolArray]:
    """By what factor the standard error of each cell is larger than that of independent runs.

    A short series hardly knows its own correlation. So cells of one matrix are taken together,
    and each counts by itself as far as they clearly differ (random effects: DerSimonian and Laird,
    Controlled Clinical Trials 7, 1986). Where together they would have shown a correlation and
    show none, none is supposed. Where they are too few for that, half of what they say and what
    is usual (`PRIOR`) is mixed, and one standard error is added.

    Args:
        correlation: Of each cell, shape (matrices, cells).
        sure: Whether a cell's own correlation counts alone; same shape.
        runs: Of each cell; same shape.

    Returns:
        Factors of at least 1, and whether there is dependence beyond doubt; same shape.
        sqrt((1 + rho) / (1 - rho)) is the factor of the mean of a first-order autoregressive
        series.
    """
    weight = np.where(runs >= FEWEST, (runs - 4.0) ** 2 / np.maximum(runs, 1), 0.0)
    total = weight.sum(axis=-1, keepdims=True) + 1e-12
    common = (weight * correlation).sum(axis=-1, keepdims=True) / total
    error = 1 / np.sqrt(total)
    between = _between(correlation, weight, common, total)
    own = between / (between + 1 / np.maximum(weight, 1e-12))
    drawn = PRIOR**2 / (PRIOR**2 + error**2)
    middle = drawn * common + own * (correlation - common)
    doubt = np.sqrt(between * (1 - own) + drawn * error**2)
    shown = (common > SHOWN * error) | (between > 0)
    supposed = np.where(shown | (error > KNOWN), middle + doubt, 0.0)
    supposed = np.where(sure, np.maximum(supposed, correlation), supposed)
    rho = np.clip(supposed, 0, MOST)
    return np.sqrt((1 + rho) / (1 - rho)), (shown | sure) & (rho > 0)


def widened(p: FloatArray, factor: FloatArray) -> FloatArray:
    """P-values with their normal quantile divided by a factor, where that makes them larger.

    Args:
        p: Any shape that ends in that of the factors.
        factor: At least 1.
    """
    from scipy.special import ndtr, ndtri  # noqa: PLC0415  a tenth of a second

    factors = np.broadcast_to(factor, p.shape)
    wide = (factors > 1) & (p < 0.5)
    found = p.copy()
    with np.errstate(divide="ignore"):
        found[wide] = ndtr(ndtri(p[wide]) / factors[wide])
    return found


def upper_tail(z: FloatArray) -> FloatArray:
    """P(Z > z) of a standard normal Z."""
    from scipy.special import ndtr  # noqa: PLC0415  a tenth of a second

    found: FloatArray = ndtr(-z)
    return found


def _serial(rows: FloatArray) -> FloatArray:
    """Sum of the products of neighbours over the sum of squares."""
    products = (rows[..., 1:] * rows[..., :-1]).sum(axis=-1)
    squares = (rows**2).sum(axis=-1)
    found: FloatArray = products / np.where(squares > 0, squares, 1.0)
    return found


def _varies(rows: FloatArray) -> BoolArray:
    found: BoolArray = np.any(rows != 0, axis=-1)
    return found


def _between(
    correlation: FloatArray, weight: FloatArray, common: FloatArray, total: FloatArray
) -> FloatArray:
    """Variance of the true correlations over cells, 0 unless they clearly differ."""
    cells = (weight > 0).sum(axis=-1, keepdims=True)
    spread = (weight * (correlation - common) ** 2).sum(axis=-1, keepdims=True)
    freedom = np.maximum(cells - 1, 0)
    room = total - (weight**2).sum(axis=-1, keepdims=True) / total
    clearly = spread > freedom + SHOWN * np.sqrt(2 * freedom)
    return np.where(clearly & (room > 0), (spread - freedom) / np.maximum(room, 1e-12), 0.0)
