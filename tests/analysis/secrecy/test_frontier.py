# SPDX-License-Identifier: MIT
"""Which modes no other beats."""

from __future__ import annotations

import pytest

from analysis.secrecy.cost import Cost
from analysis.secrecy.frontier import beaten_by
from analysis.secrecy.matrix import Rank


def cost(mode: str, low: float, high: float) -> Cost:
    return Cost(mode, "cell", (low + high) / 2, low, high, "s", "")


def rank(mode: str, *closed: str) -> Rank:
    return Rank(mode, frozenset(closed), frozenset(), frozenset("abc") - frozenset(closed))


RANKS = {
    mode: rank(mode, *closed) for mode, closed in {"low": "a", "mid": "ab", "odd": "c"}.items()
}


@pytest.mark.parametrize(
    ("price", "beaten"),
    [
        ({"low": (1, 2), "mid": (3, 4), "odd": (5, 6)}, {"low": (), "mid": (), "odd": ()}),
        ({"low": (3, 4), "mid": (1, 2), "odd": (5, 6)}, {"low": ("mid",), "mid": (), "odd": ()}),
        ({"low": (1, 3), "mid": (2, 4), "odd": (5, 6)}, {"low": ("mid",), "mid": (), "odd": ()}),
        ({"low": (1, 2), "odd": (5, 6)}, {"low": (), "odd": ()}),
    ],
)
def test_a_mode_is_beaten_by_one_as_secret_that_is_not_dearer(
    price: dict[str, tuple[float, float]], beaten: dict[str, tuple[str, ...]]
) -> None:
    of_price = {mode: cost(mode, *interval) for mode, interval in price.items()}
    assert beaten_by(RANKS, [of_price]) == beaten


def test_alike_modes_beat_each_other_only_where_one_is_cheaper() -> None:
    alike = {mode: rank(mode, "a") for mode in ("one", "other")}
    same = {mode: cost(mode, 1, 2) for mode in alike}
    assert beaten_by(alike, [same]) == {"one": (), "other": ()}
    apart = {"one": cost("one", 1, 2), "other": cost("other", 3, 4)}
    assert beaten_by(alike, [apart]) == {"one": (), "other": ("one",)}
    against = {"one": cost("one", 3, 4), "other": cost("other", 1, 2)}
    assert beaten_by(alike, [apart, against]) == {"one": (), "other": ()}
