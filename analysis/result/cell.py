# SPDX-License-Identifier: MIT
"""What a cell came to, as frozen rows: numbers in base units, with intervals over runs."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..read.record import Placement, Scalar
from ..stats.interval import Interval
from .effect import Effect
from .placed import Adjusted


@dataclass(frozen=True)
class Quantile:
    """One quantile within runs, median and interval over runs; `control` None without one."""

    quantile: float
    treatment: Interval
    control: Interval | None


@dataclass(frozen=True)
class ClassResult:
    """Pages of one class in a first-touch class run."""

    name: str
    values: int
    share: Interval
    quantiles: tuple[Interval, ...]
    """In the order of `stats.QUANTILES`."""
    ratio: Effect | None
    """Against the median of the run's control arm."""


@dataclass(frozen=True)
class Exact:
    """A count that must repeat."""

    values: tuple[float, ...]
    """Distinct values seen, ascending."""
    repeats: bool
    notes: Mapping[str, Scalar]
    """Findings that were alike in all runs."""


@dataclass(frozen=True)
class CellResult:
    """One cell over all its runs."""

    campaigns: tuple[str, ...]
    cell: str
    metric: str
    mode: str
    control: str | None
    params: Mapping[str, int | str]
    question: str
    unit: str
    better: str
    runs: int
    """Runs that ended ok; intervals are over these."""
    failed: tuple[str, ...]
    """Last words of the runs that failed."""
    unsupported: str
    """Why the machine cannot run this cell; empty if it can."""
    treatment: Interval | None
    control_median: Interval | None
    quantiles: tuple[Quantile, ...]
    ratio: Effect | None
    """Where the metric's effect is a ratio."""
    difference: Effect | None
    """In place of the ratio where the metric's effect is a difference."""
    adjusted: Adjusted | None
    """The effect at one placement, where placement explains a good part of its variance."""
    classes: tuple[ClassResult, ...]
    exact: Exact | None
    placement: Placement
    """Medians over runs of where each arm's pages lay."""
    stop: str
    """Why sampling stopped: target, runs, budget, ...; `cut off` without an end line."""
    half_width_target: float | None
    warnings: tuple[str, ...]
    notes: Mapping[str, tuple[Scalar, ...]]
    """Findings of the good runs: fact -> one value for each run that has it."""
    loss: bool
    """Whether the metric's effect is a difference."""

    @property
    def effect(self) -> Effect | None:
        """How the mode compares with its control."""
        return self.ratio or self.difference

    @property
    def is_noise_floor(self) -> bool:
        """Whether this is an A/A cell: the control measured against itself."""
        return self.mode == self.control
