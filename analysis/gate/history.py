# SPDX-License-Identifier: MIT
"""Ratios to the control over many campaigns, and where they moved."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..output.error import UsageError
from ..read.campaigns import Campaigns, RecordFile
from ..read.environment import facts, mismatches
from ..read.load import load, records_below
from ..read.record import Scalar
from ..result.effect import effect_of, good
from ..stats.interval import hodges_lehmann
from ..words.quantity import times
from .policy import DEFAULT_MARGIN

if TYPE_CHECKING:
    from ..output.page import Page

MAX_P = 0.001
"""Settings of apache-otava: its own default for the significance of a change point."""

WINDOW = 50
"""Its default number of points that are split at a time."""

MIN_MAGNITUDE = DEFAULT_MARGIN
"""Smallest relative change that counts; its default is 0, with which it finds steps of no
interest in every third drifting series."""

FEWEST = 6
"""Campaigns below which a series is shown and not searched: there is no before and after."""

NEAR = 1
"""By how many campaigns a change point may miss the change of the environment behind it."""


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
    """Where a series moved."""

    index: int
    """Of the first point after it."""
    created: str
    before: float
    """Mean ratio of the stretch before it, as apache-otava gives it."""
    after: float
    p: float
    coinciding: tuple[Change, ...]


@dataclass(frozen=True)
class Series:
    """One cell on one machine over time."""

    cell: str
    machine: str
    points: tuple[Point, ...]
    changes: tuple[Change, ...]
    """Of the environment, over the whole series."""
    change_points: tuple[ChangePoint, ...]
    note: str
    """Why it was not searched; empty if it was."""

    @property
    def unexplained(self) -> tuple[ChangePoint, ...]:
        """Where it moved while the environment stayed as it was."""
        return tuple(point for point in self.change_points if not point.coinciding)


@dataclass(frozen=True)
class History:
    """All that `history --json` prints."""

    detector: str
    settings: Mapping[str, float]
    files: int
    warnings: tuple[str, ...]
    series: tuple[Series, ...]
    moved: tuple[str, ...]
    """Cells that moved at all."""
    moved_alone: tuple[str, ...]
    """Cells that moved without a change of the environment."""


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
    """Search the series of all these record files.

    Raises:
        UsageError: apache-otava is not there.
    """
    files = sorted(campaigns.files, key=lambda file: file.campaign.created)
    series = [_series(each) for each in _grouped(files)]
    return History(
        detector=f"apache-otava {_version()}",
        settings={"window_len": WINDOW, "max_pvalue": MAX_P, "min_magnitude": MIN_MAGNITUDE},
        files=len(files),
        warnings=campaigns.warnings,
        series=tuple(series),
        moved=tuple(each.cell for each in series if each.change_points),
        moved_alone=tuple(each.cell for each in series if each.unexplained),
    )


def _grouped(files: Sequence[RecordFile]) -> list[tuple[str, str, list[tuple[RecordFile, Point]]]]:
    """Points by cell and CPU model; emulated machines and real ones never share a series."""
    found: dict[tuple[str, str], list[tuple[RecordFile, Point]]] = {}
    for file in files:
        known = facts(file.campaign)
        machine = f"{known.get('cpu_model_name') or file.campaign.machine.name}"
        if file.campaign.machine.emulated:
            machine += ", emulated"
        for name, point in _points(file):
            found.setdefault((name, machine), []).append((file, point))
    return [(cell, machine, rows) for (cell, machine), rows in found.items()]


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


def _series(group: tuple[str, str, list[tuple[RecordFile, Point]]]) -> Series:
    cell, machine, rows = group
    files, points = [file for file, _ in rows], tuple(point for _, point in rows)
    changes = tuple(
        Change(index, each.fact, *each.values)
        for index in range(1, len(files))
        for each in mismatches([files[index - 1].campaign, files[index].campaign])
    )
    note = "" if len(points) >= FEWEST else f"{len(points)} campaigns: {FEWEST} are needed"
    found = [] if note else _change_points(points, changes)
    return Series(cell, machine, points, changes, tuple(found), note)


def _change_points(points: Sequence[Point], changes: Sequence[Change]) -> list[ChangePoint]:
    """What apache-otava finds: Hunter's algorithm (Fleming et al., ICPE 2023), a t test each."""
    search = _otava()
    # A list: it crashes on arrays, or misses changes in them.
    found, _ = search([point.ratio for point in points], WINDOW, MAX_P, MIN_MAGNITUDE)
    return [
        ChangePoint(
            index=int(each.index),
            created=points[each.index].created,
            before=float(each.stats.mean_1),
            after=float(each.stats.mean_2),
            p=float(each.stats.pvalue),
            coinciding=tuple(c for c in changes if abs(c.index - each.index) <= NEAR),
        )
        for each in found
    ]


def _otava() -> Any:  # noqa: ANN401  it has no types
    try:
        from otava.analysis import (  # type: ignore[import-untyped]  # noqa: PLC0415
            compute_change_points,
        )
    except ImportError:
        raise UsageError(
            "history: apache-otava is not installed: pip install --no-deps apache-otava==0.8.0 "
            "(of what it asks for only numpy and scipy are used here, and those are there)"
        ) from None
    return compute_change_points


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("apache-otava")
    except PackageNotFoundError:
        return "missing"


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
        if series.change_points:
            _series_text(series, page)
    short = sum(bool(series.note) for series in found.series)
    if short:
        page.text()
        page.text(f"not searched: {short} series of fewer than {FEWEST} campaigns")
    for warning in found.warnings:
        page.name(f"warning: {warning}")
    return str(page)


def _series_text(series: Series, page: "Page") -> None:
    page.text()
    page.name(f"{series.cell} ({series.machine}, {len(series.points)} campaigns)")
    for point in series.change_points:
        page.name(
            f"{point.created}: {times(point.before)} to {times(point.after)}, p {point.p:.2g}",
            indent=2,
        )
        for change in point.coinciding:
            page.name(f"with {change.fact}: {change.before} to {change.after}", indent=4)
        if not point.coinciding:
            page.name("no change of the environment", indent=4)
