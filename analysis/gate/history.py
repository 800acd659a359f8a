# SPDX-License-Identifier: MIT
"""What moved over many campaigns, as frozen rows and in words; `search` finds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..read.record import Scalar
from ..words.quantity import times

if TYPE_CHECKING:
    from ..output.page import Page


@dataclass(frozen=True)
class Point:
    """One campaign's ratio to the control of one cell."""

    label: str
    created: str
    ratio: float
    low: float
    high: float
    runs: int


@dataclass(frozen=True)
class Change:
    """A fact of the environment that was another from one campaign to the next."""

    index: int
    """Of the first campaign with the new value."""
    fact: str
    before: Scalar
    after: Scalar


@dataclass(frozen=True)
class ChangePoint:
    """Where a series moved for good."""

    index: int
    """Of the first point after it."""
    created: str
    before: float
    """Ratio of the stretch before it: the mean of its logarithms, surer campaigns counting more."""
    after: float
    p: float
    """Probability of one so clear in this series if it never moved."""
    coinciding: tuple[Change, ...]


@dataclass(frozen=True)
class Episode:
    """Campaigns that lay elsewhere than those before and behind them."""

    begin: int
    """Index of the first point."""
    end: int
    """Index behind the last point."""
    created: str
    """Of the first point."""
    ratio: float
    around: float
    """Ratio of the campaigns beside it."""
    p: float
    """As that of a change point; 1 for a spike, which is told by its size alone."""
    coinciding: tuple[Change, ...]
    """At its begin or its end."""


@dataclass(frozen=True)
class Series:
    """One cell on one machine over time."""

    cell: str
    machine: str
    differences: tuple[str, ...]
    """In what the cell is another thing here than in the series of this name and machine before."""
    points: tuple[Point, ...]
    changes: tuple[Change, ...]
    """Of the environment, over the whole series."""
    change_points: tuple[ChangePoint, ...]
    episodes: tuple[Episode, ...]
    spikes: tuple[Episode, ...]
    """Campaigns that stand out, too few to be an episode; they count as no move."""
    note: str
    """Why it was not searched; empty if it was."""

    @property
    def moves(self) -> tuple[ChangePoint | Episode, ...]:
        """Where it moved, for good or for a while."""
        return (*self.change_points, *self.episodes)

    @property
    def unexplained(self) -> tuple[ChangePoint | Episode, ...]:
        """Where it moved while the environment stayed as it was."""
        return tuple(move for move in self.moves if not move.coinciding)


@dataclass(frozen=True)
class History:
    """All that `history --json` prints."""

    detector: str
    settings: Mapping[str, float]
    files: int
    warnings: tuple[str, ...]
    series: tuple[Series, ...]
    moved: tuple[str, ...]
    """Cells that moved at all, for good or for a while."""
    moved_alone: tuple[str, ...]
    """Cells that moved without a change of the environment."""


def text(found: History, page: "Page") -> str:
    """What moved, and whether the environment moved with it."""
    settings = ", ".join(f"{name} {value:g}" for name, value in found.settings.items())
    page.text(
        f"{len(found.moved)} of {len(found.series)} series moved, {len(found.moved_alone)} of them "
        f"without a change of the environment; {found.files} campaigns",
        style="bold",
    )
    page.text(f"{found.detector}: {settings}", indent=2)
    for series in found.series:
        if series.moves or series.spikes:
            _series_text(series, page)
    _left_out(found, page)
    for warning in found.warnings:
        page.name(f"warning: {warning}")
    return str(page)


def _left_out(found: History, page: "Page") -> None:
    """What was not searched, and what was begun anew."""
    for note in dict.fromkeys(series.note for series in found.series if series.note):
        count = sum(series.note == note for series in found.series)
        page.text()
        page.text(f"not searched: {count} series: {note}")
    for series in found.series:
        if series.differences:
            page.name(
                f"{series.cell} is a series of its own from {series.points[0].created} on: "
                f"{'; '.join(series.differences)}"
            )


def _series_text(series: Series, page: "Page") -> None:
    page.text()
    page.name(f"{series.cell} ({series.machine}, {len(series.points)} campaigns)")
    for move in sorted(series.moves, key=lambda each: each.created):
        page.name(f"{_said(move, series)}, {_sure(move.p)}", indent=2)
        for change in move.coinciding:
            page.name(f"with {change.fact}: {change.before} to {change.after}", indent=4)
        if not move.coinciding:
            page.name("no change of the environment", indent=4)
    for spike in series.spikes:
        page.name(f"{_said(spike, series)}: a spike, no move", indent=2)


def _sure(p: float) -> str:
    # So far out nobody knows the tail of a distribution.
    return f"p {p:.2g}" if p > 1e-15 else "p below 1e-15"


def _said(move: ChangePoint | Episode, series: Series) -> str:
    if isinstance(move, ChangePoint):
        return f"{move.created}: {times(move.before)} to {times(move.after)}"
    last = series.points[move.end - 1].created
    until = f" to {last}" if move.end - move.begin > 1 else ""
    return f"{move.created}{until}: {times(move.ratio)} for a while, {times(move.around)} around it"
