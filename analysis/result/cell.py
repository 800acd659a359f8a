"""What a cell came to, as frozen rows: numbers in base units, with intervals over runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..read.record import RegionPlacement, Scalar
    from ..stats.interval import Interval

Pairing = Literal["pairs", "medians", "unpaired"]
"""How an effect came about: value by value within runs, by the two medians of each run, or from
runs of different cells (nothing shared but the campaign)."""

Seen = Literal["none", "worse", "better", "unknown"]


@dataclass(frozen=True)
class Ratio:
    """Mode over control as a plain ratio, 1 = alike."""

    against: str
    pairing: Pairing
    estimate: float
    low: float
    high: float
    level: float
    runs: int
    half_width: float
    """Half-width of the log ratio's interval."""
    smallest_seen: float
    """Smallest difference that would have been seen, as a share (0.004 = 0.4 %)."""
    seen: Seen
    """Whether the interval excludes 1, and which way by the metric's `better`."""
    warning: str = ""


@dataclass(frozen=True)
class Difference:
    """Mode minus control in the metric's unit, 0 = alike."""

    against: str
    pairing: Pairing
    estimate: float
    low: float
    high: float
    level: float
    runs: int
    half_width: float
    smallest_seen: float
    """Smallest difference that would have been seen."""
    seen: Seen
    """Whether the interval excludes 0, and which way by the metric's `better`."""
    warning: str = ""


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
    ratio: Ratio | None
    """Against the median of the run's control arm."""


@dataclass(frozen=True)
class Placement:
    """Medians over runs of where an arm's pages lay."""

    treatment: RegionPlacement | None
    control: RegionPlacement | None


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
    ratio: Ratio | None
    difference: Difference | None
    """In place of the ratio where the metric's effect is a difference."""
    classes: tuple[ClassResult, ...]
    exact: Exact | None
    placement: Placement
    stop: str
    """Why sampling stopped: target, runs, budget, ...; `cut off` without an end line."""
    half_width_target: float | None
    warnings: tuple[str, ...]
    notes: Mapping[str, tuple[Scalar, ...]]
    """Findings of the good runs: fact -> one value for each run that has it."""

    loss: bool
    """Whether the metric's effect is a difference."""

    @property
    def effect(self) -> Ratio | Difference | None:
        """How the mode compares with its control."""
        return self.ratio or self.difference

    @property
    def is_noise_floor(self) -> bool:
        """Whether this is an A/A cell: the control measured against itself."""
        return self.mode == self.control
