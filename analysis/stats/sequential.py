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
- A cell is `regressed` if it is significantly worse so and both its Hodges-Lehmann estimate and
  its median lie beyond its margin, `improved` likewise the other way. Of skewed effects the two
  differ, and neither alone is what everybody means by the middle. A trimmed t test must agree at
  the level of Holm's procedure. By itself it would not hold the error on real noise; as a condition
  on top it can only lower it, and it does so where the exact test is coarse: 12 effects among 100
  cells know but two levels, .024 and .048.
- It passes if two one-sided tests show that it lies within the margin (Schuirmann 1987);
  their error is held at 5 % per cell over all looks by shares from the same family, most of
  it early, so that equal cells stop early.

All of that supposes that the effects are exchangeable. Sides that took turns in random order are so
by design. The runs of two campaigns are not: so there each p-value is widened by what the
dependence of the runs is worth (`dependence.inflation`), and none may be smaller than the
probability that a mere offset between campaigns lies so far out (`offset`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from . import offset
from .array import BoolArray, FloatArray, IntArray
from .dependence import widened
from .doubt import Doubt
from .one_sided import agrees, centres
from .one_sided import estimates as estimates  # noqa: PLC0414  part of the rule
from .one_sided import signed_rank_p as signed_rank_p  # noqa: PLC0414

ALPHA = 0.05
"""Family-wise error of `regressed`, and of `improved`; error of a pass, per cell."""

LOOKS = (10, 15, 20, 30, 40)
"""Numbers of effects at which cells are judged, as long as they get no more than 40."""

SPENDING_POWER = 2
"""Exponent of the spending function of a rejection: little early, most of it at the end."""

PASS_SPENDING_POWER = 0.5
"""Exponent of that of a pass: half of its error at the first of four equally spaced looks."""

INCONCLUSIVE, PASS, REGRESSED, IMPROVED = range(4)
"""Codes of the verdicts."""

FIRM, DEPENDENT, OFFSET = range(3)
"""Why a verdict that the effects by themselves would bear was withheld: it was not; runs depend
on each other; campaigns may differ by as much."""


@dataclass(frozen=True)
class Looks:
    """When one cell is judged, and the share of its error that each look may spend."""

    counts: tuple[int, ...]
    """Effects at each look, ascending."""
    reject: tuple[float, ...]
    accept: tuple[float, ...]


@dataclass(frozen=True)
class Origin:
    """Where the effects come from, and with how many others they are judged."""

    family: int = 0
    """Cells that are judged together, if more than there are: a cell that is measured again by
    itself stays one of as many as before."""
    floors: BoolArray | None = None
    """Which cells are known to have no effect (A/A), shape (cells,), where the effects come from
    whole campaigns. None where both sides of each effect took turns in random order: they are
    exchangeable by design, and there is nothing to doubt."""
    campaigns: int = 1
    """Campaigns of the baseline; 0 where each effect is that of a mode over its control."""
    earlier: offset.Earlier | None = None
    """What several campaigns of the baseline say of one another."""

    @property
    def share(self) -> float:
        """Squared offset of an effect over its squared spread, were each offset a spread."""
        return (1 + 1 / self.campaigns) / 2 if self.campaigns else 1.0


ALONE = Origin()
"""A family by itself, whose sides took turns in random order."""


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
    withheld: IntArray
    """FIRM, or why a verdict was withheld at the last look."""
    lag1: FloatArray
    """Correlation of one run with the next; 0 where it is not looked at."""
    inflation: FloatArray
    """By what factor dependence widened the tests for a change; 1 where there is none."""
    dependent: BoolArray
    """Runs depend on each other beyond doubt, so that a pass reckons with it too."""
    weights: FloatArray
    """What is known of offsets between campaigns (`offset.knowledge`), shape (matrices, grid);
    zeros where there is nothing to doubt."""
    shown: BoolArray
    """Shape (matrices,): there are offsets beyond doubt, so that a pass reckons with them too."""


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


def holm(p: FloatArray, alpha: float = ALPHA, family: int = 0) -> tuple[BoolArray, FloatArray]:
    """Holm's step-down procedure.

    Args:
        p: Shape (matrices, cells).
        alpha: Family-wise error.
        family: Cells that are judged together, if more than there are: the others stand.

    Returns:
        What is rejected, and the level that each p-value met; same shape.
    """
    order = np.argsort(p, axis=-1, kind="stable")
    cells = p.shape[-1]
    most = max(family, cells)
    steps = alpha / np.arange(most, most - cells, -1)
    below = np.take_along_axis(p, order, axis=-1) <= steps
    rejected = np.empty(p.shape, dtype=bool)
    levels = np.empty(p.shape)
    going = np.logical_and.accumulate(below, axis=-1)
    np.put_along_axis(rejected, order, going, axis=-1)
    # Those behind the first that stands are held against the level at which it stood.
    first = np.minimum(going.sum(axis=-1, keepdims=True), cells - 1)
    np.put_along_axis(levels, order, np.where(going, steps, steps[first]), axis=-1)
    return rejected, levels


def decide(
    effects: FloatArray, looks: Sequence[Looks], margins: FloatArray, origin: Origin = ALONE
) -> Outcome:
    """Judge matrices of cells look by look; a cell that is decided is not judged again.

    Args:
        effects: Shape (matrices, cells, most), positive when worse; of each cell only as many
            are read as its last look has, in the order of the runs.
        looks: Of each cell, as far as it has reached them.
        margins: Smallest effect of interest of each cell, in the unit of the effects.
        origin: Where the effects come from.
    """
    course = _Course(effects, margins, origin)
    for stage in range(max((len(each.counts) for each in looks), default=0)):
        course.look(looks, stage)
        course.settle()
    return course.outcome


_SIGNS = ((1, REGRESSED), (-1, IMPROVED))


class _Course:
    """Judging under way; arrays have the shape (matrices, cells), or that with a first axis.

    The first axis of p-values has the two directions (worse, better) or the ends of the margin.
    """

    def __init__(self, effects: FloatArray, margins: FloatArray, origin: Origin) -> None:
        shape = effects.shape[:2]
        self.effects, self.margins, self.origin = effects, margins, origin
        self.outcome = Outcome(
            verdicts=np.zeros(shape, dtype=np.int64),
            used=np.zeros(shape, dtype=np.int64),
            worse_p=np.ones(shape),
            better_p=np.ones(shape),
            level=np.full(shape, ALPHA / max(1, origin.family, shape[1])),
            withheld=np.zeros(shape, dtype=np.int64),
            lag1=np.zeros(shape),
            inflation=np.ones(shape),
            dependent=np.zeros(shape, dtype=bool),
            weights=np.zeros((shape[0], offset.GRID.size)),
            shown=np.zeros(shape[0], dtype=bool),
        )
        self.doubt = None if origin.floors is None else Doubt(shape, origin.floors)
        self.now = np.zeros(shape, dtype=bool)
        # Of the last look: p-values of lying beyond either end of the margin, and their level.
        self.ends, self.accept = np.ones((2, *shape)), np.zeros(shape)
        self.ends_p = self.ends
        # Of each look: exact p-values, least ones that an offset allows, and shares (0: no look).
        self.taken: list[tuple[FloatArray, FloatArray, FloatArray]] = []

    def look(self, looks: Sequence[Looks], stage: int) -> None:
        """Take one look at the open cells."""
        exact, share = np.ones((2, *self.now.shape)), np.zeros(self.now.shape)
        self.now[:] = False
        for cell, each in enumerate(looks):
            rows = np.flatnonzero(self.outcome.verdicts[:, cell] == INCONCLUSIVE)
            if stage < len(each.counts) and rows.size:
                self.now[rows, cell] = True
                share[rows, cell], self.accept[rows, cell] = each.reject[stage], each.accept[stage]
                seen = self.effects[rows, cell, : each.counts[stage]]
                exact[:, rows, cell] = signed_rank_p(seen), signed_rank_p(-seen)
                margin = self.margins[cell]
                self.ends[:, rows, cell] = (
                    signed_rank_p(margin + seen),
                    signed_rank_p(margin - seen),
                )
                self.outcome.used[rows, cell] = seen.shape[-1]
                if self.doubt:
                    self.doubt.enter(rows, cell, seen)
        self._weigh(exact, share)

    def _weigh(self, exact: FloatArray, share: FloatArray) -> None:
        """Bring in what is doubtful about where the effects come from."""
        least, ends_least = np.zeros_like(exact), np.zeros_like(exact)
        if self.doubt:
            self.doubt.weigh(self.origin.share, self.origin.earlier, self.outcome.used)
            middle, margins = self.doubt.middle, self.margins
            ask = (exact <= ALPHA * share) & self.now
            least = self.doubt.offset_p(np.stack([middle, -middle]), ask)
            ask = (self.ends <= ALPHA * self.accept) & self.now & self.doubt.shown[:, None]
            ends_least = self.doubt.offset_p(np.stack([margins + middle, margins - middle]), ask)
            self.outcome.lag1[:], self.outcome.inflation[:] = self.doubt.lag1, self.doubt.factor
            self.outcome.dependent[:] = self.doubt.dependent
            self.outcome.weights[:], self.outcome.shown[:] = self.doubt.weights, self.doubt.shown
        self.taken.append((exact, least, share))
        self.ends_p = np.maximum(widened(self.ends, self._shown()), ends_least)
        self.outcome.worse_p[:], self.outcome.better_p[:] = self._sequential(self.outcome.inflation)

    def _shown(self) -> FloatArray:
        """The factor for a pass: that of dependence that is beyond doubt."""
        return np.where(self.outcome.dependent, self.outcome.inflation, 1.0)

    def _sequential(self, factor: FloatArray, *, apart: bool = True) -> FloatArray:
        """Sequential p-values over the looks so far, both directions.

        Args:
            factor: By which dependence widens them.
            apart: Reckon with campaigns that lie apart, too.
        """
        best = np.ones((2, *self.now.shape))
        for exact, least, share in self.taken:
            p = np.maximum(widened(exact, factor), least if apart else 0.0)
            spent = np.where(share > 0, p / np.where(share > 0, share, 1.0), np.inf)
            best = np.minimum(best, spent)
        return best

    def settle(self) -> None:
        """Enter the verdicts that the evidence so far allows."""
        verdicts, factor = self.outcome.verdicts, self.outcome.inflation
        still = verdicts == INCONCLUSIVE
        inside = self._inside(self.ends_p)
        verdicts[inside] = PASS
        p = np.stack([self.outcome.worse_p, self.outcome.better_p])
        called = self._called(p, factor, still & ~inside, self.outcome.level)
        for (_, verdict), cells in zip(_SIGNS, called, strict=True):
            verdicts[cells] = verdict
        if self.doubt:
            self._withhold(verdicts == INCONCLUSIVE)

    def _inside(self, ends_p: FloatArray) -> BoolArray:
        """Which cells are shown to lie within their margin at this look."""
        found: BoolArray = self.now & (ends_p <= ALPHA * self.accept).all(axis=0)
        return found

    def _called(
        self, p: FloatArray, factor: FloatArray, among: BoolArray, level: FloatArray
    ) -> BoolArray:
        """Which cells are worse, and which better, by these sequential p-values.

        Enters the levels of the worse direction into `level`.
        """
        found = np.zeros(p.shape, dtype=bool)
        for place, (sign, _) in enumerate(_SIGNS):
            rejected, levels = holm(p[place], family=self.origin.family)
            if sign == 1:
                level[:] = levels
            asked = rejected & among
            for count in np.unique(self.outcome.used[asked]):
                row, cell = np.nonzero(asked & (self.outcome.used == count))
                seen = sign * self.effects[row, cell, :count]
                beyond = centres(seen) > self.margins[cell]
                enough = agrees(seen, levels[row, cell], factor[row, cell])
                found[place, row, cell] = beyond & enough
        return found

    def _withhold(self, still: BoolArray) -> None:
        """Say which open cells would have a verdict if nothing were to be doubted, and what is."""
        spare, factor = np.empty_like(self.outcome.level), self.outcome.inflation
        alone = np.ones_like(factor)
        by_effects = self._called(self._sequential(alone, apart=False), alone, still, spare)
        bare = by_effects[0] | by_effects[1]
        by_runs = self._called(self._sequential(factor, apart=False), factor, bare, spare)
        passing = self._inside(self.ends) & still
        apart = (
            by_runs[0] | by_runs[1] | (passing & self._inside(widened(self.ends, self._shown())))
        )
        self.outcome.withheld[:] = FIRM
        self.outcome.withheld[bare | passing] = DEPENDENT
        self.outcome.withheld[apart] = OFFSET
