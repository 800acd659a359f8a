# SPDX-License-Identifier: MIT
"""The interval that decides when a cell has been sampled enough.

The unit is the run. Values within a run are not independent, so each run
gives one number, its log ratio or its difference, and the interval is that of
the Hodges-Lehmann estimate over runs: exact, free of any assumption on the
distribution but symmetry. Plain Python, because n is at most a hundred and
importing numpy would cost more than all the intervals of a campaign.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from functools import cache

CONFIDENCE = 0.95


def log_ratio(values: Mapping[str, Sequence[float]], *, paired: bool) -> float | None:
    """Return one run's log(treatment / control), or the log of its value if there is no control.

    Args:
        values: Arm -> values of the run in the metric's unit.
        paired: Value i of both arms were measured next to each other: the median of the
            ratios is taken, otherwise the ratio of the medians.

    Returns:
        None where no logarithm exists: an empty arm, or a value that is zero or less.
    """
    treatment, control = values.get("treatment", ()), values.get("control")
    try:
        if control is None:
            return math.log(statistics.median(treatment))
        if paired and len(treatment) == len(control):
            pairs = zip(treatment, control, strict=True)
            return statistics.median([math.log(t / c) for t, c in pairs])
        return math.log(statistics.median(treatment) / statistics.median(control))
    except (ValueError, ZeroDivisionError):  # StatisticsError is a ValueError
        return None


def difference(values: Mapping[str, Sequence[float]], *, paired: bool) -> float | None:
    """Return one run's treatment - control, or its own value if there is no control.

    Medians as for ratios, not means. The control of a loss is mostly zeros with rare large
    values: timers and the hypervisor take time from any mode, the more the longer a slice
    lasts. In the mean, one such pause outweighs a hundred slices (A/A runs then differed
    eight times as much), and a mode that is slow itself seems to have caused it. What hits
    fewer than half of the slices is not in the median: the metric's notes count all of it.

    Args:
        values: Arm -> values of the run in the metric's unit.
        paired: Value i of both arms were measured next to each other: the median of the
            differences is taken, otherwise the difference of the medians.

    Returns:
        None for an empty arm.
    """
    treatment, control = values.get("treatment", ()), values.get("control", (0.0,))
    if not treatment or not control:
        return None
    if paired and len(treatment) == len(control):
        pairs = zip(treatment, control, strict=True)
        return statistics.median([t - c for t, c in pairs])
    return statistics.median(treatment) - statistics.median(control)


@cache
def signed_rank_depth(runs: int) -> int:
    """Return how many of the ordered Walsh averages lie outside on each side, at 95 %.

    Source: Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3rd ed., section 3.4.
    The null distribution of the signed-rank sum is the product of (1 + x^i); its
    coefficients are kept side by side in one big integer.

    Returns:
        k >= 1 such that [k-th smallest, k-th largest] is the interval; 0 with too few runs.
    """
    width = runs + 1
    counts = 1
    for rank in range(1, runs + 1):
        counts += counts << (rank * width)
    mask = (1 << width) - 1
    allowed = (1 - CONFIDENCE) / 2 * 2**runs
    depth, tail = 0, 0
    while True:
        tail += (counts >> (depth * width)) & mask
        if tail > allowed:
            return depth
        depth += 1


def interval(effects: Sequence[float]) -> tuple[float, float, float] | None:
    """Return (estimate, low, high) of the location of independent effects, one per run.

    Returns:
        None with fewer than 6 runs, which allow no 95 % interval.
    """
    runs = len(effects)
    depth = signed_rank_depth(runs)
    if depth == 0:
        return None
    walsh = sorted((effects[i] + effects[j]) / 2 for i in range(runs) for j in range(i, runs))
    return statistics.median(walsh), walsh[depth - 1], walsh[-depth]
