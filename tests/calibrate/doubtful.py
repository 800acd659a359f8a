# SPDX-License-Identifier: MIT
"""Unchanged cells of two campaigns whose runs are not exchangeable, and what the gate says of them.

Everything here is simulated. A run varies by 2 % unless a set says otherwise; "unchanged" is that
the middle run of both campaigns is the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.stats import offset, sequential
from analysis.stats.offset import Earlier
from analysis.stats.sequential import Origin

from .proportion import wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .noise import Array

CELLS = 100
FLOORS = 10
"""Of these are A/A cells, as in the plan ci, which has ten among twenty-seven."""

CHUNK = 50
SPREAD = 0.02
RUNS = (12, 20, 40)
MARGINS = (0.05, 0.01)

Shape = tuple[int, int, int]
Rng = np.random.Generator


@dataclass(frozen=True)
class Doubtful:
    """One set: how a campaign of shape (matrices, cells, runs) comes about, and of how many the
    baseline is made."""

    name: str
    baseline: Callable[[Shape, Rng], Array]
    candidate: Callable[[Shape, Rng], Array]
    campaigns: int = 1


def independent(shape: Shape, rng: Rng) -> Array:
    """Normal runs."""
    return rng.normal(0, SPREAD, shape)


def autocorrelated(rho: float, share: float = 1.0) -> Callable[[Shape, Rng], Array]:
    """A first-order autoregressive series in a share of the cells."""

    def draw(shape: Shape, rng: Rng) -> Array:
        found = rng.normal(0, SPREAD, shape)
        cells = math.ceil(share * shape[1])
        for run in range(1, shape[2]):
            new = math.sqrt(1 - rho**2) * found[:, :cells, run]
            found[:, :cells, run] = rho * found[:, :cells, run - 1] + new
        return found

    return draw


def apart(
    spread: float, runs: Callable[[Shape, Rng], Array] = independent
) -> Callable[[Shape, Rng], Array]:
    """Each cell of the campaign as a whole lies elsewhere."""
    return lambda shape, rng: runs(shape, rng) + rng.normal(0, spread, (*shape[:2], 1))


def drifting(shape: Shape, rng: Rng) -> Array:
    """Each cell wanders by two standard deviations up to four over the campaign, either way."""
    slope = rng.choice((-1, 1), (*shape[:2], 1)) * rng.uniform(2, 4, (*shape[:2], 1)) * SPREAD
    return independent(shape, rng) + slope * (np.arange(shape[2]) / (shape[2] - 1) - 0.5)


def normal(spread: float) -> Callable[[Shape, Rng], Array]:
    """Normal runs of another spread."""
    return lambda shape, rng: rng.normal(0, spread, shape)


def skewed(spread: float) -> Callable[[Shape, Rng], Array]:
    """Exponential runs whose median is zero."""
    return lambda shape, rng: spread * (rng.exponential(1, shape) - math.log(2))


def uneven(shape: Shape, rng: Rng) -> Array:
    """Exponential runs; each cell of each campaign has a spread of its own."""
    return np.exp(rng.normal(0, 0.7, (*shape[:2], 1))) * skewed(SPREAD)(shape, rng)


SETS = (
    Doubtful("independent", independent, independent),
    Doubtful("autocorrelation .5", autocorrelated(0.5), autocorrelated(0.5)),
    Doubtful("autocorrelation .8 in a tenth", autocorrelated(0.8, 0.1), independent),
    Doubtful("drift", independent, drifting),
    Doubtful("offsets of 1 %", apart(0.01), apart(0.01)),
    Doubtful("offsets of 2 %", apart(0.02), apart(0.02)),
    Doubtful("offsets of 2 %, 3 baselines", apart(0.02), apart(0.02), campaigns=3),
    Doubtful(
        "offsets of 1 %, autocorrelation .5",
        apart(0.01, autocorrelated(0.5)),
        apart(0.01, autocorrelated(0.5)),
    ),
    Doubtful("heteroscedastic: 1 % and 4 %", normal(0.01), normal(0.04)),
    Doubtful("heteroscedastic: 4 % and 1 %", normal(0.04), normal(0.01)),
    Doubtful("skewed", skewed(0.02), skewed(0.02)),
    Doubtful("skewed: 0 % and 2 %", skewed(0), skewed(0.02)),
    Doubtful("skewed: 1 % and 8 %", skewed(0.01), skewed(0.08)),
    Doubtful("skewed, each cell its own", uneven, uneven),
)


@dataclass
class Tally:
    """What the gate said of many unchanged matrices."""

    matrices: int = 0
    alarmed: int = 0
    cells: int = 0
    passed: int = 0
    by_runs: int = 0
    by_offset: int = 0
    used: float = 0.0

    def enter(self, found: sequential.Outcome) -> None:
        """Take in matrices."""
        self.matrices += len(found.verdicts)
        self.alarmed += int((found.verdicts == sequential.REGRESSED).any(axis=1).sum())
        self.cells += found.verdicts.size
        self.passed += int((found.verdicts == sequential.PASS).sum())
        self.by_runs += int((found.withheld == sequential.DEPENDENT).sum())
        self.by_offset += int((found.withheld == sequential.OFFSET).sum())
        self.used += float(found.used.sum())


def judged(each: Doubtful, shape: Shape, margin: float, rng: Rng) -> sequential.Outcome:
    """Draw matrices and let the rule judge them."""
    matrices, cells, runs = shape
    past = [each.baseline(shape, rng) for _ in range(each.campaigns)]
    # Runs of several campaigns take turns.
    base = np.stack(past, axis=-1).reshape(matrices, cells, -1)[..., :runs]
    origin = Origin(
        floors=np.arange(cells) < FLOORS,
        campaigns=each.campaigns,
        earlier=earlier(past) if each.campaigns > 1 else None,
    )
    looks = [sequential.shares(sequential.planned(runs), cells)] * cells
    effects = each.candidate(shape, rng) - base
    return sequential.decide(effects, looks, np.full(cells, math.log1p(margin)), origin)


def earlier(past: list[Array]) -> Earlier:
    """What several campaigns of a baseline say, as the gate reads it from records."""
    matrices, cells, _ = past[0].shape
    found = np.array(
        [
            [offset.between([each[row, cell] for each in past]) for cell in range(cells)]
            for row in range(matrices)
        ]
    )
    return Earlier(found[..., 0], found[..., 1], found[..., 2])


def table(matrices: int, rng: Rng) -> Iterator[str]:
    """False alarms, passes and withheld verdicts by set; yields lines of a table."""
    heads = ("set", "n", "margin", "any false alarm", "pass", "withheld: runs", "withheld: offset",
             "stops after")  # fmt: skip
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for each in SETS:
        for runs in RUNS:
            for margin in MARGINS:
                found = Tally()
                for begin in range(0, matrices, CHUNK):
                    shape = (min(CHUNK, matrices - begin), CELLS, runs)
                    found.enter(judged(each, shape, margin, rng))
                yield _row(each.name, runs, margin, found)


def _row(name: str, runs: int, margin: float, found: Tally) -> str:
    upper = wilson(found.alarmed, found.matrices)[1]
    numbers = (
        f"{found.alarmed / found.matrices:.3f} (to {upper:.3f})",
        *(f"{each / found.cells:.3f}" for each in (found.passed, found.by_runs, found.by_offset)),
        f"{found.used / found.cells:.1f}",
    )
    return f"| {name} | {runs} | {100 * margin:g} % | {' | '.join(numbers)} |"


def broken(lines: list[str]) -> list[str]:
    """Rows with more false alarms than are promised."""
    return [line for line in lines[2:] if float(line.split(" | ")[3].split(" ")[0]) > 0.05]
