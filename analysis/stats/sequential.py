# SPDX-License-Identifier: MIT
"""The gate's rule as pure functions on arrays: looks, tests, multiplicity, verdicts.

An effect is one number per run or pair, positive in the worse direction: a log ratio, or a
difference. A *look* is a number of effects at which a cell is judged. The rule:

- Whether a cell is worse is tested by the exact one-sided signed-rank test of its effects
  (Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed., section 3.1).
  Ties and zeros count against a rejection, so that the test is exact without ties and
  conservative with them.
- Each look may spend a share of the error, shares from a power function of the number of
  effects (Kim and DeMets, Biometrika 74, 1987). The p-value of a look is divided by its
  share; the least quotient so far is the cell's *sequential p-value* (Liu and Anderson, JASA
  103, 2008). By Bonferroni's inequality it is valid whatever the looks have in common and
  wherever sampling stops. The share of a look that cannot reject among so many cells is
  carried to the next one.
- Holm's procedure over the cells' sequential p-values holds the family-wise error; it needs
  nothing of the dependence between cells (Scandinavian Journal of Statistics 6, 1979; with
  looks: Ye, Li, Liu and Yao, Statistics in Medicine 32, 2013).
- A cell is `regressed` if it is significantly worse so and its Hodges-Lehmann estimate lies
  beyond its margin, `improved` likewise the other way. A trimmed t test must agree at the level
  of Holm's procedure (Tukey and McLaughlin, Sankhya A 25, 1963). By itself it would not hold
  the error on real noise; as a condition on top it can only lower it, and it does so where the
  exact test is coarse: 12 effects among 100 cells know but two levels, .024 and .048.
- It passes if two one-sided tests show that it lies within the margin (Schuirmann 1987);
  their error is held at 5 % per cell over all looks by shares from the same family, most of
  it early, so that equal cells stop early.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .array import BoolArray, FloatArray, IntArray
from .exact import signed_rank_cdf

ALPHA = 0.05
"""Family-wise error of `regressed`, and of `improved`; error of a pass, per cell."""

LOOKS = (10, 15, 20, 30, 40)
"""Numbers of effects at which cells are judged, as long as they get no more than 40."""

SPENDING_POWER = 2
"""Exponent of the spending function of a rejection: little early, most of it at the end."""

PASS_SPENDING_POWER = 0.5
"""Exponent of that of a pass: half of its error at the first of four equally spaced looks."""

TRIMMED = 0.1
"""Share of the effects that the second test leaves out at each end."""

INCONCLUSIVE, PASS, REGRESSED, IMPROVED = range(4)
"""Codes of the verdicts."""


@dataclass(frozen=True)
class Looks:
    """When one cell is judged, and the share of its error that each look may spend."""

    counts: tuple[int, ...]
    """Effects at each look, ascending."""
    reject: tuple[float, ...]
    accept: tuple[float, ...]


@dataclass(frozen=True)
class Outcome:
    """What the rule came to; arrays of shape (matrices, cells)."""

    verdicts: IntArray
    used: IntArray
    """Effects that a cell had at its last look; 0 before its first."""
    worse_p: FloatArray
    """Sequential p-values of the worse direction."""
    better_p: FloatArray
    level: FloatArray
    """The level that Holm's procedure held each worse_p against."""


def planned(most: int, looks: Sequence[int] = LOOKS) -> tuple[int, ...]:
    """The looks of a cell that gets at most `most` effects, the last one there."""
    return (*(count for count in looks if count < most), most)


def fewest(family: int, alpha: float = ALPHA) -> int:
    """Fewest effects with which the test can reject at all among `family` cells."""
    return max(1, math.ceil(math.log2(family / alpha)))


def shares(counts: Sequence[int], family: int, alpha: float = ALPHA) -> Looks:
    """Spread both errors over planned looks; the shares of each sum to 1.

    Args:
        counts: Effects at each look, ascending; the last is the most that there will be.
        family: Cells that are judged together.
        alpha: Family-wise error.
    """
    if not counts:
        return Looks((), (), ())
    times = np.array(counts) / counts[-1]
    steps = np.diff(times**SPENDING_POWER, prepend=0.0)
    reject, carried = [], 0.0
    for count, step in zip(counts, steps.tolist(), strict=True):
        carried += step
        able = 2.0**-count <= carried * alpha / family or count == counts[-1]
        reject.append(carried if able else 0.0)
        carried = 0.0 if able else carried
    accept = np.diff(times**PASS_SPENDING_POWER, prepend=0.0)
    return Looks(tuple(counts), tuple(reject), tuple(accept.tolist()))


def curtailed(looks: Looks, have: int, *, ended: bool) -> Looks:
    """The looks that a cell with `have` effects has reached.

    Args:
        looks: As planned.
        have: Effects there are.
        ended: Sampling is over: then what is left of both errors goes to a last look at all
            that there is, since what ended it (time, failures) was not the effects.
    """
    reached = sum(count <= have for count in looks.counts)
    counts = looks.counts[:reached]
    reject, accept = looks.reject[:reached], looks.accept[:reached]
    if ended and have and (not counts or counts[-1] < have) and reached < len(looks.counts):
        return Looks((*counts, have), (*reject, 1.0 - sum(reject)), (*accept, 1.0 - sum(accept)))
    return Looks(counts, reject, accept)


def signed_rank_p(effects: FloatArray) -> FloatArray:
    """Exact one-sided signed-rank p-values against a location of zero or less.

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


def holm(p: FloatArray, alpha: float = ALPHA) -> tuple[BoolArray, FloatArray]:
    """Holm's step-down procedure.

    Args:
        p: Shape (matrices, cells).
        alpha: Family-wise error.

    Returns:
        What is rejected, and the level that each p-value met; same shape.
    """
    order = np.argsort(p, axis=-1, kind="stable")
    steps = alpha / np.arange(p.shape[-1], 0, -1)
    below = np.take_along_axis(p, order, axis=-1) <= steps
    rejected = np.empty(p.shape, dtype=bool)
    levels = np.empty(p.shape)
    going = np.logical_and.accumulate(below, axis=-1)
    np.put_along_axis(rejected, order, going, axis=-1)
    # Those behind the first that stands are held against the level at which it stood.
    first = np.minimum(going.sum(axis=-1, keepdims=True), p.shape[-1] - 1)
    np.put_along_axis(levels, order, np.where(going, steps, steps[first]), axis=-1)
    return rejected, levels


def estimates(effects: FloatArray) -> FloatArray:
    """Hodges-Lehmann estimates, shape (...,) of effects of shape (..., n)."""
    first, second = np.triu_indices(effects.shape[-1])
    walsh = (effects[..., first] + effects[..., second]) / 2
    found: FloatArray = np.median(walsh, axis=-1)
    return found


def agrees(effects: FloatArray, level: float) -> bool:
    """Whether a one-sided trimmed t test finds a location above zero at this level.

    A tenth is trimmed at each end and counted as Winsorised in the standard error.

    Args:
        effects: Shape (n,).
        level: One-sided.
    """
    from scipy.special import stdtrit  # noqa: PLC0415  a tenth of a second: only when it matters

    runs = effects.size
    cut = math.floor(TRIMMED * runs)
    ordered = np.sort(effects)
    kept = ordered[cut : runs - cut]
    if kept.size < 2:
        return True
    winsorised = np.clip(ordered, kept[0], kept[-1])
    error = float(winsorised.std(ddof=1)) / ((1 - 2 * cut / runs) * math.sqrt(runs))
    return float(kept.mean()) > error * float(stdtrit(kept.size - 1, 1 - level))


def decide(
    effects: FloatArray, looks: Sequence[Looks], margins: FloatArray, alpha: float = ALPHA
) -> Outcome:
    """Judge matrices of cells look by look; a cell that is decided is not judged again.

    Args:
        effects: Shape (matrices, cells, most), positive when worse; of each cell only as many
            are read as its last look has.
        looks: Of each cell, as far as it has reached them.
        margins: Smallest effect of interest of each cell, in the unit of the effects.
        alpha: Family-wise error.
    """
    shape = effects.shape[:2]
    state = Outcome(
        verdicts=np.zeros(shape, dtype=np.int64),
        used=np.zeros(shape, dtype=np.int64),
        worse_p=np.ones(shape),
        better_p=np.ones(shape),
        level=np.full(shape, alpha / max(1, shape[1])),
    )
    for stage in range(max((len(each.counts) for each in looks), default=0)):
        equivalent = _look(state, effects, looks, margins, stage)
        _settle(state, effects, margins, equivalent, alpha)
    return state


def _look(
    state: Outcome,
    effects: FloatArray,
    looks: Sequence[Looks],
    margins: FloatArray,
    stage: int,
) -> BoolArray:
    """Take one look at the open cells; says which are shown to lie within their margin."""
    equivalent = np.zeros(state.verdicts.shape, dtype=bool)
    for cell, look in enumerate(looks):
        if stage >= len(look.counts):
            continue
        rows = np.flatnonzero(state.verdicts[:, cell] == INCONCLUSIVE)
        seen = effects[rows, cell, : look.counts[stage]]
        state.used[rows, cell] = look.counts[stage]
        if share := look.reject[stage]:
            for p, sign in ((state.worse_p, 1), (state.better_p, -1)):
                p[rows, cell] = np.minimum(p[rows, cell], signed_rank_p(sign * seen) / share)
        level = ALPHA * look.accept[stage]
        inside = signed_rank_p(margins[cell] - seen) <= level
        equivalent[rows, cell] = inside & (signed_rank_p(margins[cell] + seen) <= level)
    return equivalent


def _settle(
    state: Outcome, effects: FloatArray, margins: FloatArray, equivalent: BoolArray, alpha: float
) -> None:
    """Enter the verdicts that the evidence so far allows."""
    is_open = state.verdicts == INCONCLUSIVE
    state.verdicts[is_open & equivalent] = PASS
    for p, sign, verdict in ((state.worse_p, 1, REGRESSED), (state.better_p, -1, IMPROVED)):
        rejected, levels = holm(p, alpha)
        if sign == 1:
            state.level[:] = levels
        for row, cell in np.argwhere(rejected & is_open & ~equivalent):
            seen = effects[row, cell, : state.used[row, cell]]
            beyond = sign * estimates(seen) > margins[cell]
            if beyond and agrees(sign * seen, levels[row, cell]):
                state.verdicts[row, cell] = verdict
