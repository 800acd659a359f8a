# SPDX-License-Identifier: MIT
"""One run as one number, and what the numbers of a cell's runs come to together."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..read.record import Metric, Run
from ..stats.interval import Interval
from ..stats.one_run import difference, log_ratio

Pairing = Literal["pairs", "medians", "unpaired"]
"""How an effect came about: value by value within runs, by the two medians of each run, or from
runs of different cells (nothing shared but the campaign)."""

Seen = Literal["none", "worse", "better", "unknown"]


@dataclass(frozen=True)
class Effect:
    """How a mode compares with its control.

    A plain ratio, mode over control, 1 = alike; or where the metric's effect is one, a
    difference, mode minus control in the metric's unit, 0 = alike.
    """

    against: str
    pairing: Pairing
    estimate: float
    low: float
    high: float
    level: float
    runs: int
    half_width: float
    """Half-width of the interval; of a ratio, that of its logarithm's interval."""
    smallest_seen: float
    """Smallest difference that would have been seen; of a ratio a share (0.004 = 0.4 %)."""
    seen: Seen
    """Whether the interval excludes that both are alike, and which way by the metric's `better`."""
    warning: str = ""


def good(runs: Iterable[Run]) -> list[Run]:
    """The runs that count: those that ended ok."""
    return [run for run in runs if run.status == "ok"]


def effect_of(run: Run, metric: Metric) -> float:
    """How the two arms of one run compare.

    Returns:
        Their log ratio, or their difference in the metric's unit where its effect is one;
        NaN where there is none.
    """
    measure = difference if metric.effect == "difference" else log_ratio
    return measure(run.values.treatment, run.values.control, paired=metric.paired)


def effect_over_runs(found: Interval, metric: Metric, against: str, pairing: Pairing) -> Effect:
    """From an interval over what `effect_of` gives to a plain ratio or a difference.

    Args:
        found: Interval over runs of log ratios, or of differences.
        metric: Says which of the two, and which way is worse.
        against: The control.
        pairing: How the numbers came about.
    """
    estimate, low, high = found.estimate, found.low, found.high
    smallest = found.smallest_seen
    if metric.effect == "ratio":
        with np.errstate(over="ignore"):
            estimate, low, high = np.exp([estimate, low, high]).tolist()
            smallest = float(np.expm1(smallest))
    return Effect(
        against=against,
        pairing=pairing,
        estimate=estimate,
        low=low,
        high=high,
        level=found.level,
        runs=found.runs,
        half_width=found.half_width,
        smallest_seen=smallest,
        seen=_seen(found, metric.better),
        warning=found.warning,
    )


def _seen(found: Interval, better: str) -> Seen:
    """What the interval of a log ratio or a difference says of zero."""
    if found.warning:
        return "unknown"
    if found.low <= 0 <= found.high:
        return "none"
    return "worse" if (found.estimate > 0) == (better == "lower") else "better"
