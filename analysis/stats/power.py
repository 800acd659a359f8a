# SPDX-License-Identifier: MIT
"""What the gate's rule could have seen, by simulation of the rule itself.

A cell with normal noise of a known spread is drawn `DRAWS` times. For each draw there is a least
true effect with which the rule would have called it `regressed`, as each condition of the rule
is one: the t-th largest Walsh average above zero (which is what the signed-rank test is), the
centre beyond the margin, the trimmed mean beyond its error and beyond what an offset explains. So
the smallest effect seen with a power of .8 is the .8 quantile of these, and no search is needed.
How many runs would decide is found by bisection over numbers of runs.

The spread of a few runs may have come out small by luck. So it is taken at the upper end of its
one-sided interval at `SURE`.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .array import FloatArray
from .exact import signed_rank_cdf
from .offset import offset_p
from .one_sided import trimmed
from .sequential import ALPHA, Looks, planned, shares

POWER = 0.8
"""Share of like campaigns in which the smallest effect is seen, or further runs decide."""

SURE = 0.8
"""Level of the one-sided interval whose upper end the spread is taken at."""

DRAWS = 1000
"""Simulated cells: the power comes out right to .013 (one standard error)."""

EXACT_RUNS = 60
"""Numbers of runs up to which effects are drawn one by one; beyond, those of so many are scaled."""

MOST_RUNS = 10_000
"""Beyond so many runs a cell lies at its margin, and no number is worth naming."""

SEED = 20261201


@dataclass(frozen=True)
class Setting:
    """One cell and what it is judged by."""

    margin: float
    """Smallest effect of interest, in the unit of the effects."""
    spread: float
    """Standard deviation of an effect."""
    freedom: int
    """Degrees of freedom of that."""
    family: int
    factor: float = 1.0
    """By which dependence widens the tests for a change."""
    dependent: bool = False
    """Whether it widens those for a pass, too."""
    weights: FloatArray | None = None
    """What is known of offsets between campaigns (`offset.knowledge`), shape (grid,); None where
    there is nothing to doubt."""
    share: float = 1.0
    """As in `offset.knowledge`."""
    shown: bool = False
    """Whether a pass reckons with offsets, too."""


@dataclass(frozen=True)
class _Drawn:
    """`DRAWS` cells with effects of spread 1 around zero; shape (draws,), or (draws, averages)."""

    walsh: FloatArray
    """Walsh averages, ascending."""
    centre: FloatArray
    middle: FloatArray
    spread: FloatArray
    freedom: int


@dataclass(frozen=True)
class _Bounds:
    """Of each draw at one look: true effects, in spreads, with which it gets which verdict."""

    significant: FloatArray
    """Above it the sequential p-value is small enough at this look."""
    allowed: FloatArray
    """Above it all other conditions of `regressed` hold."""
    inside: FloatArray
    """Above it, and below `outside`, it passes."""
    outside: FloatArray


def smallest_seen(setting: Setting, looks: Looks) -> float:
    """Smallest true effect that would have been called `regressed` with a power of .8.

    Args:
        setting: The cell.
        looks: When it is judged.

    Returns:
        In the unit of the effects; infinite where no effect would have been.
    """
    if not looks.counts or not setting.freedom:
        return math.inf
    spread = _upper(setting)
    least, barred = np.full(DRAWS, math.inf), np.full(DRAWS, -math.inf)
    reached = np.full(DRAWS, math.inf)
    for bounds in _bounds(setting, looks, spread):
        reached = np.minimum(reached, bounds.significant)
        passes = np.where(bounds.inside < bounds.outside, bounds.outside, -math.inf)
        barred = np.maximum(barred, passes)
        least = np.minimum(least, np.maximum(np.maximum(reached, bounds.allowed), barred))
    return spread * float(np.quantile(least, POWER, method="higher"))


def decided(setting: Setting, looks: Looks, effect: float) -> float:
    """In which share of like campaigns a cell with this true effect is decided at all.

    Args:
        setting: The cell.
        looks: When it is judged.
        effect: In the unit of the effects; its sign does not matter.
    """
    spread = _upper(setting)
    truth = abs(effect) / spread
    ended, reached = np.zeros(DRAWS, dtype=bool), np.full(DRAWS, math.inf)
    for bounds in _bounds(setting, looks, spread):
        reached = np.minimum(reached, bounds.significant)
        passes = (bounds.inside < truth) & (truth < bounds.outside)
        ended |= passes | (truth > np.maximum(reached, bounds.allowed))
    return float(ended.mean())


def further_runs(setting: Setting, effect: float, used: int) -> int | None:
    """How many more runs decide a cell with a power of .8, were this its true effect.

    Args:
        setting: The cell.
        effect: In the unit of the effects.
        used: Runs that there are.

    Returns:
        None where no number of runs up to `MOST_RUNS` does.
    """
    if not setting.freedom:
        return None
    ladder = [count for count in _ladder() if count > used]

    def enough(count: int) -> bool:
        looks = shares(planned(count), setting.family)
        return decided(setting, looks, effect) >= POWER

    low, high = 0, len(ladder) - 1
    if high < 0 or not enough(ladder[high]):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(ladder[middle]) else (middle + 1, high)
    return ladder[high] - used


def _upper(setting: Setting) -> float:
    """The spread at the upper end of its interval; a trifle where there is none."""
    from scipy.special import chdtri  # noqa: PLC0415  a tenth of a second

    wide = setting.freedom / float(chdtri(setting.freedom, SURE))
    return max(setting.spread * math.sqrt(wide), 1e-9 * setting.margin)


def _bounds(setting: Setting, looks: Looks, spread: float) -> list[_Bounds]:
    """Of each look in turn."""
    return [
        _bound(setting, spread, each)
        for each in zip(looks.counts, looks.reject, looks.accept, strict=True)
    ]


def _bound(setting: Setting, spread: float, look: tuple[int, float, float]) -> _Bounds:
    """Of one look: its number of runs, and its shares of both errors."""
    from scipy.special import stdtrit  # noqa: PLC0415  a tenth of a second

    runs, reject, accept = look
    drawn = _drawn(min(runs, EXACT_RUNS))
    # What is estimated over more runs than were drawn lies closer to the truth by their root.
    scale = math.sqrt(min(runs, EXACT_RUNS) / runs)
    level, margin = ALPHA / setting.family, setting.margin / spread
    middle, walsh = scale * drawn.middle, drawn.walsh
    freedom = max(drawn.freedom, round(drawn.freedom / scale**2))
    error = setting.factor * drawn.spread / math.sqrt(runs)
    allowed = np.maximum(
        error * float(stdtrit(freedom, 1 - level)) - middle, margin - scale * drawn.centre
    )
    significant = np.full(DRAWS, math.inf)
    place = _critical(runs, _narrowed(level * reject, setting.factor))
    if place is not None and reject:
        far = _far(setting, (runs, freedom), level * reject, passing=False)
        significant = np.maximum(-scale * walsh[:, place], far * drawn.spread - middle)
    inside, outside = np.full(DRAWS, math.inf), np.full(DRAWS, -math.inf)
    factor = setting.factor if setting.dependent else 1.0
    place = _critical(runs, _narrowed(ALPHA * accept, factor))
    if place is not None:
        far = _far(setting, (runs, freedom), ALPHA * accept, passing=True)
        doubt = far * drawn.spread
        inside = np.maximum(-margin - scale * walsh[:, place], doubt - middle - margin)
        outside = np.minimum(
            margin - scale * walsh[:, walsh.shape[1] - 1 - place], margin - middle - doubt
        )
    return _Bounds(significant, allowed, inside, outside)


@lru_cache(maxsize=1)
def _noise() -> FloatArray:
    return np.random.default_rng(SEED).standard_normal((DRAWS, EXACT_RUNS))


@lru_cache(maxsize=EXACT_RUNS)
def _drawn(runs: int) -> _Drawn:
    """The first runs of all draws, so that the looks of one cell see the same ones."""
    effects = _noise()[:, :runs]
    first, second = np.triu_indices(runs)
    walsh = np.sort((effects[:, first] + effects[:, second]).astype(np.float32) / 2, axis=-1)
    found = trimmed(effects)
    centre = np.minimum(np.median(effects, axis=-1), np.median(walsh, axis=-1))
    return _Drawn(walsh, centre, found.middle, found.spread, found.freedom)


@lru_cache(maxsize=4096)
def _critical(runs: int, p: float) -> int | None:
    """Which Walsh average, from the least, must be above zero for so small a p-value."""
    cdf = signed_rank_cdf(min(runs, EXACT_RUNS))
    place = int(np.searchsorted(cdf, p, side="right")) - 1
    return place if place >= 0 else None


def _narrowed(p: float, factor: float) -> float:
    """The p-value that a factor widens to this one."""
    from scipy.special import ndtr, ndtri  # noqa: PLC0415  a tenth of a second

    return float(ndtr(factor * ndtri(p))) if factor > 1 else p


def _far(setting: Setting, runs: tuple[int, int], p: float, *, passing: bool) -> float:
    """How far out, in spreads, an offset alone lies with this probability.

    Args:
        setting: The cell.
        runs: Their number, and the degrees of freedom of their spread.
        p: One-sided.
        passing: Of a pass, which reckons with them only where they are shown.
    """
    if setting.weights is None or (passing and not setting.shown):
        return -math.inf
    return _reach((setting.weights.tobytes(), setting.share), setting.factor, *runs, p)


def _ladder() -> list[int]:
    """Numbers of runs, each a twelfth larger than the one before."""
    steps = {round(1.08**power) for power in range(121)}
    return sorted(count for count in steps if 1 <= count <= MOST_RUNS)


_OUT = np.concatenate([[0.0], np.geomspace(0.01, 1e4, 240)])


@lru_cache(maxsize=4096)
def _reach(known: tuple[bytes, float], factor: float, runs: int, freedom: int, p: float) -> float:
    """How far out, in spreads, an offset alone lies with this probability; infinite if farther."""
    raw, share = known
    weights = np.broadcast_to(np.frombuffer(raw), (_OUT.size, len(raw) // 8))
    variances, degrees = np.full(_OUT.size, factor**2 / runs), np.full(_OUT.size, float(freedom))
    tails = offset_p(_OUT, variances, degrees, weights, share)
    small = np.flatnonzero(tails <= p)
    return float(_OUT[small[0]]) if small.size else math.inf
