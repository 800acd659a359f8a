# SPDX-License-Identifier: MIT
"""One run as one number, and what the numbers of a cell's runs come to together."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..read.record import Metric, Run
from ..stats.interval import Interval, RestsOn
from ..stats.one_run import difference, log_ratio

Pairing = Literal["pairs", "medians", "unpaired"]
"""How an effect came about: value by value within runs, by the two medians of each run, or from
runs of different cells (nothing shared but the campaign)."""

Seen = Literal["none", "worse", "better", "moved", "unknown"]
"""Whether a difference was seen. `moved`: the effect went from one side of zero to the other while
it was measured, so that no one number says it; `unknown`: too few runs."""

BY_CHANCE = 0.01
"""P-value below which what the order of the runs shows is no longer called chance."""


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
    """Smallest difference that would be seen; of a ratio a share (0.004 = 0.4 %)."""
    seen: Seen
    """Whether the interval excludes that both are alike, and which way by the metric's `better`."""
    warning: str = ""
    resolution: float | None = None
    """What one step of the timer makes, as `smallest_seen`; None where it is not known."""
    rests_on: RestsOn | None = None
    """What the interval rests on; of a ratio, its slope is that of the logarithm. None below six
    runs, and of an unpaired effect."""
    began: float | None = None
    """Where the runs have a trend beyond chance: the effect at the first run, on the line."""
    ended: float | None = None
    """The same at the last run."""

    @property
    def dependent(self) -> bool:
        """Whether neighbouring runs are more alike than chance makes them."""
        return self.rests_on is not None and self.rests_on.lag_p < BY_CHANCE

    @property
    def drifted(self) -> bool:
        """Whether it moved with time beyond chance."""
        return self.began is not None


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


def effect_over_runs(
    found: Interval,
    metric: Metric,
    against: str,
    pairing: Pairing,
    resolution: float | None = None,
) -> Effect:
    """From an interval over what `effect_of` gives to a plain ratio or a difference.

    Args:
        found: Interval over runs of log ratios, or of differences.
        metric: Says which of the two, and which way is worse.
        against: The control.
        pairing: How the numbers came about.
        resolution: What a step of the timer makes: no claim goes below it.
    """
    ends = _ends(found)
    numbers = [found.estimate, found.low, found.high, *(ends or ())]
    smallest, step = found.smallest_seen, resolution or 0.0
    if metric.effect == "ratio":
        with np.errstate(over="ignore"):
            numbers = np.exp(numbers).tolist()
            smallest = float(np.expm1(smallest))
    estimate, low, high = numbers[:3]
    return Effect(
        against=against,
        pairing=pairing,
        estimate=estimate,
        low=low,
        high=high,
        level=found.level,
        runs=found.runs,
        half_width=found.half_width,
        smallest_seen=max(smallest, step),
        seen=_seen(found, metric, step),
        warning=found.warning,
        resolution=resolution,
        rests_on=found.rests_on,
        began=numbers[3] if ends else None,
        ended=numbers[4] if ends else None,
    )


def _ends(found: Interval) -> tuple[float, float] | None:
    """First and last point of the line through the runs; None where no trend is beyond chance."""
    on = found.rests_on
    if on is None or not on.slope or on.trend_p >= BY_CHANCE:
        return None
    return found.estimate - on.moved / 2, found.estimate + on.moved / 2


def _seen(found: Interval, metric: Metric, step: float) -> Seen:
    """What the interval of a log ratio or a difference says of zero."""
    ends = _ends(found)
    if found.warning:
        return "unknown"
    if ends and ends[0] * ends[1] < 0:
        return "moved"
    if found.low <= 0 <= found.high or abs(found.estimate) <= step:
        return "none"
    return "worse" if (found.estimate > 0) == (metric.better == "lower") else "better"
