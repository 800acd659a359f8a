# SPDX-License-Identifier: MIT
"""Whether the order of the runs shows anything: permutation tests, exact where runs are few.

Were the runs independent, each order of their values would be equally likely. So the p-value is
the share of orders in which the statistic is as large: over all orders of up to eight runs, over
drawn ones of more (Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 3rd ed., 3.2).
"""

import itertools
import math
from functools import lru_cache

import numpy as np

from .array import FloatArray, IntArray
from .widening import ranks, serial

EXACT_RUNS = 8
"""Most runs of which every order is looked at: 40,320."""

DRAWS = 9999
"""Orders drawn of more runs: a p-value of .01 is then right to .001 (one standard error)."""

SEED = 20261202


def serial_p(values: FloatArray) -> float:
    """P-value that neighbours are so alike by chance: one-sided, 1 for values all alike.

    Args:
        values: One number per run in their order, shape (n,), finite.
    """
    rows = ranks(values)
    return _share_of(_serials(tuple(np.sort(rows).tolist())), float(serial(rows)))


def trend_p(values: FloatArray) -> float:
    """Two-sided p-value of Spearman's coefficient of values and order, 1 for values all alike."""
    rows = ranks(values)
    size = abs(float(rows @ _time(rows.size)))
    return _share_of(_trends(tuple(np.sort(rows).tolist())), size)


def correlation_p(values: FloatArray, others: FloatArray) -> float:
    """Two-sided p-value of Pearson's coefficient of two series, 1 for values all alike.

    Args:
        values: Shape (n,), finite.
        others: Of the same runs, same shape.
    """
    away = others - others.mean()
    null = np.sort(np.abs(_orders(tuple(values.tolist())) @ away))
    return _share_of(null, abs(float(values @ away)), float(null[-1]) * 1e-9)


def _share_of(null: FloatArray, seen: float, slack: float = 1e-9) -> float:
    """Share of the null distribution (ascending) that is as large, of drawn orders with the own."""
    drawn = null.size == DRAWS
    reached = null.size - int(np.searchsorted(null, seen - slack, side="left"))
    return (reached + drawn) / (null.size + drawn)


@lru_cache(maxsize=512)
def _serials(ordered: tuple[float, ...]) -> FloatArray:
    return np.sort(serial(_orders(ordered)))


@lru_cache(maxsize=512)
def _trends(ordered: tuple[float, ...]) -> FloatArray:
    return np.sort(np.abs(_orders(ordered) @ _time(len(ordered))))


def _orders(ordered: tuple[float, ...]) -> FloatArray:
    """All orders of a few values, or some of many, shape (orders, n)."""
    runs = len(ordered)
    if runs <= EXACT_RUNS:
        return np.array(ordered)[_every(runs)]
    copies = np.tile(np.array(ordered), (DRAWS, 1))
    return np.random.default_rng(SEED).permuted(copies, axis=1)


@lru_cache(maxsize=EXACT_RUNS)
def _every(runs: int) -> IntArray:
    every = list(itertools.permutations(range(runs)))
    return np.array(every, dtype=np.int64).reshape(math.factorial(runs), runs)


def _time(runs: int) -> FloatArray:
    return np.arange(runs, dtype=np.float64) - (runs - 1) / 2
