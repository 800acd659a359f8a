# SPDX-License-Identifier: MIT
"""Where the time of a first touch goes: the bare total, divided by the shares that a probe saw."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..result.cell import CellResult
from ..result.note import numbers
from ..words.quantity import quantity, scaled
from .drawing import canvas
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import BLUE, GREEN, GREY, ORANGE, PAPER, PURPLE, SKY, VERMILION

METRIC = "fault-stages"
PLATE = Plate(
    name="stages",
    title="Where the time of a first touch goes",
    description=(
        "Each bar is as long as a first touch takes without any probe (median over runs); its "
        "parts are the shares that a probe saw in runs of its own, since a probe takes time "
        "itself. Rough: the probe added so much that the shares mean little."
    ),
    chapter="everyone",
    order=80,
)
SHARE = "share of "
"""How the notes begin that hold the shares."""

_COLORS = (BLUE, GREEN, VERMILION, ORANGE, PURPLE, GREY, SKY)


def draw(material: Material) -> Figure | Absent:
    """One bar per cell, secret memory on top."""
    kept = [row for row in material.rows if row.metric == METRIC and row.treatment and _shares(row)]
    if not kept:
        return PLATE.absent(f"no run of a {METRIC} cell noted the shares of the stages")
    order = material.modes.in_order({row.mode for row in kept})
    kept.sort(key=lambda row: order.index(row.mode))
    stages = list(dict.fromkeys(stage for row in kept for stage in _shares(row)))
    with PLATE.sheet(0.9 + 0.45 * len(kept) + 0.1 * len(stages)) as picture:
        axes = picture.subplots()
        _draw_bars(axes, kept, stages)
        patches = [Patch(color=_color(stages, stage)) for stage in stages]
        picture.legend(patches, stages, loc="outside upper left", ncols=2)
        return PLATE.figure(picture, _table(kept))


def _shares(row: CellResult) -> Mapping[str, float]:
    """Stage -> its share of the fault, the median over runs."""
    found = {}
    for fact in row.notes:
        known = [v for v in numbers(row, fact) if math.isfinite(v) and v >= 0]
        if fact.startswith(SHARE) and known:
            found[fact.removeprefix(SHARE)] = float(np.median(known))
    return found


def _label(row: CellResult) -> str:
    rough = any(value is True for value in row.notes.get("marked", ()))
    return f"{row.mode} (rough)" if rough else row.mode


def _color(stages: Sequence[str], stage: str) -> str:
    return _COLORS[stages.index(stage) % len(_COLORS)]


def _draw_bars(axes: Axes, rows: Sequence[CellResult], stages: Sequence[str]) -> None:
    """Bars from top to bottom, the total at the right of each."""
    totals = [row.treatment.estimate for row in rows if row.treatment]
    for place, (row, total_s) in enumerate(zip(rows, totals, strict=True)):
        left_s = 0.0
        for stage, share in _shares(row).items():
            width_s = share * total_s
            color = _color(stages, stage)
            axes.barh(
                place, width_s, left=left_s, height=0.6, color=color, edgecolor=PAPER, linewidth=0.8
            )
            left_s += width_s
        canvas.beside(axes, place, quantity(total_s, "s"))
    scale, name = scaled(max(totals), "s")
    axes.set_xlim(0, 1.02 * max(totals))
    canvas.rows(axes, [_label(row) for row in rows])
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time_s, _: f"{time_s / scale:.4g}"))
    axes.set_xlabel(f"{name} of one first touch")


def _table(rows: Sequence[CellResult]) -> FigureTable:
    """One row per mode and stage."""
    lines = [
        (_label(row), stage, f"{100 * share:.3g} %", quantity(share * row.treatment.estimate, "s"))
        for row in rows
        if row.treatment
        for stage, share in _shares(row).items()
    ]
    return FigureTable(("mode", "stage", "share", "time"), tuple(lines))
