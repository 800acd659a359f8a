# SPDX-License-Identifier: MIT
"""The effect with what placement explains taken out, beside the plain one.

How fast memory is depends on how many blocks of 2M its pages lie in, and each run has frames of
its own. Where the log ratio of the blocks of both arms explains a good part of the runs' variance,
the effect is adjusted by a straight line: to arms in as many blocks where runs lie on both sides
of that, else to the campaign's usual placement, since no line is to be drawn beyond what was seen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..read.record import Metric, Run
from ..stats.array import FloatArray
from ..stats.interval import MIN_RUNS, over_runs, scaled
from ..stats.order_test import correlation_p
from .effect import BY_CHANCE, effect_of

EXPLAINED = 0.25
"""Share of the variance from which on placement is reckoned with."""

FEWEST = MIN_RUNS + 2
"""Runs below which no line is drawn."""


@dataclass(frozen=True)
class Adjusted:
    """An effect at one placement: a plain ratio, or a difference in the metric's unit."""

    estimate: float
    low: float
    high: float
    blocks_ratio: float
    """Blocks of the treatment over those of the control at which it stands; 1 where both lie in as
    many."""
    explained: float
    """Share of the variance over runs that placement explains."""
    p: float
    """P-value of so close a relation by chance."""


def adjusted(runs: Sequence[Run], metric: Metric) -> Adjusted | None:
    """The adjusted effect of a cell; None where placement explains little, or is not known.

    Args:
        runs: Its good runs in their order.
        metric: What was measured.
    """
    pairs = [(effect_of(run, metric), _blocks(run)) for run in runs]
    known = [(effect, blocks) for effect, blocks in pairs if math.isfinite(effect + blocks)]
    if len(known) < FEWEST:
        return None
    effects, blocks = np.array(known).T
    if not np.ptp(blocks) or not np.ptp(effects):
        return None
    explained = float(np.corrcoef(effects, blocks)[0, 1] ** 2)
    if explained < EXPLAINED or (p := correlation_p(effects, blocks)) >= BY_CHANCE:
        return None
    at = 0.0 if blocks.min() <= 0 <= blocks.max() else float(np.median(blocks))
    bounds = _at(effects, blocks, at)
    if metric.effect == "ratio":
        bounds = np.exp(bounds)
    estimate, low, high = bounds.tolist()
    return Adjusted(estimate, low, high, math.exp(at), explained, p)


def _at(effects: FloatArray, blocks: FloatArray, at: float) -> FloatArray:
    """Estimate and bounds at one placement, by the line of least squares.

    The interval over what the line leaves is wider for the line's own error: by the leverage of
    that placement, and for the degree of freedom that it takes.
    """
    runs, away = effects.size, blocks - blocks.mean()
    slope = float(away @ effects / (away @ away))
    leverage = 1 + runs * (at - float(blocks.mean())) ** 2 / float(away @ away)
    found = over_runs(effects - slope * (blocks - at))
    wide = scaled(found, math.sqrt(leverage * (runs - 1) / (runs - 2)))
    return np.array([wide.estimate, wide.low, wide.high])


def _blocks(run: Run) -> float:
    """Log ratio of the blocks of both arms; NaN where they are not known."""
    here, there = run.placement.treatment, run.placement.control
    if not here or not there or min(here.blocks_2m, there.blocks_2m) <= 0:
        return math.nan
    return math.log(here.blocks_2m / there.blocks_2m)
