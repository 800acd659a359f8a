# SPDX-License-Identifier: MIT
"""Draws of unchanged cells from recorded noise.

A noise file is CSV with the columns seq (the process, in order), size_kib, and chase1_ns to
chase3_ns: three values of that process. Other columns do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

Array = npt.NDArray[np.float64]
VALUES = ("chase1_ns", "chase2_ns", "chase3_ns")


@dataclass(frozen=True)
class Noise:
    """One set: per size one array of shape (processes, 3), in the order of the processes."""

    name: str
    sizes: tuple[Array, ...]


@dataclass(frozen=True)
class Draw:
    """Matrices of unchanged cells: what a rule gets to see.

    `base` and `candidate` have shape (matrices, cells, n, 3): n processes of three values.
    `effects` has shape (matrices, cells, n) and is what the gate sees: log ratios. `apart` says
    that the two sides are whole campaigns, so that the gate doubts what they have in common.
    """

    base: Array
    candidate: Array
    effects: Array
    apart: bool = False


def read(folder: Path) -> list[Noise]:
    """All noise sets of a folder.

    Raises:
        SystemExit: There is none, or a file has not the columns.
    """
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise SystemExit(f"{folder}: no noise/*.csv there: name the folder that holds them")
    return [_read(path) for path in paths]


def _read(path: Path) -> Noise:
    table = pd.read_csv(path)
    missing = {"seq", "size_kib", *VALUES} - set(table.columns)
    if missing:
        raise SystemExit(f"{path}: lacks the columns {', '.join(sorted(missing))}")
    table = table[(table[list(VALUES)] > 0).all(axis=1)].sort_values("seq", kind="stable")
    groups = [group[list(VALUES)].to_numpy(float) for _, group in table.groupby("size_kib")]
    return Noise(path.stem, tuple(groups))


def blocks(noise: Noise, shape: tuple[int, int], length: int, rng: np.random.Generator) -> Array:
    """Consecutive processes from a random start, of a random size, for each cell.

    A block that reaches the end goes on at the beginning.

    Returns:
        Shape (matrices, cells, length, 3).
    """
    size = rng.integers(len(noise.sizes), size=shape)
    found = np.empty((*shape, length, len(VALUES)))
    for number, values in enumerate(noise.sizes):
        where = size == number
        start = rng.integers(len(values), size=int(where.sum()))
        found[where] = values[(start[:, None] + np.arange(length)) % len(values)]
    return found


def pairs(noise: Noise, shape: tuple[int, int], n: int, rng: np.random.Generator) -> Draw:
    """Neighbours form a pair, in random order: an ab run on consecutive stretches of noise."""
    both = blocks(noise, shape, 2 * n, rng).reshape(*shape, n, 2, len(VALUES))
    first = rng.integers(2, size=(*shape, n))[..., None, None]
    base, candidate = (
        np.take_along_axis(both, side, axis=3)[..., 0, :] for side in (first, 1 - first)
    )
    effects = np.log(np.median(candidate, axis=-1) / np.median(base, axis=-1))
    return Draw(base, candidate, effects)


def consecutive(noise: Noise, shape: tuple[int, int], n: int, rng: np.random.Generator) -> Draw:
    """A block of processes as the baseline, the block behind it as the candidate.

    Others compare the values of the blocks. The gate compares ratios to the control of the
    same process: of its first two values one, by chance, is the control, as slices of a duet
    take turns by chance.
    """
    both = blocks(noise, shape, 2 * n, rng)
    base, candidate = both[..., :n, :], both[..., n:, :]
    ratio = np.log(both[..., 0] / both[..., 1]) * rng.choice((-1.0, 1.0), size=both.shape[:-1])
    return Draw(base, candidate, ratio[..., n:] - ratio[..., :n], apart=True)


DESIGNS = {"pairs in random order": pairs, "consecutive blocks": consecutive}
