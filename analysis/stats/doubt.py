# SPDX-License-Identifier: MIT
"""What is doubtful about effects that come from whole campaigns, cell by cell.

The signed-rank test supposes that the runs of a cell are exchangeable across the two campaigns.
Two things break that: runs of one campaign depend on each other, and a campaign as a whole lies
beside another. Here both are estimated from what has been seen so far.
"""

import numpy as np

from . import dependence
from .array import BoolArray, FloatArray, IntArray
from .offset import GRID, Earlier, knowledge, offset_p
from .one_sided import trimmed


class Doubt:
    """What the effects show at their last look; arrays of shape (matrices, cells)."""

    def __init__(self, shape: tuple[int, int], floors: BoolArray) -> None:
        """Begin with nothing seen.

        Args:
            shape: Matrices and cells.
            floors: Which cells are known to have no effect; shape (cells,).
        """
        self.floors = floors
        self.middle, self.spread, self.lag1 = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.freedom, self.factor = np.ones(shape), np.ones(shape)
        self.sure, self.dependent = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        self.weights, self.shown = np.zeros((shape[0], GRID.size)), np.zeros(shape[0], dtype=bool)
        self._variance, self._share = np.ones(shape), 1.0

    def enter(self, rows: IntArray, cell: int, seen: FloatArray) -> None:
        """Take in the effects of one cell, in the order of its runs.

        Args:
            rows: Matrices.
            cell: Which cell.
            seen: Shape (rows, n).
        """
        found, ranks = trimmed(seen), dependence.ranks(seen)
        self.middle[rows, cell], self.spread[rows, cell] = found.middle, found.spread
        self.freedom[rows, cell] = max(1, found.freedom)
        self.lag1[rows, cell] = dependence.lag1(ranks)
        self.sure[rows, cell] = np.minimum(*dependence.p_values(ranks)) <= dependence.SURE

    def weigh(self, share: float, earlier: Earlier | None, used: IntArray) -> None:
        """Estimate how far runs depend on each other, and how far campaigns differ.

        Args:
            share: Squared offset of an effect over its squared spread, were each offset a spread.
            earlier: What several campaigns of the baseline say.
            used: Effects that have been seen.
        """
        self.factor, self.dependent = dependence.inflation(self.lag1, self.sure, used)
        self._variance, self._share = self.factor**2 / np.maximum(used, 1), share
        counts = self.floors & (self.spread > 0) & (self.freedom > 1)
        shifts = self.middle / np.where(counts, self.spread, 1.0)
        self.weights, self.shown = knowledge(shifts, self._variance, counts, share, earlier)

    def offset_p(self, beyond: FloatArray, ask: BoolArray) -> FloatArray:
        """Least p-values that are left when campaigns may differ.

        Args:
            beyond: How far effects lie out, in their unit; shape (any, matrices, cells).
            ask: Where that is wanted; elsewhere it is 0.
        """
        found = np.zeros(beyond.shape)
        _, row, cell = places = np.nonzero(ask)
        spread = self.spread[row, cell]
        with np.errstate(divide="ignore", invalid="ignore"):
            out = np.where(spread > 0, beyond[places] / spread, np.sign(beyond[places]) * np.inf)
        variance, freedom = self._variance[row, cell], self.freedom[row, cell]
        found[places] = offset_p(out, variance, freedom, self.weights[row], self._share)
        return found
