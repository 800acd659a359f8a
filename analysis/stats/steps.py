# SPDX-License-Identifier: MIT
"""Where series over many campaigns moved: steps, and episodes and spikes told apart from them.

A *spike* is one point that stands out, or a few. An *episode* is a stretch that ends where it
began. A *step* is a change that stays. The search:

- The series is cut where that costs least: each point costs its squared distance from the level of
  its stretch, but never more than a point that stands out, and each cut has a price (Fearnhead and
  Rigaill, JASA 114, 2019). So no odd point makes a cut. Points are weighted by how sure they are.
- A cut stays if its t statistic is significant as the largest over all places where it could have
  been (Lausen and Schumacher, Biometrics 48, 1992), over all series together (Bonferroni).
- The variance of a series is moderated by those of all others (Smyth, Statistical Applications in
  Genetics and Molecular Biology 3, 2004): where series are alike, each is known as well as all. A
  stretch that is clearly noisier has its own (Welch, Biometrika 34, 1947).
- Where points depend on the points before them, the t statistic is smaller by what that is worth
  (`dependence.inflation`).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import chdtri, ndtr, ndtri, stdtr

from .array import BoolArray, FloatArray
from .common_variance import common
from .dependence import SURE, inflation, lag1, p_values, ranks

ALPHA = 0.05
"""Probability of any step or episode in any of the series if none moved."""

PROPOSED = 0.05
"""The same of one cut in one series: what is proposed, to be tested."""

FEWEST = 6
"""Points below which there is no before and after."""

SHORTEST = 4
"""Points of a stretch, or half of all where those are fewer than eight; fewer are a spike."""

LONGEST_EPISODE = 10
"""Points of a stretch that can be an episode; what lasts longer is two steps."""

OUTSIDE = 2.5
"""Standard deviations from its level at which a point stands out, and counts for no more."""

FEW = 15.0
"""A spread of so many points is doubled before anything is held against it."""

SPIKE = 7.0
"""Standard deviations from which on such a point is told as a spike."""

NOISIER = 0.01
"""At a smaller p-value a stretch has a variance of its own."""

RETURNED = 2.0
"""Standard errors within which a series is back where it was before an episode."""


@dataclass(frozen=True)
class Cut:
    """Where a series changed: the first point behind it, the levels on both sides, a p-value."""

    index: int
    before: float
    after: float
    p: float


@dataclass(frozen=True)
class Stretch:
    """Points from `begin` to before `end` at another level than those around them."""

    begin: int
    end: int
    level: float
    around: float
    p: float = 1.0
    """Of an episode; of a spike nothing is tested."""


@dataclass(frozen=True)
class Found:
    """What became of one series."""

    steps: tuple[Cut, ...] = ()
    episodes: tuple[Stretch, ...] = ()
    spikes: tuple[Stretch, ...] = ()


@dataclass
class _Series:
    values: FloatArray
    variances: FloatArray
    """Of the points, up to the factor `scale`."""
    scale: float
    cuts: list[int]
    freedom: float = math.inf
    """Degrees of freedom of `scale`."""
    factor: float = 1.0
    """By which dependence widens standard errors."""

    @property
    def stretches(self) -> list[tuple[int, int]]:
        bounds = [0, *self.cuts, self.values.size]
        return list(itertools.pairwise(bounds))

    def level(self, stretch: tuple[int, int]) -> tuple[float, float]:
        """Weighted mean of a stretch, and its variance up to the scale."""
        weights = 1 / self.variances[slice(*stretch)]
        total = float(weights.sum())
        return float((weights * self.values[slice(*stretch)]).sum()) / total, 1 / total

    def residuals(self) -> FloatArray:
        """What is left of each point, in standard deviations up to the scale."""
        levels = [
            np.full(end - begin, self.level((begin, end))[0]) for begin, end in self.stretches
        ]
        found: FloatArray = (self.values - np.concatenate(levels)) / np.sqrt(self.variances)
        return found

    def spread(self, stretch: tuple[int, int]) -> tuple[float, float]:
        """Variance of a stretch up to that of its points, and its degrees of freedom."""
        weights = 1 / self.variances[slice(*stretch)]
        left = weights * (self.values[slice(*stretch)] - self.level(stretch)[0]) ** 2
        freedom = left.size - 1
        own = float(left.sum()) / freedom
        clearly = own * freedom > self.scale * float(chdtri(freedom, NOISIER))
        return (own, freedom) if clearly else (self.scale, self.freedom)

    def distance(self, one: tuple[int, int], other: tuple[int, int]) -> float:
        """How far apart two stretches are: the standard normal deviate as seldom as their t."""
        parts = []
        for stretch in (one, other):
            variance, freedom = self.spread(stretch)
            parts.append((self.level(stretch)[1] * variance, freedom))
        total = sum(part for part, _ in parts)
        apart = abs(self.level(one)[0] - self.level(other)[0])
        if not total:
            return math.inf if apart else 0.0
        t = apart / (self.factor * math.sqrt(total))
        below = sum(part**2 / freedom for part, freedom in parts)
        return -float(ndtri(max(float(stdtr(total**2 / below, -t)), 1e-300))) if below else t


def search(series: Sequence[tuple[FloatArray, FloatArray]], smallest: float) -> list[Found]:
    """Search series for steps, episodes and spikes.

    Args:
        series: Of each the values and their standard errors, shape (n,); NaN where that of a value
            is not known.
        smallest: Changes that are smaller are of no interest, in the unit of the values.
    """
    long = [place for place, (values, _) in enumerate(series) if values.size >= FEWEST]
    known, spikes = [], []
    for place in long:
        each, standing_out = _prepared(*series[place], smallest)
        known.append(each)
        spikes.append(standing_out)
    for _ in range(2):
        _moderate(known)
        for each in known:
            each.cuts = _kept(each, ALPHA / len(known))
    found = [Found() for _ in series]
    for place, each, standing_out in zip(long, known, spikes, strict=True):
        steps, episodes = _labelled(each, ALPHA / len(known))
        found[place] = Found(
            tuple(cut for cut in steps if abs(cut.after - cut.before) >= smallest),
            tuple(_of_interest(episodes, smallest)),
            tuple(_of_interest(standing_out, smallest)),
        )
    return found


def _of_interest(stretches: Sequence[Stretch], smallest: float) -> list[Stretch]:
    return [each for each in stretches if abs(each.level - each.around) >= smallest]


def _prepared(
    values: FloatArray, errors: FloatArray, smallest: float
) -> tuple[_Series, list[Stretch]]:
    """A series that is cut for a start, points that stand out drawn in; and these."""
    # From one point to the next, so that steps do not count; a tenth of what matters is nothing.
    spread = float(np.median(np.abs(np.diff(values)))) / (0.6745 * math.sqrt(2))
    # Of few points it comes out far too small by luck, and what is clipped by it shows too little.
    spread *= 1 + FEW / values.size
    own = np.where(np.isfinite(errors), errors, 0.0) ** 2
    usual = float(np.median(own))
    scale = max(spread**2, usual, (smallest / 10) ** 2, 1e-30)
    # What the runs of a campaign do not explain varies alike from campaign to campaign.
    variances = (max(scale - usual, 0.05 * scale) + own) / scale
    found = _Series(values, variances, scale, [])
    found.cuts = _cheapest(found)
    levels = np.concatenate(
        [np.full(end - begin, np.median(values[begin:end])) for begin, end in found.stretches]
    )
    errors_of = np.sqrt(scale * variances)
    away = (values - levels) / errors_of
    found.values = levels + np.clip(away, -OUTSIDE, OUTSIDE) * errors_of
    return found, _spikes(values, levels, np.abs(away) > SPIKE)


def _spikes(values: FloatArray, levels: FloatArray, out: BoolArray) -> list[Stretch]:
    """Points that stand out, neighbours together."""
    begins = np.flatnonzero(out & ~np.concatenate([[False], out[:-1]]))
    ends = np.flatnonzero(out & ~np.concatenate([out[1:], [False]])) + 1
    return [
        Stretch(begin, end, float(np.mean(values[begin:end])), float(levels[begin]))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]


def _cheapest(series: _Series) -> list[int]:
    """Cuts of the cheapest path over levels that the series has somewhere (Viterbi)."""
    values, size = series.values, series.values.size
    medians = [_running_medians(values, width) for width in (5, 9, 17)]
    grid = np.unique(np.concatenate([values, *medians]))
    price = _bound(PROPOSED, size) ** 2
    weights = 1 / (series.scale * series.variances)
    costs = np.minimum(weights[:, None] * (values[:, None] - grid) ** 2, OUTSIDE**2)
    least, came = costs[0], np.zeros((size, grid.size), dtype=np.int64)
    stay = np.arange(grid.size)
    for point in range(1, size):
        best = int(np.argmin(least))
        moves = least > least[best] + price
        came[point] = np.where(moves, best, stay)
        least = np.where(moves, least[best] + price, least) + costs[point]
    place = int(np.argmin(least))
    cuts: list[int] = []
    for point in range(size - 1, 0, -1):
        if came[point, place] != place:
            cuts.insert(0, point)
        place = int(came[point, place])
    return _borne_out(series, cuts)


def _running_medians(values: FloatArray, width: int) -> FloatArray:
    windows = np.lib.stride_tricks.sliding_window_view(values, min(width, values.size))
    found: FloatArray = np.median(windows, axis=-1)
    return found


def _shortest(size: int) -> int:
    return min(SHORTEST, size // 2)


def _borne_out(series: _Series, cuts: list[int]) -> list[int]:
    """Without cuts that leave a stretch whose level too few of its points bear out."""
    size = series.values.size
    errors = np.sqrt(series.scale * series.variances)

    def enough(begin: int, end: int) -> bool:
        values = series.values[begin:end]
        near = np.abs(values - np.median(values)) <= OUTSIDE * errors[begin:end]
        return int(near.sum()) >= _shortest(size)

    kept: list[int] = []
    for cut in cuts:
        if enough(kept[-1] if kept else 0, cut):
            kept.append(cut)
    while kept and not enough(kept[-1], size):
        kept.pop()
    return kept


def _moderate(known: Sequence[_Series]) -> None:
    """Estimate the variance of each series, and how far its points depend on each other."""
    residuals = [each.residuals() for each in known]
    freedoms = np.array([each.values.size - len(each.cuts) - 1 for each in known], dtype=float)
    scales = np.array([float((left**2).sum()) for left in residuals]) / freedoms
    prior, freedom = common(scales, freedoms)
    rows = [ranks(left) for left in residuals]
    correlation = np.array([[float(lag1(row)) for row in rows]])
    sure = np.array([[float(p_values(row)[0]) <= SURE / len(known) for row in rows]], dtype=bool)
    runs = np.array([[left.size for left in residuals]], dtype=np.int64)
    factors, _ = inflation(correlation, sure, runs)
    for place, each in enumerate(known):
        each.factor = float(factors[0, place])
        each.freedom = freedom + freedoms[place]
        each.scale = prior
        if math.isfinite(freedom):
            own = freedoms[place] * float(scales[place])
            each.scale = (freedom * prior + own) / each.freedom
            # The distribution of variances is a guess: it may tell that a series is noisier than
            # it looks, and not that it is less noisy.
            if scales[place] > each.scale:
                each.scale, each.freedom = float(scales[place]), float(freedoms[place])


def _kept(series: _Series, level: float) -> list[int]:
    """The cuts that are significant, when the least significant ones have been taken out."""
    cuts = [*series.cuts]
    while cuts:
        trial = replace(series, cuts=[*cuts])
        p = [_cut(trial, place).p for place in range(len(cuts))]
        worst = int(np.argmax(p))
        if p[worst] <= level:
            break
        del cuts[worst]
    return cuts


def _cut(series: _Series, place: int) -> Cut:
    """One cut with the levels of the stretches on both sides."""
    one, other = series.stretches[place : place + 2]
    size = series.values.size
    p = min(1.0, _chances(len(series.cuts), size) * _largest_p(series.distance(one, other), size))
    return Cut(one[1], series.level(one)[0], series.level(other)[0], p)


def _chances(cuts: int, size: int) -> float:
    """As how many single ones several cuts count.

    Two together cut out a stretch, which could have been of any length: each doubling counts once.
    """
    return cuts * max(1.0, math.log2(size / SHORTEST)) if cuts > 1 else 1.0


def _largest_p(z: float, size: int) -> float:
    """P-value of the largest of the standardised shifts at all cuts of so many points."""
    shortest = _shortest(size)
    places = max(1, size - 2 * shortest + 1)
    each = places * 2 * float(ndtr(-z))
    if z < 1 or places == 1:
        return min(1.0, each)
    edge = min(0.5, shortest / size)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    bound = density * ((z - 1 / z) * 2 * math.log((1 - edge) / edge) + 4 / z)
    return min(1.0, bound, each)


@lru_cache(maxsize=4096)
def _bound(level: float, size: int) -> float:
    """The standardised shift whose p-value is the level, by bisection."""
    low, high = 0.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _largest_p(middle, size) > level else (low, middle)
    return high


def _labelled(series: _Series, level: float) -> tuple[list[Cut], list[Stretch]]:
    """Tell episodes from steps."""
    cuts, episodes, place = [*series.cuts], [], 0
    while place + 1 < len(cuts):
        trial = replace(series, cuts=[*cuts])
        inside = trial.stretches[place + 1]
        if inside[1] - inside[0] > LONGEST_EPISODE or not _returns(trial, place):
            place += 1
            continue
        del cuts[place : place + 2]
        episodes.append(_episode(trial, place))
    trial = replace(series, cuts=cuts)
    steps = [_cut(trial, place) for place in range(len(cuts))]
    return steps, [each for each in episodes if each.p <= level]


def _returns(series: _Series, place: int) -> bool:
    """Whether the stretch behind a cut is followed by the level from before it."""
    stretches = series.stretches[place : place + 3]
    before, inside, behind = (series.level(each)[0] for each in stretches)
    back = series.distance(stretches[0], stretches[2]) <= RETURNED
    return back or abs(behind - before) <= abs(inside - before) / 4


def _episode(series: _Series, place: int) -> Stretch:
    """The stretch behind a cut, against the longer one of those beside it."""
    before, inside, behind = series.stretches[place : place + 3]
    around = max((before, behind), key=lambda each: each[1] - each[0])
    # As many stretches could have been one as there are points and lengths.
    places = series.values.size * (LONGEST_EPISODE - SHORTEST + 1)
    p = min(1.0, places * 2 * float(ndtr(-series.distance(inside, around))))
    return Stretch(*inside, series.level(inside)[0], series.level(around)[0], p)
