# SPDX-License-Identifier: MIT
"""One run as one number: its median, a quantile, or how its two arms differ."""

import math
from collections.abc import Sequence

import numpy as np

from .array import FloatArray


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
