# SPDX-License-Identifier: MIT
"""Ratios to the control over many campaigns, and where they moved."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from scipy.special import ndtri

from ..output.error import UsageError
from ..read.campaigns import Campaigns, RecordFile
from ..read.definition import Definition, definition, differing
from ..read.environment import facts, mismatches
from ..read.load import load, records_below
from ..result.effect import effect_of, good
from ..stats import steps
from ..stats.array import FloatArray
from ..stats.interval import LEVEL, hodges_lehmann
from .history import Change, ChangePoint, Episode, History, Point, Series

MIN_MAGNITUDE = 0.01
"""Smallest relative change that counts: less is nothing that anybody would look into."""

NEAR = 1
"""By how many campaigns a change point may miss the change of the environment behind it."""

_SAME_BOOT = timedelta(minutes=1)
"""By how much the time of one boot may differ from record to record: clocks are set."""


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
    series = _searched(_grouped(files))
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


def _searched(groups: Sequence[_Group]) -> list[Series]:
    """The series of groups; those that are fit for it are searched together."""
    notes = [_unfit(group) for group in groups]
    fit = [_numbers(group) for group, note in zip(groups, notes, strict=True) if not note]
    found = iter(steps.search(fit, math.log1p(MIN_MAGNITUDE)))
    seen: dict[tuple[str, str], Definition] = {}
    series = []
    for group, note in zip(groups, notes, strict=True):
        before = seen.get((group.cell, group.machine), group.definition)
        seen[group.cell, group.machine] = group.definition
        other = differing(before, group.definition)
        series.append(_series(group, other, note, steps.Found() if note else next(found)))
    return series


def _grouped(files: Sequence[RecordFile]) -> list[_Group]:
    """Points by cell, what the cell is, and machine."""
    found: dict[tuple[object, ...], _Group] = {}
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
