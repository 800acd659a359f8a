"""The interval that decides when a cell has been sampled enough.

The unit is the run. Values within a run are not independent, so each run
gives one number, its log ratio, and the interval is that of the
Hodges-Lehmann estimate over runs: exact, free of any assumption on the
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


def interval(log_ratios: Sequence[float]) -> tuple[float, float, float] | None:
    """Return (estimate, low, high) of the location of the log ratios, one per run.

    Returns:
        None with fewer than 6 runs, which allow no 95 % interval.
    """
    runs = len(log_ratios)
    depth = signed_rank_depth(runs)
    if depth == 0:
        return None
    walsh = sorted((log_ratios[i] + log_ratios[j]) / 2 for i in range(runs) for j in range(i, runs))
    return statistics.median(walsh), walsh[depth - 1], walsh[-depth]
