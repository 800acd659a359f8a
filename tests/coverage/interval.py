# SPDX-License-Identifier: MIT
"""The interval of `analysis` for many series at once, and the stopping of `bench` on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from analysis.stats.exact import signed_rank_cdf
from analysis.stats.interval import SEEN, SEEN_AT
from analysis.stats.widening import LAST_LOOKS, series

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
CHUNK = 4_000_000
"""Pairs of runs that are held at once."""


@dataclass(frozen=True)
class Bounds:
    """Estimates with their intervals; arrays of shape (size,)."""

    estimate: Array
    low: Array
    high: Array

    @property
    def half_width(self) -> Array:
        return (self.high - self.low) / 2

    def covers(self, truth: float, factor: Array | float = 1.0) -> Flags:
        """Whether intervals so many times as wide hold the truth."""
        low = self.estimate + factor * (self.low - self.estimate)
        high = self.estimate + factor * (self.high - self.estimate)
        return np.asarray((low <= truth) & (truth <= high))


@dataclass(frozen=True)
class Known:
    """What is known of each of many series after so many runs."""

    runs: int
    plain: Bounds
    """Of independent runs: what rows showed before."""
    level: Bounds
    """The same without the trend."""
    widening: Array

    @property
    def half_width(self) -> Array:
        return self.widening * self.level.half_width

    def claims(self, widening: Array | None = None) -> Array:
        """The smallest difference that a null claim names, by the own widening or another one."""
        factor = float(np.interp(self.runs, SEEN_AT, SEEN))
        wider = self.widening if widening is None else widening
        return factor * wider * self.level.half_width

    def needed(self, widening: Array | None = None) -> Array:
        """The least true difference with which the interval would have excluded zero."""
        wider = self.widening if widening is None else widening
        middle, low = self.level.estimate, self.level.low
        return np.asarray(-(middle + wider * (low - middle)))


def exact(values: Array) -> Bounds:
    """Hodges-Lehmann estimates with their exact intervals, of series of shape (size, runs)."""
    size, runs = values.shape
    first, second = np.triu_indices(runs)
    count = first.size
    k = max(1, int(np.searchsorted(signed_rank_cdf(runs), 0.025, side="right")))
    places = (k - 1, count - k, (count - 1) // 2, count // 2)
    found = np.empty((4, size))
    step = max(1, CHUNK // count)
    for begin in range(0, size, step):
        part = values[begin : begin + step]
        walsh = np.partition((part[:, first] + part[:, second]) / 2, sorted(set(places)), axis=1)
        found[:, begin : begin + step] = walsh[:, places].T
    low, high, left, right = found
    return Bounds((left + right) / 2, low, high)


def known(values: Array) -> Known:
    """What the rows would show of series of shape (size, runs)."""
    parts = np.array_split(values, max(1, values.shape[0] * values.shape[1] ** 2 // CHUNK))
    found = [series(part) for part in parts]
    left = np.concatenate([each.left for each in found])
    plain, level = exact(values), exact(left)
    return Known(values.shape[1], plain, level, np.concatenate([each.widening for each in found]))


@dataclass(frozen=True)
class Stopped:
    """Series that were sampled until their interval was narrow; arrays of shape (size,)."""

    looks: list[Known]
    at: Counts
    """The look that ended each."""
    widening: Array

    @property
    def runs(self) -> Counts:
        return self.at + self.looks[0].runs

    def pick(self, of_look: Callable[[int], Array]) -> Array:
        """Of what a function gives for each look, what each series had when it ended."""
        table = np.array([of_look(look) for look in range(len(self.looks))])
        picked: Array = table[self.at, np.arange(self.at.size)]
        return picked


def stop(looks: list[Known], target: float) -> Stopped:
    """Stop each series at a half-width, as `bench` does; there is a look at each number of runs."""
    widening = np.array([look.widening for look in looks])
    held = np.array(
        [
            widening[max(0, place - look.runs // LAST_LOOKS) : place + 1].max(axis=0)
            for place, look in enumerate(looks)
        ]
    )
    at, reached = _first(held * np.array([look.level.half_width for look in looks]) <= target)
    each = np.arange(at.size)
    return Stopped(looks, at, np.where(reached, held[at, each], widening[at, each]))


def stop_plain(looks: list[Known], target: float) -> Stopped:
    """Stop each by the interval of independent runs, as it was before."""
    at, _ = _first(np.array([look.plain.half_width for look in looks]) <= target)
    return Stopped(looks, at, np.ones(at.size))


def _first(narrow: Flags) -> tuple[Counts, Flags]:
    """The first look at which each is narrow, else the last one; and whether there is one."""
    reached = np.asarray(narrow.any(axis=0))
    return np.where(reached, narrow.argmax(axis=0), len(narrow) - 1), reached
