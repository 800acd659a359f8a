# SPDX-License-Identifier: MIT
"""By what an interval is wider, since runs may depend on each other.

The rule is that of `docs/method/index.md`, and `analysis.stats.widening` says where it comes from;
it stands here again because neither half imports the other, and a test holds both together:

1. A trend that is significant at 5 % (Spearman's coefficient) is taken out by Theil and Sen's line.
2. The lag is the first serial correlation of the ranks of what is left.
3. The logarithm of the widening is linear in the lag, by tables over the number of runs.
"""

import math
import statistics
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from .interval import interval

_FEWEST = 6
_TREND_SEEN = 1.96
_WIDEST = 1.4
_ALIKE = 1e-9
_LAST_LOOKS = 3

_KNOTS = (8, 10, 12, 16, 20, 24, 32, 40, 60)
_BASE = (0.40, 0.38, 0.30, 0.20, 0.11, 0.06, 0.03, 0.02, -0.05)
_PER_LAG = (1.15, 1.6, 2.7, 3.7, 3.7, 3.3, 2.7, 2.2, 1.65)
_LEVELLED_BASE = (1.3, 1.3, 1.25, 1.05, 0.65, 0.40, 0.25, 0.20, 0.10)
_LEVELLED_PER_LAG = (0.7, 1.1, 1.7, 2.7, 3.2, 3.2, 2.9, 2.6, 2.5)


class Width(msgspec.Struct, frozen=True):
    """The location of effects, how well it is known, and what the order of the runs shows."""

    runs: int
    estimate: float
    plain: float
    """Half-width for independent runs, without the trend."""
    lag: float
    trend: float
    widening: float

    def half_width(self, widening: float | None = None) -> float:
        """Return the half-width, by the widening of these runs or by another one."""
        return self.plain * (self.widening if widening is None else widening)


def width(effects: Sequence[float]) -> Width | None:
    """Return what is known of the location of the effects, in the order of their runs.

    Returns:
        None with fewer than 6 runs.
    """
    if len(effects) < _FEWEST:
        return None
    trend = _trend(effects)
    levelled = abs(trend) * math.sqrt(len(effects) - 1) > _TREND_SEEN
    left = _level(effects) if levelled else list(effects)
    found = interval(left)
    if found is None:
        return None
    estimate, low, high = found
    lag = _lag(_ranks(left))
    widening = _widening(left, lag, levelled=levelled)
    return Width(len(effects), estimate, (high - low) / 2, lag, trend, widening)


def last_looks(runs: int, least_runs: int) -> int:
    """Return the first look that counts: one of the last third, where each run is a look."""
    return min(runs, max(least_runs, runs - runs // _LAST_LOOKS))


def _ranks(values: Sequence[float]) -> list[float]:
    """Mid-ranks less their mean; values that differ by rounding are equal."""
    slack = _ALIKE * (max(values) - min(values))
    return [
        sum((value - other > slack) - (other - value > slack) for other in values) / 2
        for value in values
    ]


def _trend(values: Sequence[float]) -> float:
    """Spearman's coefficient of the values and their order."""
    rows, middle = _ranks(values), (len(values) - 1) / 2
    time = [place - middle for place in range(len(values))]
    norm = math.sqrt(sum(row * row for row in rows) * sum(t * t for t in time))
    return sum(row * t for row, t in zip(rows, time, strict=True)) / norm if norm else 0.0


def _level(values: Sequence[float]) -> list[float]:
    """Take out the line whose slope is the median of those between all pairs."""
    count = len(values)
    slope = statistics.median(
        (values[j] - values[i]) / (j - i) for i in range(count) for j in range(i + 1, count)
    )
    middle = (count - 1) / 2
    return [value - slope * (place - middle) for place, value in enumerate(values)]


def _lag(rows: Sequence[float]) -> float:
    squares = sum(row * row for row in rows)
    return sum(a * b for a, b in pairwise(rows)) / squares if squares else 0.0


def _widening(left: Sequence[float], lag: float, *, levelled: bool) -> float:
    base, per_lag = (_LEVELLED_BASE, _LEVELLED_PER_LAG) if levelled else (_BASE, _PER_LAG)
    if max(left) == min(left):
        return 1.0
    found = _between(len(left), base) + _between(len(left), per_lag) * lag
    return math.exp(min(_WIDEST, max(0.0, found)))


def _between(runs: int, table: Sequence[float]) -> float:
    """Read a table at a number of runs: linear between its knots, constant beyond."""
    after = bisect_right(_KNOTS, runs)
    if after in {0, len(_KNOTS)}:
        return table[max(0, after - 1)]
    left, right = _KNOTS[after - 1 : after + 1]
    share = (runs - left) / (right - left)
    return table[after - 1] + share * (table[after] - table[after - 1])
