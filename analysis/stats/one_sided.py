# SPDX-License-Identifier: MIT
"""One-sided tests and estimates of a location, over many rows of effects at once.

Sections are those of Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed.
"""

import math
from dataclasses import dataclass

import numpy as np

from .array import BoolArray, FloatArray
from .exact import signed_rank_cdf

TRIMMED = 0.1
"""Share of the effects that a trimmed mean leaves out at each end."""


@dataclass(frozen=True)
class Trimmed:
    """Trimmed means of rows and how sure they are; arrays of shape (...,).

    `spread` is the standard error times the root of the number of effects: for normal effects
    it estimates their standard deviation, and one odd effect does not move it far.
    """

    middle: FloatArray
    spread: FloatArray
    freedom: int
    """Degrees of freedom; 0 where there is no spread to speak of."""


def signed_rank_p(effects: FloatArray) -> FloatArray:
    """Exact one-sided signed-rank p-values against a location of zero or less (section 3.1).

    Args:
        effects: Shape (..., n), finite. Among equal magnitudes the positive effects get the
            lower ranks and a zero counts as not positive: no p-value is too small by ties.

    Returns:
        Shape (...,).
    """
    runs = effects.shape[-1]
    if not runs:
        return np.ones(effects.shape[:-1])
    order = np.lexsort((effects <= 0, np.abs(effects)), axis=-1)
    above = np.take_along_axis(effects > 0, order, axis=-1)
    sums = above @ np.arange(1, runs + 1)
    found: FloatArray = signed_rank_cdf(runs)[runs * (runs + 1) // 2 - sums]
    return found


def estimates(effects: FloatArray) -> FloatArray:
    """Hodges-Lehmann estimates, shape (...,) of effects of shape (..., n) (section 3.2)."""
    first, second = np.triu_indices(effects.shape[-1])
    walsh = (effects[..., first] + effects[..., second]) / 2
    found: FloatArray = np.median(walsh, axis=-1)
    return found


def trimmed(effects: FloatArray) -> Trimmed:
    """Trimmed means with the Winsorised standard error (Tukey and McLaughlin, Sankhya A 25, 1963).

    Args:
        effects: Shape (..., n).
    """
    runs = effects.shape[-1]
    cut = math.floor(TRIMMED * runs)
    ordered = np.sort(effects, axis=-1)
    kept = ordered[..., cut : runs - cut]
    if kept.shape[-1] < 2:
        middle = kept.mean(axis=-1)
        return Trimmed(middle, np.zeros_like(middle), 0)
    winsorised = np.clip(ordered, kept[..., :1], kept[..., -1:])
    spread = winsorised.std(axis=-1, ddof=1) / (1 - 2 * cut / runs)
    return Trimmed(kept.mean(axis=-1), spread, kept.shape[-1] - 1)


def agrees(effects: FloatArray, levels: FloatArray, factors: FloatArray) -> BoolArray:
    """Whether one-sided trimmed t tests find locations above zero.

    Args:
        effects: Shape (rows, n).
        levels: One-sided, one per row.
        factors: By which dependence of the effects widens each standard error.

    Returns:
        Shape (rows,).
    """
    from scipy.special import stdtrit  # noqa: PLC0415  a tenth of a second: only when it matters

    found = trimmed(effects)
    if not found.freedom:
        return np.ones(len(effects), dtype=bool)
    errors = factors * found.spread / math.sqrt(effects.shape[-1])
    enough: BoolArray = found.middle > errors * stdtrit(found.freedom, 1 - levels)
    return enough


def centres(effects: FloatArray) -> FloatArray:
    """The smaller of median and Hodges-Lehmann estimate of each row; shape (rows,)."""
    found: FloatArray = np.minimum(np.median(effects, axis=-1), estimates(effects))
    return found
