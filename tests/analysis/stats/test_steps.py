# SPDX-License-Identifier: MIT
"""Where series moved: steps, episodes and spikes, and none of them where nothing moved."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.stats import steps
from tests.calibrate import moving

SMALLEST = math.log1p(0.01)


def noise(rng: np.random.Generator, count: int, campaigns: int) -> list[moving.Draw]:
    return [moving.independent(campaigns, rng) for _ in range(count)]


@pytest.mark.parametrize("campaigns", [6, 7, 8, 20, 60, 200])
def test_nothing_is_found_where_nothing_moved(campaigns: int) -> None:
    rng = np.random.default_rng(1000 + campaigns)
    found = steps.search(noise(rng, 100, campaigns), SMALLEST)
    assert sum(bool(each.steps or each.episodes) for each in found) == 0


@pytest.mark.parametrize("campaigns", [8, 12])
def test_short_series_of_which_each_has_its_own_spread_rarely_move(campaigns: int) -> None:
    """At most five standard errors over 5 % of reports."""
    rng = np.random.default_rng(campaigns)
    wrong = 0
    for _ in range(60):
        found = steps.search([moving.uneven(campaigns, rng) for _ in range(40)], SMALLEST)
        wrong += any(each.steps or each.episodes for each in found)
    assert wrong <= 60 * 0.05 + 5 * math.sqrt(60 * 0.05 * 0.95)


def test_steps_of_5_and_3_percent_are_found_at_60_campaigns() -> None:
    rng = np.random.default_rng(60)
    for size, least in ((0.05, 19), (0.03, 15)):
        draws = noise(rng, 40, 60)
        for values, _ in draws[:20]:
            values[30:] += math.log1p(size)
        found = steps.search(draws, SMALLEST)
        assert sum(bool(each.steps) for each in found[:20]) >= least
        assert not any(each.steps for each in found[20:])


@pytest.mark.parametrize("length", [4, 5, 8])
def test_a_stretch_that_ends_where_it_began_is_an_episode(length: int) -> None:
    rng = np.random.default_rng(length)
    draws = noise(rng, 10, 60)
    draws[0][0][20 : 20 + length] += math.log1p(0.3)
    found = steps.search(draws, SMALLEST)
    (episode,) = found[0].episodes
    assert (episode.begin, episode.end) == (20, 20 + length)
    assert found[0].steps == ()


@pytest.mark.parametrize("length", [1, 2])
def test_few_points_that_stand_out_are_a_spike(length: int) -> None:
    rng = np.random.default_rng(length)
    draws = noise(rng, 10, 60)
    draws[0][0][20 : 20 + length] += math.log1p(0.3)
    found = steps.search(draws, SMALLEST)
    (spike,) = found[0].spikes
    assert (spike.begin, spike.end) == (20, 20 + length)
    assert not found[0].steps
    assert not found[0].episodes


def test_a_spike_does_not_hide_a_step() -> None:
    rng = np.random.default_rng(3)
    draws = noise(rng, 10, 60)
    draws[0][0][30:] += math.log1p(0.05)
    draws[0][0][[10, 45]] -= 0.4
    found = steps.search(draws, SMALLEST)
    assert [abs(cut.index - 30) <= 2 for cut in found[0].steps] == [True]
    assert len(found[0].spikes) == 2


def test_campaigns_that_are_hardly_known_make_no_step() -> None:
    rng = np.random.default_rng(4)
    draws = noise(rng, 20, 40)
    for values, errors in draws:
        errors[:] = 0.02
        errors[30:] = 0.2
        values[30:] = rng.normal(0, 0.2, 10)
    assert not any(each.steps or each.episodes for each in steps.search(draws, SMALLEST))


def test_series_that_do_not_vary_have_no_step_and_one_that_jumps_has() -> None:
    unknown = np.full(12, np.nan)
    jump = np.repeat([0.0, 0.1], 6)
    found = steps.search([(np.zeros(12), unknown), (jump, unknown)], SMALLEST)
    assert found[0] == steps.Found()
    assert [cut.index for cut in found[1].steps] == [6]


def test_what_is_too_short_or_nothing_is_not_searched() -> None:
    short = (np.array([0.0, 1.0, 0.0]), np.full(3, np.nan))
    assert steps.search([short], SMALLEST) == [steps.Found()]
    assert steps.search([], SMALLEST) == []
