# SPDX-License-Identifier: MIT
"""Ratios to the control over many campaigns, and where they moved."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..output.error import UsageError
from ..read.campaigns import Campaigns, RecordFile
from ..read.definition import Definition, definition, differing
from ..read.environment import facts, mismatches
from ..read.load import load, records_below
from ..read.record import Scalar
from ..result.effect import effect_of, good
from ..stats import steps
from ..stats.array import FloatArray
from ..stats.interval import LEVEL, hodges_lehmann
from ..words.quantity import times

if TYPE_CHECKING:
    from ..output.page import Page

MIN_MAGNITUDE = 0.01
"""Smallest relative change that counts: less is nothing that anybody would look into."""

NEAR = 1
"""By how many campaigns a change point may miss the change of the environment behind it."""

_SAME_BOOT = timedelta(minutes=1)
"""By how much the time of one boot may differ from record to record: clocks are set."""


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


@dataclass(frozen=True)
class _Group:
    """What makes one series: the campaigns of one machine in which a cell is one thing."""

    cell: str
    machine: str
    definition: Definition
    files: list[RecordFile]
    points: list[Point]


def load_below(folder: Path) -> Campaigns:
    """All record files below a folder.

    Raises:
        UsageError: There is none there, or one is damaged.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such directory: name one with record files")
    paths = records_below(folder)
    if not paths:
        raise UsageError(f"{folder}: no record file below this directory: measure first")
    return load(paths, mixed=True)


def history(campaigns: Campaigns) -> History:
    """Search the series of all these record files, all together."""
    files = sorted(campaigns.files, key=lambda file: file.campaign.created)
    groups = _grouped(files)
    notes = [_unfit(group) for group in groups]
    searched = [group for group, note in zip(groups, notes, strict=True) if not note]
    found = iter(steps.search([_numbers(group) for group in searched], math.log1p(MIN_MAGNITUDE)))
    seen: dict[tuple[str, str], Definition] = {}
    series = []
    for group, note in zip(groups, notes, strict=True):
        before = seen.get((group.cell, group.machine), group.definition)
        seen[group.cell, group.machine] = group.definition
        other = differing(before, group.definition)
        series.append(_series(group, other, note, steps.Found() if note else next(found)))
    return History(
        detector="analysis.stats.steps",
        settings={
            "alpha": steps.ALPHA,
            "min_magnitude": MIN_MAGNITUDE,
            "shortest": steps.SHORTEST,
            "longest_episode": steps.LONGEST_EPISODE,
        },
        files=len(files),
        warnings=campaigns.warnings,
        series=tuple(series),
        moved=tuple(each.cell for each in series if each.moves),
        moved_alone=tuple(each.cell for each in series if each.unexplained),
    )


def _grouped(files: Sequence[RecordFile]) -> list[_Group]:
    """Points by cell, what the cell is, and machine."""
    found: dict[tuple[Scalar, ...], _Group] = {}
    for file in files:
        machine = _machine(file)
        for name, point in _points(file):
            what = definition(file, file.cells[name])
            key = (name, machine, *(part for item in what.items() for part in item))
            group = found.setdefault(key, _Group(name, machine, what, [], []))
            group.files.append(file)
            group.points.append(point)
    return list(found.values())


def _machine(file: RecordFile) -> str:
    """What stays as it is as long as it is one machine, whatever is installed on it."""
    known = facts(file.campaign)
    parts = [f"{known.get('cpu_model_name') or file.campaign.machine.name}"]
    if known.get("kernel_arch"):
        parts.append(f"{known['kernel_arch']}")
    if known.get("cpu_count"):
        parts.append(f"{known['cpu_count']} CPUs")
    if known.get("hypervisor"):
        parts.append(f"under {known['hypervisor']}")
    parts.append(f"host {known['host']}" if known.get("host") else "host not known")
    if file.campaign.machine.emulated:
        parts.append("emulated")
    return ", ".join(parts)


def _points(file: RecordFile) -> list[tuple[str, Point]]:
    logs: dict[str, list[float]] = {}
    for run in good(file.runs):
        cell = file.cells[run.cell]
        metric = file.campaign.metrics[cell.metric]
        if cell.control and metric.effect == "ratio":
            logs.setdefault(run.cell, []).append(effect_of(run, metric))
    rows = []
    for name, effects in logs.items():
        found = hodges_lehmann(np.array(effects))
        if math.isfinite(found.estimate):
            ratio, low, high = np.exp([found.estimate, found.low, found.high]).tolist()
            created = file.campaign.created
            rows.append((name, Point(file.label, created, ratio, low, high, found.runs)))
    return rows


def _unfit(group: _Group) -> str:
    """Why a series is not searched; empty if it is."""
    if len(group.points) < steps.FEWEST:
        return f"{len(group.points)} campaigns: {steps.FEWEST} are needed"
    boots = [facts(file.campaign).get("boot_time") for file in group.files]
    times_of = [datetime.fromisoformat(boot) for boot in boots if isinstance(boot, str)]
    if any(later < earlier - _SAME_BOOT for earlier, later in itertools.pairwise(times_of)):
        return "campaigns of more than one machine: one ran on a boot from before the last one's"
    return ""


def _numbers(group: _Group) -> tuple[FloatArray, FloatArray]:
    """Log ratios and their standard errors, NaN where one run gives no interval."""
    from scipy.special import ndtri  # noqa: PLC0415  a tenth of a second

    ratios, low, high = (
        np.log([getattr(point, name) for point in group.points])
        for name in ("ratio", "low", "high")
    )
    runs = np.array([point.runs for point in group.points])
    # Of few runs even the widest interval covers less than 95 %.
    level = np.minimum(LEVEL, 1 - 2.0 ** (1 - runs))
    with np.errstate(divide="ignore"):
        errors: FloatArray = (high - low) / 2 / ndtri((1 + level) / 2)
    return ratios, errors


def _series(group: _Group, differences: tuple[str, ...], note: str, found: steps.Found) -> Series:
    points, files = group.points, group.files
    changes = tuple(
        Change(index, each.fact, *each.values)
        for index in range(1, len(files))
        for each in mismatches([files[index - 1].campaign, files[index].campaign])
    )
    return Series(
        cell=group.cell,
        machine=group.machine,
        differences=differences,
        points=tuple(points),
        changes=changes,
        change_points=tuple(
            ChangePoint(
                index=cut.index,
                created=points[cut.index].created,
                before=math.exp(cut.before),
                after=math.exp(cut.after),
                p=cut.p,
                coinciding=_coinciding(changes, cut.index),
            )
            for cut in found.steps
        ),
        episodes=tuple(_episode(each, points, changes) for each in found.episodes),
        spikes=tuple(_episode(each, points, changes) for each in found.spikes),
        note=note,
    )


def _episode(stretch: steps.Stretch, points: Sequence[Point], changes: Sequence[Change]) -> Episode:
    return Episode(
        begin=stretch.begin,
        end=stretch.end,
        created=points[stretch.begin].created,
        ratio=math.exp(stretch.level),
        around=math.exp(stretch.around),
        p=stretch.p,
        coinciding=_coinciding(changes, stretch.begin, stretch.end),
    )


def _coinciding(changes: Sequence[Change], *places: int) -> tuple[Change, ...]:
    return tuple(c for c in changes if any(abs(c.index - place) <= NEAR for place in places))


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
