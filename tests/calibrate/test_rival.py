# SPDX-License-Identifier: MIT
"""The rules of other tools, as vectorised here, are theirs."""

from __future__ import annotations

import numpy as np
from pyperf import _utils as pyperf_utils  # type: ignore[import-untyped]
from scipy.stats import mannwhitneyu

from . import rival
from .noise import Array, Noise, consecutive, pairs

RNG = np.random.default_rng(7)
BASE: Array = np.round(np.exp(RNG.normal(0, 0.05, (2, 20, 12, 3))), 2).astype(np.float64)
CANDIDATE: Array = np.round(np.exp(RNG.normal(0.02, 0.05, (2, 20, 12, 3))), 2).astype(np.float64)


def test_pyperf_is_pyperf() -> None:
    called = rival.pyperf(BASE, CANDIDATE)
    for place in np.ndindex(called.shape):
        below, above = BASE[place].ravel().tolist(), CANDIDATE[place].ravel().tolist()
        significant, score = pyperf_utils.is_significant(above, below)
        assert called[place] == (significant and score > 0)
    assert called.any()
    assert not called.all()


def test_mann_whitney_is_that_of_scipy_with_ties() -> None:
    p = rival.mann_whitney_p(BASE, CANDIDATE)
    for place in np.ndindex(p.shape):
        below, above = (np.median(side[place], axis=-1) for side in (BASE, CANDIDATE))
        expected = mannwhitneyu(above, below, alternative="greater", method="asymptotic").pvalue
        assert abs(p[place] - expected) < 1e-9


def test_draws_are_consecutive_stretches_of_the_noise() -> None:
    rows = np.arange(1.0, 51)[:, None] + np.array([0.1, 0.2, 0.3])
    noise = Noise("numbered", (rows,))
    drawn = pairs(noise, (2, 3), 5, RNG)
    steps = (drawn.candidate[..., 0, None] - drawn.base[..., 0, None]) % 50
    assert set(np.unique(np.round(steps))) == {1.0, 49.0}
    members = np.sort(np.concatenate((drawn.base, drawn.candidate), axis=2)[..., 0], axis=-1)
    assert (np.diff(members, axis=-1) > 0).all()
    blocks = consecutive(noise, (2, 3), 5, RNG)
    follows = (blocks.candidate[..., 0, 0] - blocks.base[..., -1, 0]) % 50
    assert np.allclose(follows, 1)
    assert drawn.effects.shape == blocks.effects.shape == (2, 3, 5)
