# SPDX-License-Identifier: MIT
"""What a gate says, as frozen rows: plain ratios, or numbers in the metric's unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from ..read.environment import Mismatch

Basis = Literal["control", "baseline", "pairs", "absolute"]
"""What cells are held against, see `gate/basis.py`."""

Verdict = Literal["pass", "regressed", "improved", "inconclusive"]

VERDICTS: tuple[Verdict, ...] = ("regressed", "inconclusive", "improved", "pass")
"""In the order in which a reader should meet them."""

Kind = Literal["ratio", "difference", "count"]

Withheld = Literal["", "dependence", "offset"]
"""What a verdict was withheld for: runs depend on each other, or campaigns may lie so far apart."""


@dataclass(frozen=True)
class CellVerdict:
    """One cell; numbers that are not known are None."""

    cell: str
    metric: str
    unit: str
    better: str
    kind: Kind
    """Whether estimate, interval and margin are plain ratios (1 = alike; the margin a share),
    differences in `unit`, or counts of the candidate with the tolerance as margin."""
    verdict: Verdict = "inconclusive"
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    """What the interval covers, taken by itself."""
    baseline: float | None = None
    """Of a count: that of the baseline."""
    margin: float | None = None
    runs: int = 0
    """Runs or pairs at the look that decided, or at the last one."""
    p: float | None = None
    """Sequential p-value of the worse direction."""
    p_level: float | None = None
    """The level that Holm's procedure held it against."""
    further_runs: int | None = None
    """How many more runs would decide an inconclusive cell with a power of .8, were its estimate
    the truth; None where no number of runs would."""
    smallest_seen: float | None = None
    """Smallest effect that would have been called regressed with a power of .8: a share, or in
    `unit`. None of a count, and where no effect would have been."""
    lag1: float | None = None
    """Correlation of one effect with the next, in the order of the runs; None where the sides took
    turns in random order, so that it does not matter."""
    p_serial: float | None = None
    """P-value of such a correlation, one-sided."""
    p_trend: float | None = None
    """P-value of a trend over the runs."""
    widened: float = 1.0
    """By what factor dependence of the runs widened interval and tests."""
    withheld: Withheld = ""
    """Why a verdict that the effects by themselves would bear was not given."""
    beyond: bool = False
    """Whether the whole interval lies beyond the margin in the worse direction. Such a cell never
    passes, whatever the policy says of inconclusive ones."""
    broken: bool = False
    """Whether it failed in the candidate, or is unsupported there and was measured before; that
    never passes either."""
    warnings: tuple[str, ...] = ()
    """What its runs warned of, and how many of them."""
    reason: str = ""
    """Why it is inconclusive, in words."""
    again: str = ""
    """The command that measures and judges this cell again."""
    next_look: int | None = None
    """Runs at which it will be judged next, while it is sampled; None where there is no need."""


@dataclass(frozen=True)
class LeftOut:
    """A cell that is not judged, and why."""

    cell: str
    reason: str


@dataclass(frozen=True)
class JudgedFile:
    """One file that was judged."""

    role: Literal["baseline", "candidate"]
    path: str
    sha256: str
    plan: str
    machine: str
    created: str


class Gate(msgspec.Struct, frozen=True):
    """All that `gate --json` prints."""

    verdict: Verdict
    exit_code: int
    basis: Basis = msgspec.field(name="way")
    files: tuple[JudgedFile, ...]
    alpha: float
    """Family-wise error of `regressed`."""
    family: int
    """Cells that the tests count as one family: those that are judged by their effects here, or
    those of the plan where only some of these are measured."""
    attempt: int
    """How often cells have been measured for this verdict; each time the error that they may spend
    is a quarter of that of the time before."""
    assumption: str
    """What the verdicts suppose, and what is known of it, in a sentence."""
    offset_spreads: float | None
    """Campaigns lie apart by at most so many times what a cell varies from run to run (standard
    deviations, with a probability of .95); None where the sides took turns in random order."""
    fewest_runs: int
    """Runs with which a regression can be shown at all among so many."""
    under_test: tuple[Mismatch, ...]
    """Facts of the environment that differ and may."""
    counts: Mapping[str, int]
    """Verdict -> cells."""
    baseline_cells: int
    """Cells of the baseline that the policy does not ignore; 0 without a baseline."""
    added: tuple[str, ...]
    removed: tuple[str, ...]
    """Cells of the baseline that the candidate lacks, without having said so."""
    unasked: tuple[str, ...]
    """Cells of the baseline that the candidate left out on purpose (`--cell`)."""
    left_out: tuple[LeftOut, ...]
    ignored: tuple[LeftOut, ...]
    warnings: tuple[str, ...]
    cells: tuple[CellVerdict, ...]
    open_cells: tuple[str, ...]
    """Cells that a gate samples further."""
    next_look: int | None
    """Runs at which the first of them will be judged next."""
