# SPDX-License-Identifier: MIT
"""Prints how often the gate and other tools raise false alarms, and what they see.

Run as `python -m tests.calibrate [FOLDER] [--table NAME]... [--count N] [--seed S]`; FOLDER holds
noise as CSV, see `noise`. Exits 2 if the gate, or the history, misses what it promises.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.gate.policy import DEFAULT_MARGIN
from analysis.stats import sequential
from analysis.stats.sequential import Origin
from bench.ending import OK, USAGE, ended

from . import doubtful, moving
from .noise import DESIGNS, VALUES, Draw, Noise, read
from .proportion import wilson
from .rival import RIVALS, rivals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).parents[3] / "shared/data/noise"
CELLS = 100
CHUNK = 50
SPREAD = 0.02
"""Standard deviation over pairs of the log ratio, for power."""

TARGETS = (
    # shift, most pairs, margin
    (0.05, 12, 0.035),
    (0.05, 40, 0.035),
    (0.10, 40, DEFAULT_MARGIN),
    (0.02, 40, 0.014),
    (0.02, 40, 0.01),
)

GATES = {f"gate, margin {100 * margin:g} %": margin for margin in (DEFAULT_MARGIN, 0.01)}


@dataclass
class Count:
    """What one rule did over many matrices."""

    matrices: int = 0
    alarmed: int = 0
    """Matrices with a false alarm in any unchanged cell."""
    cells: int = 0
    seen: int = 0
    """Shifted cells that were called slower."""
    used: float = 0.0
    """Pairs taken over all unchanged cells until they were decided."""

    def enter(self, called: np.ndarray, used: np.ndarray | None, *, shifted: bool) -> None:
        """Take in (matrices, cells) flags; the first cell of each may be a shifted one."""
        same = called[:, 1:] if shifted else called
        self.matrices += len(called)
        self.alarmed += int(same.any(axis=1).sum())
        self.cells += same.size
        self.seen += int(called[:, 0].sum()) if shifted else 0
        if used is not None:
            self.used += float((used[:, 1:] if shifted else used).sum())


def tally(
    draw: Callable[[int], Draw], matrices: int, n: int, margins: dict[str, float], *, shifted: bool
) -> dict[str, Count]:
    """Let every rule judge the same draws."""
    counts = {name: Count() for name in (*margins, *RIVALS)}
    for begin in range(0, matrices, CHUNK):
        drawn = draw(min(CHUNK, matrices - begin))
        for name, margin in margins.items():
            looks = [sequential.shares(sequential.planned(n), CELLS)] * CELLS
            limits = np.full(CELLS, math.log1p(margin))
            origin = Origin(floors=np.arange(CELLS) < doubtful.FLOORS if drawn.apart else None)
            found = sequential.decide(drawn.effects, looks, limits, origin)
            called = found.verdicts == sequential.REGRESSED
            counts[name].enter(called, found.used, shifted=shifted)
        for name, called in rivals(drawn.base, drawn.candidate).items():
            counts[name].enter(called, None, shifted=shifted)
    return counts


def unchanged(noise: list[Noise], matrices: int, rng: np.random.Generator) -> Iterator[str]:
    """False alarms by noise set, design and number of runs; yields lines of a table."""
    yield "| noise | design | n | " + " | ".join((*GATES, "stops after", *RIVALS)) + " |"
    yield "|" + "---|" * (4 + len(GATES) + len(RIVALS))
    for each in noise:
        for design, draw in DESIGNS.items():
            for n in (12, 20, 40):
                counts = tally(
                    lambda size, each=each, draw=draw, n=n: draw(each, (size, CELLS), n, rng),  # type: ignore[misc]
                    matrices, n, GATES, shifted=False,
                )  # fmt: skip
                yield _row((each.name, design, str(n)), counts)


def _row(heads: tuple[str, ...], counts: dict[str, Count]) -> str:
    cells = list(heads)
    for name in GATES:
        share, upper = _share(counts[name])
        cells.append(f"{share:.3f} (to {upper:.3f})")
    first = counts[next(iter(GATES))]
    cells.append(f"{first.used / first.cells:.1f}")
    cells += [f"{_share(counts[name])[0]:.2f}" for name in RIVALS]
    return f"| {' | '.join(cells)} |"


def _share(count: Count) -> tuple[float, float]:
    return count.alarmed / count.matrices, wilson(count.alarmed, count.matrices)[1]


def known(size: int, n: int, shift: float, rng: np.random.Generator) -> Draw:
    """Normal noise of a known spread over pairs; the first cell of each matrix is shifted.

    The median of three normal values has a standard deviation of .6698 of one's.
    """
    spread = SPREAD / math.sqrt(2) / 0.6698
    base, candidate = np.exp(rng.normal(0, spread, (2, size, CELLS, n, len(VALUES))))
    candidate[:, 0] *= 1 + shift
    return Draw(base, candidate, np.log(np.median(candidate, axis=-1) / np.median(base, axis=-1)))


def power(matrices: int, rng: np.random.Generator) -> Iterator[str]:
    """What is seen at a spread of 2 %; yields lines of a table."""
    yield (
        "| shift | most pairs | margin | gate | unchanged cells stop after | "
        + " | ".join(RIVALS)
        + " |"
    )
    yield "|" + "---|" * (5 + len(RIVALS))
    for shift, n, margin in TARGETS:
        counts = tally(
            lambda size, n=n, shift=shift: known(size, n, shift, rng),  # type: ignore[misc]
            matrices, n, {"gate": margin}, shifted=True,
        )  # fmt: skip
        seen = {name: f"{count.seen / count.matrices:.3f}" for name, count in counts.items()}
        stops = counts["gate"].used / counts["gate"].cells
        cells = (
            f"{100 * shift:g} %", str(n), f"{100 * margin:g} %", seen["gate"], f"{stops:.1f}",
            *(seen[name] for name in RIVALS),
        )  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def broken(lines: list[str]) -> list[str]:
    """Rows in which the gate's false alarms, at its default margin, are more than it promises."""
    found = []
    for line in lines[2:]:
        share, upper = map(float, line.split(" | ")[3].rstrip(")").split(" (to "))
        if share > 0.05 or upper > 0.065:
            found.append(line)
    return found


def of_noise(noise: list[Noise], count: int, rng: np.random.Generator) -> list[str]:
    """The gate and its rivals on recorded noise."""
    print(f"Matrices of {CELLS} unchanged cells with any false alarm, {count} of each")
    return broken(_shown(unchanged(noise, count, rng)))


def of_power(_noise: list[Noise], count: int, rng: np.random.Generator) -> list[str]:
    """What the gate and its rivals see."""
    print(f"Share of shifted cells called slower, spread {100 * SPREAD:g} % over pairs")
    _shown(power(count, rng))
    return []


def of_doubtful(_noise: list[Noise], count: int, rng: np.random.Generator) -> list[str]:
    """The gate where runs are not exchangeable across campaigns."""
    print(f"Matrices of {CELLS} unchanged cells whose runs are not exchangeable, {count} of each")
    return doubtful.broken(_shown(doubtful.table(count, rng)))


def of_history(noise: list[Noise], count: int, rng: np.random.Generator) -> list[str]:
    """`history` where nothing moved, and where something did."""
    print(f"Reports of {moving.SERIES} series that did not move, {count} of each")
    lines = _shown(moving.still(noise, count, rng))
    some = max(1, count // 4)
    print(f"\n{moving.MOVING} of {moving.AMONG} series that moved, {some} reports of each")
    _shown(moving.moving(some, rng))
    return moving.broken(lines)


TABLES = {
    "noise": (of_noise, 2000),
    "power": (of_power, 2000),
    "doubtful": (of_doubtful, 1000),
    "history": (of_history, 250),
}
"""Each with how much is drawn of each row, unless one says otherwise."""


def _shown(lines: Iterator[str]) -> list[str]:
    found = []
    for line in lines:
        print(line, flush=True)
        found.append(line)
    return found


def main() -> int:
    """Print the tables that are wanted."""
    parser = argparse.ArgumentParser(prog="python -m tests.calibrate")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--table", choices=(*TABLES,), action="append", default=[])
    parser.add_argument("--count", type=int, help="matrices, or reports, of each row")
    parser.add_argument("--seed", type=int, default=20261125)
    given = parser.parse_args()
    noise, failures = read(given.folder), []
    for name in given.table or TABLES:
        table, usual = TABLES[name]
        failures += table(noise, given.count or usual, np.random.default_rng(given.seed))
    for line in failures:
        print(f"more false alarms than promised: {line}", file=sys.stderr)
    return USAGE if failures else OK


if __name__ == "__main__":
    sys.exit(ended("tests.calibrate", main))
