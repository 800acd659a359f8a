# SPDX-License-Identifier: MIT
"""The gate where runs are not exchangeable across campaigns: few false alarms, and a reason."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.stats import dependence, offset, power, sequential
from analysis.stats.one_sided import trimmed
from analysis.stats.sequential import DEPENDENT, INCONCLUSIVE, OFFSET, PASS, REGRESSED, Origin
from tests.calibrate import doubtful

MATRICES = 60
ROOM = 4 * math.sqrt(0.05 * 0.95 / MATRICES)
"""Four standard errors of a share of 5 %."""

FLOORS = np.arange(doubtful.CELLS) < doubtful.FLOORS
SETS = {each.name: each for each in doubtful.SETS}


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("margin", doubtful.MARGINS)
def test_no_set_raises_more_false_alarms_than_promised(name: str, margin: float) -> None:
    found = doubtful.judged(SETS[name], (MATRICES, doubtful.CELLS, 20), margin, rng())
    alarmed = (found.verdicts == REGRESSED).any(axis=1).mean()
    assert alarmed <= 0.05 + ROOM


def test_equal_campaigns_whose_runs_are_exchangeable_pass_still() -> None:
    found = doubtful.judged(SETS["independent"], (20, doubtful.CELLS, 40), 0.05, rng())
    assert (found.verdicts == PASS).mean() >= 0.95


def test_what_is_withheld_says_why() -> None:
    """Runs that depend on each other, and campaigns that lie apart."""
    shape = (20, doubtful.CELLS, 20)
    for name, reason in (("autocorrelation .5", DEPENDENT), ("offsets of 2 %", OFFSET)):
        found = doubtful.judged(SETS[name], shape, 0.05, rng())
        assert (found.withheld == reason).mean() >= 0.3
        assert (found.verdicts[found.withheld > 0] == INCONCLUSIVE).all()


def test_a_real_regression_is_seen_although_campaigns_may_differ() -> None:
    """Ten standard deviations of a run: no mere offset of these campaigns explains it."""
    shape = (20, doubtful.CELLS, 20)
    effects = doubtful.independent(shape, rng(2)) - doubtful.independent(shape, rng(3))
    effects[:, 50] += 0.2
    looks = [sequential.shares(sequential.planned(20), doubtful.CELLS)] * doubtful.CELLS
    margins = np.full(doubtful.CELLS, math.log1p(0.05))
    found = sequential.decide(effects, looks, margins, Origin(floors=FLOORS))
    assert (found.verdicts[:, 50] == REGRESSED).mean() >= 0.8


def test_cells_measured_again_one_by_one_stay_one_family() -> None:
    """Each attempt is held four times as strictly: over both, at most 5 % and a little."""
    cells, runs, margin = 100, 12, math.log1p(0.01)
    alarmed = np.zeros(MATRICES, dtype=bool)
    undecided = np.ones((MATRICES, cells), dtype=bool)
    draw = rng(4)
    for attempt in (1, 2, 3):
        size = cells * 4 ** (attempt - 1)
        effects = draw.normal(0, 0.02, (MATRICES, cells, runs))
        for cell in range(cells):
            rows = np.flatnonzero(undecided[:, cell])
            looks = [sequential.shares(sequential.planned(runs), size)]
            found = sequential.decide(
                effects[rows][:, [cell]], looks, np.array([margin]), Origin(family=size)
            )
            alarmed[rows] |= found.verdicts[:, 0] == REGRESSED
            undecided[rows, cell] = found.verdicts[:, 0] == INCONCLUSIVE
    assert alarmed.mean() <= 0.05 + ROOM


@pytest.mark.parametrize(("spread", "truth"), [(0.02, 0.0), (0.03, 0.03), (0.04, 0.1)])
def test_further_runs_keep_their_promise(spread: float, truth: float) -> None:
    """Of .8, by simulation of the rule: at least .75, from what few runs show of the spread."""
    draw, family, kept, asked = rng(5), 20, 0, 0
    for _ in range(40):
        seen = draw.normal(0, spread, 10)
        found = trimmed(seen)
        setting = power.Setting(math.log1p(0.05), float(found.spread), found.freedom, family)
        more = power.further_runs(setting, truth, 10)
        if more is None:
            continue
        runs = 10 + more
        looks = sequential.shares(sequential.planned(runs), family)
        effects = draw.normal(truth, spread, (50, 1, runs))
        origin = Origin(family=family)
        said = sequential.decide(effects, [looks], np.array([setting.margin]), origin)
        kept += int((said.verdicts != INCONCLUSIVE).sum())
        asked += 50
    assert asked
    assert kept / asked >= 0.75


def test_the_smallest_effect_seen_is_seen_with_a_power_of_80_percent() -> None:
    family, runs, spread = 50, 20, 0.02
    looks = sequential.shares(sequential.planned(runs), family)
    setting = power.Setting(math.log1p(0.01), spread, 10_000, family)
    smallest = power.smallest_seen(setting, looks)
    effects = rng(6).normal(smallest, spread, (2000, 1, runs))
    found = sequential.decide(effects, [looks], np.array([setting.margin]), Origin(family=family))
    assert 0.76 <= (found.verdicts == REGRESSED).mean() <= 0.84


def test_dependence_is_found_where_it_is_and_not_where_it_is_not() -> None:
    draw = doubtful.autocorrelated(0.6)((400, 1, 40), rng(7))[:, 0]
    found = [dependence.dependence(each) for each in draw]
    assert np.mean([each.lag1 for each in found]) == pytest.approx(0.6, abs=0.05)
    assert np.mean([each.p_serial < 0.05 for each in found]) >= 0.85
    none = [dependence.dependence(each) for each in rng(8).normal(size=(1000, 20))]
    for name in ("p_serial", "p_trend"):
        assert np.mean([getattr(each, name) < 0.05 for each in none]) <= 0.07
    drift = dependence.dependence(np.arange(20.0))
    assert drift.p_trend < 1e-4


def test_runs_that_are_alike_or_few_depend_on_nothing() -> None:
    for values in (np.zeros(20), np.arange(4.0), np.empty(0)):
        found = dependence.dependence(values)
        assert (found.lag1, found.p_serial, found.p_trend) == (0, 1, 1)


def test_offsets_are_told_by_cells_that_are_known_to_be_unchanged() -> None:
    """Ten floors whose campaigns lie a standard deviation apart, or do not."""
    variances, counts = np.full((1, 10), 0.05), np.ones((1, 10), dtype=bool)
    apart, shown = offset.knowledge(rng(9).normal(0, 1.2, (1, 10)), variances, counts, 1.0, None)
    close, _ = offset.knowledge(np.full((1, 10), 0.01), variances, counts, 1.0, None)
    assert shown[0]
    assert float(offset.upper(apart[0])) > 0.8
    assert float(offset.upper(close[0])) < 0.4


def test_several_campaigns_of_a_baseline_tell_how_far_campaigns_lie_apart() -> None:
    draw = rng(10)
    near = [draw.normal(0, 1, 20) for _ in range(3)]
    far = [draw.normal(place, 1, 20) for place in (0, 5, -5)]
    assert offset.between(near)[0] < 1 < offset.between(far)[0]
    assert offset.between(near[:1]) == (0.0, 0.0, 0.0)
    assert offset.between([np.zeros(20)] * 2) == (0.0, 0.0, 0.0)
