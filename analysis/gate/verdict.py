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
    """About how many more runs would decide an inconclusive cell; None where they cannot."""
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
    """Cells that the tests count as one family."""
    fewest_runs: int
    """Runs with which a regression can be shown at all among so many."""
    under_test: tuple[Mismatch, ...]
    """Facts of the environment that differ and may."""
    counts: Mapping[str, int]
    """Verdict -> cells."""
    added: tuple[str, ...]
    removed: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    ignored: tuple[LeftOut, ...]
    warnings: tuple[str, ...]
    cells: tuple[CellVerdict, ...]
    open_cells: tuple[str, ...]
    """Cells that a gate samples further."""
    next_look: int | None
    """Runs at which the first of them will be judged next."""
