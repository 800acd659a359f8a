# SPDX-License-Identifier: MIT
"""What many series say of the variance of each.

Smyth, Statistical Applications in Genetics and Molecular Biology 3, 2004.
"""

import math

import numpy as np
from scipy.special import digamma, polygamma

from .array import FloatArray


def common(scales: FloatArray, freedoms: FloatArray) -> tuple[float, float]:
    """The variance that series have in common, and for how many degrees of freedom it counts.

    By the moments of the logarithms (Smyth 2004, section 6.2).

    Args:
        scales: The variance of each series, shape (series,).
        freedoms: Its degrees of freedom; same shape.

    Returns:
        Both 0 where fewer than two series vary; infinite degrees where all are alike.
    """
    kept = scales > 0
    if kept.sum() < 2:
        return 0.0, 0.0
    half = freedoms[kept] / 2
    logs = np.log(scales[kept]) - digamma(half) + np.log(half)
    beyond = float(logs.var(ddof=1)) - float(polygamma(1, half).mean())
    if beyond <= 0:
        return float(np.exp(logs.mean())), math.inf
    freedom = 2 * _inverse_trigamma(beyond)
    common = logs.mean() + digamma(freedom / 2) - math.log(freedom / 2)
    return float(np.exp(common)), freedom


def _inverse_trigamma(value: float) -> float:
    found = 0.5 + 1 / value
    for _ in range(50):
        now = float(polygamma(1, found))
        found += now * (1 - now / value) / float(polygamma(2, found))
    return found
