# SPDX-License-Identifier: MIT
"""By how much a cell moves from one campaign to the next, although nothing has changed.

Runs of one campaign share a boot, a placement, an hour; no number of them tells what another
campaign would have found. What does tell it is what is known to be unchanged: A/A cells, which
were measured in both campaigns, and the same cells in several baseline campaigns. An offset is
reckoned in *spreads*, standard deviations over the runs of its cell. So cells of every metric and
unit say something of all others, and a cell that hardly varies is not held to move as far as one
that varies much.

The offset of each cell is normal with a standard deviation of kappa spreads. What is known of
kappa is kept as weights on a grid: before anything is seen those of a half-normal distribution
with scale `SCALE` (an offset as large as what a cell varies anyway is nothing unusual; Gelman,
Bayesian Analysis 1, 2006, on such priors of a scale); then each shift that was seen
multiplies them by its likelihood. A p-value is averaged over the weights.

To accuse a cell takes all that is possible. To let it pass, offsets are reckoned with only where
what is known to be unchanged shows that there are any (`SHOWN`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .array import BoolArray, FloatArray
from .one_sided import trimmed

SCALE = 1.0
"""Of the half-normal distribution of kappa before anything is seen."""

SHOWN = 1.353
"""Gain in log likelihood from which on an offset is shown to be there (one-sided 5 %: half of
1.645 squared)."""

GRID = np.concatenate([np.linspace(0, 1, 21), np.geomspace(1.1, 30, 25)])
"""Values of kappa, in spreads."""

_WIDTHS = np.gradient(GRID)


FEWEST = 5
"""Runs of a campaign below which its spread says too little."""


@dataclass(frozen=True)
class Earlier:
    """What several campaigns of a baseline say of kappa; arrays of shape (matrices, cells).

    Of each cell: the sum of the squared deviations of its campaigns' middles from their mean, in
    spreads; the mean sampling variance of one such middle, in squared spreads; and the campaigns
    less one, 0 for a cell that says nothing.
    """

    squares: FloatArray
    variances: FloatArray
    freedom: FloatArray


def between(campaigns: Sequence[FloatArray]) -> tuple[float, float, float]:
    """What several campaigns of one cell say, as the fields of `Earlier`.

    Args:
        campaigns: The effects of each campaign's runs.

    Returns:
        Squares, variance and freedom; all 0 where fewer than two campaigns have `FEWEST` runs,
        or where runs do not vary.
    """
    kept = [trimmed(each) for each in campaigns if each.size >= FEWEST]
    sizes = [each.size for each in campaigns if each.size >= FEWEST]
    if len(kept) < 2:
        return 0.0, 0.0, 0.0
    spread = float(np.sqrt(np.mean([float(each.spread) ** 2 for each in kept])))
    if not spread:
        return 0.0, 0.0, 0.0
    middles = np.array([float(each.middle) for each in kept]) / spread
    squares = float(((middles - middles.mean()) ** 2).sum())
    return squares, float(np.mean([1 / size for size in sizes])), len(kept) - 1.0


def knowledge(
    shifts: FloatArray,
    variances: FloatArray,
    counts: BoolArray,
    share: float,
    earlier: Earlier | None,
) -> tuple[FloatArray, BoolArray]:
    """What all that is known to be unchanged says of kappa.

    Args:
        shifts: Of cells, in spreads of their effects; shape (matrices, cells).
        variances: Sampling variances of these; same shape.
        counts: Which of the cells are known to be unchanged; same shape.
        share: Squared offset of an effect, in squared spreads of effects, where kappa is 1.
        earlier: What repeated baselines say.

    Returns:
        Weights on `GRID`, shape (matrices, grid), each row of which sums to 1; and whether there is
        an offset beyond doubt, shape (matrices,).
    """
    logs = np.zeros((len(shifts), GRID.size))
    for matrix, cell in np.argwhere(counts):
        total = share * GRID**2 + variances[matrix, cell]
        logs[matrix] -= 0.5 * (np.log(total) + shifts[matrix, cell] ** 2 / total)
    if earlier is not None:
        total = GRID**2 + earlier.variances[..., None]
        # A cell that says nothing has no squares, no variance and no freedom.
        says = earlier.freedom[..., None] > 0
        total = np.where(says, total, 1.0)
        terms = earlier.freedom[..., None] * np.log(total) + earlier.squares[..., None] / total
        logs -= 0.5 * terms.sum(axis=1)
    shown: BoolArray = logs.max(axis=-1) - logs[:, 0] > SHOWN
    logs += np.log(_WIDTHS) - 0.5 * (GRID / SCALE) ** 2
    weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True), shown


def upper(weights: FloatArray, level: float = 0.95) -> FloatArray:
    """How large an offset is at most, in spreads, with this probability; shape (...,)."""
    reached = np.cumsum(weights, axis=-1) >= level - 1e-12
    found: FloatArray = GRID[np.argmax(reached, axis=-1)]
    return found


def offset_p(
    beyond: FloatArray,
    variances: FloatArray,
    freedom: FloatArray,
    weights: FloatArray,
    share: float,
) -> FloatArray:
    """Probability that an unchanged cell lies so far out, by its offset and by its runs.

    Args:
        beyond: How far, in spreads of the effects; shape (n,).
        variances: Sampling variances of that; same shape.
        freedom: Degrees of freedom of each spread; same shape.
        weights: Of each, from `knowledge`; shape (n, grid).
        share: As there.

    Returns:
        Shape (n,).
    """
    from scipy.special import stdtr  # noqa: PLC0415  a tenth of a second

    scale = np.sqrt(share * GRID**2 + variances[:, None])
    tails = stdtr(freedom[:, None], -beyond[:, None] / scale)
    found: FloatArray = (tails * weights).sum(axis=-1)
    return found
