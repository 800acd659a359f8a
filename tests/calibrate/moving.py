# SPDX-License-Identifier: MIT
"""Series over campaigns that moved, or did not, and what `history` says of them.

Everything here is simulated but for the recorded noise. A campaign varies by 2 % unless a row says
otherwise.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from analysis.gate.search import MIN_MAGNITUDE
from analysis.stats import steps

from .proportion import wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .noise import Array, Noise

SERIES = 40
"""Series of a report in which none moves."""

AMONG = 100
"""Series of a report in which some move."""

MOVING = 5
"""Of these."""

NEAR = 2
"""By how many campaigns the place of a step may be missed."""

SPREAD = 0.02
LENGTHS = (8, 60)
LONG = 200
"""Campaigns, for some sets: a series of so many takes long."""

ALLOWED = 0.08
"""Share of 250 reports beyond which .05 is not believed: 2.2 standard errors."""

SMALLEST = math.log1p(MIN_MAGNITUDE)

Rng = np.random.Generator
Draw = tuple["Array", "Array"]
"""Log ratios and their standard errors, NaN where they are not known."""


def independent(campaigns: int, rng: Rng) -> Draw:
    """Normal campaigns whose intervals are not known."""
    return rng.normal(0, SPREAD, campaigns), np.full(campaigns, np.nan)


def heavy(campaigns: int, rng: Rng) -> Draw:
    """Student's t with three degrees of freedom."""
    return SPREAD * rng.standard_t(3, campaigns), np.full(campaigns, np.nan)


def uneven(campaigns: int, rng: Rng) -> Draw:
    """Each series has a spread of its own."""
    found, errors = independent(campaigns, rng)
    return found * math.exp(rng.normal()), errors


def known(campaigns: int, rng: Rng) -> Draw:
    """Each campaign has a spread of its own, and its interval says so."""
    errors = SPREAD * np.exp(rng.normal(0, 0.7, campaigns))
    return rng.normal(0, errors), errors


def spiky(campaigns: int, rng: Rng) -> Draw:
    """One campaign in fifty stands out by 30 %."""
    found, errors = independent(campaigns, rng)
    return found + 0.26 * (rng.random(campaigns) < 0.02), errors


def autocorrelated(rho: float) -> Callable[[int, Rng], Draw]:
    """A first-order autoregressive series."""

    def draw(campaigns: int, rng: Rng) -> Draw:
        found, errors = independent(campaigns, rng)
        for place in range(1, campaigns):
            found[place] = rho * found[place - 1] + math.sqrt(1 - rho**2) * found[place]
        return found, errors

    return draw


def recorded(noise: Noise) -> Callable[[int, Rng], Draw]:
    """Ratios of two values of one process, processes in their order."""

    def draw(campaigns: int, rng: Rng) -> Draw:
        values = noise.sizes[rng.integers(len(noise.sizes))]
        rows = values[(rng.integers(len(values)) + np.arange(campaigns)) % len(values)]
        return np.log(rows[:, 0] / rows[:, 1]), np.full(campaigns, np.nan)

    return draw


SETS = {
    "independent": independent,
    "heavy tails (t, 3)": heavy,
    "each series its own spread": uneven,
    "each campaign its own interval": known,
    "spikes of 30 % in 2 %": spiky,
    "autocorrelation .5": autocorrelated(0.5),
}
LONG_SETS = (independent, heavy, known)


@dataclass(frozen=True)
class Move:
    """What is done to a series: by how much, from where, for how long (0: for good)."""

    name: str
    size: float
    begin: Callable[[int, Rng], int]
    lasts: int = 0
    campaigns: int = 60


def middle(campaigns: int, _rng: Rng) -> int:
    """Half way."""
    return campaigns // 2


def third(campaigns: int, _rng: Rng) -> int:
    """A third of the way."""
    return campaigns // 3


def anywhere(campaigns: int, rng: Rng) -> int:
    """With at least six campaigns before it, and behind its begin ten."""
    return int(rng.integers(6, campaigns - 10))


MOVES = (
    Move("5 %, half way", 0.05, middle),
    Move("5 %, anywhere", 0.05, anywhere),
    Move("5 %, anywhere", 0.05, anywhere, campaigns=200),
    Move("3 %, half way", 0.03, middle),
    Move("3 %, a third of the way", 0.03, third),
    Move("3 %, anywhere", 0.03, anywhere),
    Move("3 %, anywhere", 0.03, anywhere, campaigns=200),
    Move("2 %, half way", 0.02, middle),
    Move("30 % for 1", 0.3, anywhere, lasts=1),
    Move("30 % for 3", 0.3, anywhere, lasts=3),
    Move("30 % for 5", 0.3, anywhere, lasts=5),
    Move("30 % for 8", 0.3, anywhere, lasts=8),
    Move("10 % for 5", 0.1, anywhere, lasts=5),
    Move("6 % for 5", 0.06, anywhere, lasts=5),
)


@dataclass
class Tally:
    """What was said over many reports."""

    reports: int = 0
    wrong: int = 0
    """Reports in which a series moved that did not."""
    moved: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def enter(self, found: list[steps.Found], moved: list[int]) -> None:
        """Take in one report whose first series moved at these places."""
        self.reports += 1
        self.wrong += any(each.steps or each.episodes for each in found[len(moved) :])
        self.moved += len(moved)
        for each, place in zip(found, moved, strict=False):
            self.kinds["steps"] += bool(each.steps)
            self.kinds["episodes"] += bool(each.episodes)
            self.kinds["spikes"] += bool(each.spikes)
            self.kinds["near"] += any(abs(cut.index - place) <= NEAR for cut in each.steps)

    def share(self, kind: str) -> str:
        """How many of the series that moved."""
        return f"{self.kinds[kind] / self.moved:.3f}"


def report(draws: list[Draw], move: Move | None, rng: Rng) -> tuple[list[steps.Found], list[int]]:
    """Move the first of these series and search all."""
    places = []
    for values, _ in draws[: MOVING if move else 0]:
        assert move
        begin = move.begin(values.size, rng)
        values[begin : begin + move.lasts if move.lasts else None] += math.log1p(move.size)
        places.append(begin)
    return steps.search(draws, SMALLEST), places


def still(noise: list[Noise], reports: int, rng: Rng) -> Iterator[str]:
    """Reports with any series that moved where none did; yields lines of a table."""
    yield "| noise | campaigns | any false series | spikes of a hundred series |"
    yield "|---|---|---|---|"
    for name, draw in (SETS | {each.name: recorded(each) for each in noise}).items():
        for campaigns in (*LENGTHS, *([LONG] if draw in LONG_SETS else [])):
            found, spikes = Tally(), 0
            for _ in range(reports):
                said, _ = report([draw(campaigns, rng) for _ in range(SERIES)], None, rng)
                found.enter(said, [])
                spikes += sum(len(each.spikes) for each in said)
            upper = wilson(found.wrong, reports)[1]
            wrong = f"{found.wrong / reports:.3f} (to {upper:.3f})"
            yield f"| {name} | {campaigns} | {wrong} | {spikes / reports * 100 / SERIES:.2f} |"


def moving(reports: int, rng: Rng) -> Iterator[str]:
    """What is said of series that moved among others that did not; yields lines of a table."""
    yield ("| move | campaigns | step | within 2 campaigns | episode | spike | any false series |")
    yield "|" + "---|" * 7
    for move in MOVES:
        found = Tally()
        for _ in range(reports):
            draws = [independent(move.campaigns, rng) for _ in range(AMONG)]
            found.enter(*report(draws, move, rng))
        shares = " | ".join(found.share(kind) for kind in ("steps", "near", "episodes", "spikes"))
        wrong = f"{found.wrong / found.reports:.3f}"
        yield f"| {move.name} | {move.campaigns} | {shares} | {wrong} |"


def broken(lines: list[str]) -> list[str]:
    """Rows of `still` with clearly more false series than are promised."""
    return [line for line in lines[2:] if float(line.split(" | ")[2].split(" ")[0]) > ALLOWED]
