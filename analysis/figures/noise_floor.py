# SPDX-License-Identifier: MIT
"""Noise floor over the campaign: what the control measures against itself, run by run."""

import math
from collections import defaultdict
from datetime import datetime

import numpy as np

from ..read.campaigns import Campaigns, RecordFile
from ..read.record import Run
from ..result.effect import effect_of, good
from ..stats.interval import over_runs
from ..words.quantity import changes
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import BLUE, INK

PLATE = Plate(
    name="noise",
    title="Noise floor over the campaign",
    description=(
        "Each dot is one run of a control measured against itself (A/A): the true difference is "
        "zero, so what it shows is noise. Dots that drift or jump together mean that the machine "
        "was disturbed then. Scales differ from metric to metric."
    ),
    chapter="trust",
    order=130,
)

CLOUD = 400
"""Dots from which on a metric's dots become one picture."""

_Point = tuple[float, float]
"""Seconds since the campaign began, difference from zero in %."""


def draw(material: Material) -> Figure | Absent:
    """One row of axes per metric, time since the campaign's start from left to right."""
    points = _points(material.campaigns)
    if not points:
        reason = "no cell times a control against itself, so the noise floor is not known"
        return PLATE.absent(reason)
    last_s = max(since_s for cells in points.values() for c in cells.values() for since_s, _ in c)
    scale_s, unit = (60.0, "minutes") if last_s > 180 else (1.0, "seconds")
    with PLATE.sheet(0.6 + 0.8 * len(points)) as picture:
        rows = picture.subplots(len(points), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (metric, cells) in zip(rows, points.items(), strict=True):
            everything = [point for cell in cells.values() for point in cell]
            times, percent = zip(*everything, strict=True)
            axes.scatter(
                [each / scale_s for each in times],
                percent,
                s=9,
                color=BLUE,
                linewidths=0,
                rasterized=len(percent) > CLOUD,
            )
            axes.axhline(0, color=INK, linewidth=0.8)
            reach = 1.15 * max(*(abs(each) for each in percent), 1e-6)
            axes.set_ylim(-reach, reach)
            spread = f": one run differs by {np.std(percent):.2g} % (standard deviation)"
            axes.set_title(f"{metric}{spread if len(percent) > 1 else ''}")
            axes.set_ylabel("%")
        rows[-1].set_xlabel(f"{unit} since the campaign began")
        return PLATE.figure(picture, _table(points))


def _points(campaigns: Campaigns) -> dict[str, dict[str, list[_Point]]]:
    """Metric -> A/A cell -> its runs' points."""
    points: dict[str, dict[str, list[_Point]]] = defaultdict(lambda: defaultdict(list))
    for file in campaigns.files:
        for run in good(file.runs):
            cell = file.cells[run.cell]
            metric = file.campaign.metrics[cell.metric]
            if cell.mode != cell.control or metric.effect != "ratio":
                continue
            ratio = effect_of(run, metric)
            if not math.isnan(ratio):
                points[cell.metric][cell.name].append((_since(file, run), 100 * math.expm1(ratio)))
    return points


def _since(file: RecordFile, run: Run) -> float:
    """Seconds from the campaign's start to the run's."""
    began = datetime.fromisoformat(file.campaign.created)
    return (datetime.fromisoformat(run.started) - began).total_seconds()


def _table(points: dict[str, dict[str, list[_Point]]]) -> FigureTable:
    """One row per A/A cell."""
    rows = []
    for cells in points.values():
        for cell, cell_points in cells.items():
            percent = np.array([each for _, each in cell_points])
            centre = over_runs(percent)
            spread = float(percent.std(ddof=1)) if percent.size > 1 else math.nan
            rows.append(
                (
                    cell,
                    str(percent.size),
                    f"{centre.estimate:+.3g} %",
                    changes(1 + centre.low / 100, 1 + centre.high / 100),
                    f"{spread:.3g} %" if math.isfinite(spread) else "-",
                )
            )
    columns = ("A/A cell", "runs", "difference", "95 % interval", "standard deviation of a run")
    return FigureTable(columns, tuple(rows))
