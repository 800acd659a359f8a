# SPDX-License-Identifier: MIT
"""What other tools call slower, vectorised: rules on the same draws.

Each takes (matrices, cells, n, 3) values of a baseline and a candidate and says per cell
whether it would call the candidate slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pyperf import _utils as pyperf_utils  # type: ignore[import-untyped]
from scipy.stats import norm, rankdata

if TYPE_CHECKING:
    from .noise import Array

Flags = npt.NDArray[np.bool_]


def pyperf(base: Array, candidate: Array) -> Flags:
    """pyperf compare_to: Student's t of all values pooled, 95 %, two-sided, then the means.

    pyperf/_utils.py, is_significant.
    """
    below, above = (side.reshape(*side.shape[:2], -1) for side in (base, candidate))
    count = below.shape[-1]
    variance = (below.var(axis=-1, ddof=1) + above.var(axis=-1, ddof=1)) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (above.mean(axis=-1) - below.mean(axis=-1)) / np.sqrt(2 * variance / count)
    return np.asarray(score >= pyperf_utils.tdist95conf_level(2 * count - 2))


def mann_whitney_p(base: Array, candidate: Array) -> Array:
    """One-sided p-values that the candidate is slower: normal, corrected for ties, continuity.

    One value per process, its median.
    """
    below, above = (np.median(side, axis=-1) for side in (base, candidate))
    m, n = below.shape[-1], above.shape[-1]
    ranks = rankdata(np.concatenate((below, above), axis=-1), axis=-1)
    u = ranks[..., m:].sum(axis=-1) - n * (n + 1) / 2
    ordered = np.sort(ranks, axis=-1)
    # With ties the variance of U falls by the sum over groups of t^3 - t, where t is the size.
    size = (ordered[..., :, None] == ordered[..., None, :]).sum(axis=-1)
    tied = (size.astype(float) ** 2 - 1).sum(axis=-1)
    total = m + n
    variance = m * n / 12 * (total + 1 - tied / (total * (total - 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = norm.sf((u - m * n / 2 - 0.5) / np.sqrt(variance))
    return np.asarray(np.where(variance > 0, p, 1.0))


def threshold(base: Array, candidate: Array) -> Flags:
    """The mean of all values has grown by more than 5 %."""
    return np.asarray(candidate.mean(axis=(-2, -1)) > 1.05 * base.mean(axis=(-2, -1)))


def rivals(base: Array, candidate: Array) -> dict[str, Flags]:
    """What each tool calls slower.

    benchstat (golang.org/x/perf benchmath, AssumeNothing) is a two-sided Mann-Whitney test at
    .05 without a correction over the table; what is significant counts by its medians.
    """
    p = mann_whitney_p(base, candidate)
    return {
        "pyperf compare_to": pyperf(base, candidate),
        "benchstat": np.asarray(2 * p < 0.05),
        "5 % on means": threshold(base, candidate),
        "Mann-Whitney, one-sided .05": np.asarray(p < 0.05),
        "Mann-Whitney, .05 / cells": np.asarray(p < 0.05 / base.shape[1]),
    }


RIVALS = (
    "pyperf compare_to",
    "benchstat",
    "5 % on means",
    "Mann-Whitney, one-sided .05",
    "Mann-Whitney, .05 / cells",
)
