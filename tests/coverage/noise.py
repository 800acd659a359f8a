# SPDX-License-Identifier: MIT
"""Series of effects whose truth is known: dependent, skewed, heavy-tailed, tied, drifting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtrit

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]

SKEW = 0.5
"""Standard deviation of the logarithm of skewed noise."""


@dataclass(frozen=True)
class Noise:
    """How the effects of a cell vary over its runs."""

    name: str
    lag: float = 0.0
    """Correlation of neighbouring runs, first-order autoregressive, before the shape."""
    shape: str = "normal"
    drift: float = 0.0
    """What is added from one run to the next, in standard deviations of a run."""

    def draw(self, size: int, runs: int, rng: np.random.Generator) -> Array:
        """Series about a location of zero, or about their own middle where they drift.

        Returns:
            Shape (size, runs).
        """
        found = SHAPES[self.shape](_autoregressive(size, runs, self.lag, rng))
        return found + self.drift * np.arange(runs)

    def truth(self, runs: int) -> float:
        """The location of the first so many runs: with a drift, that of their middle."""
        return _location(self.shape) + self.drift * (runs - 1) / 2


def _autoregressive(size: int, runs: int, lag: float, rng: np.random.Generator) -> Array:
    found = rng.normal(size=(size, runs))
    found[:, 1:] *= np.sqrt(1 - lag**2)
    for run in range(1, runs):
        found[:, run] += lag * found[:, run - 1]
    return found


def _heavy(normal: Array) -> Array:
    """Student's t with 3 degrees of freedom."""
    found: Array = stdtrit(3, ndtr(normal))
    return found


def _skewed(normal: Array) -> Array:
    return np.exp(SKEW * normal)


def _tied(normal: Array) -> Array:
    """Some twelve values that occur."""
    return np.round(1.5 * normal) / 1.5


def _coarse(normal: Array) -> Array:
    """Some five values that occur."""
    return np.round(0.7 * normal) / 0.7


SHAPES: dict[str, Callable[[Array], Array]] = {
    "normal": np.positive,
    "heavy": _heavy,
    "skewed": _skewed,
    "tied": _tied,
    "coarse": _coarse,
}


@lru_cache
def _location(shape: str) -> float:
    """The pseudo-median, which the Hodges-Lehmann estimate estimates: 0 by symmetry but for one."""
    if shape != "skewed":
        return 0.0
    first, second = np.exp(SKEW * np.random.default_rng(1).normal(size=(2, 4_000_000)))
    return float(np.median((first + second) / 2))


LAGS = tuple(Noise(f"lag {lag:g}", lag) for lag in (0.0, 0.3, 0.6))
"""Independent runs, and dependent ones."""


def drifts(runs: int) -> tuple[Noise, ...]:
    """Independent runs that drift by so many standard deviations over the campaign."""
    return tuple(Noise(f"drift {all_:g} sd", drift=all_ / (runs - 1)) for all_ in (1.25, 2.5, 5.0))
