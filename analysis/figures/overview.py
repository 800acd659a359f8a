# SPDX-License-Identifier: MIT
"""Owner's cost at a glance: ratio to the control per metric and mode."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ..read.modes import Modes
from ..result.cell import CellResult
from ..words.quantity import times
from ..words.row import params_words, varying
from .drawing import canvas
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import BAND, INK, ModeStyle, style_of

PLATE = Plate(
    name="overview",
    title="What each mode costs its owner, against the control",
    description=(
        "Right of the line a mode is dearer than the control measured beside it, left of it "
        "cheaper; the scale is logarithmic. Each marker is one set of parameters with its 95 % "
        "interval. Grey band: the control against itself (A/A). Bandwidth is shown as time per "
        "byte. At the right: the ratio with its interval, or the range of several; an arrow "
        "stands for cells further out."
    ),
    chapter="owner",
    order=10,
)


FAR = 20.0
"""Ratios from here on are drawn as an arrow at the edge, or they would flatten the others."""


@dataclass(frozen=True)
class _Point:
    """One cell: its cost over that of the control, 1 = alike, above 1 = dearer."""

    row: CellResult
    low: float
    estimate: float
    high: float


def draw(material: Material) -> Figure | Absent:
    """One group of lines per metric and control, one line per mode."""
    points = [_point(row) for row in material.rows if row.question == "owner" and _is_timed(row)]
    groups: dict[tuple[str, str], list[_Point]] = {}
    for point in points:
        if point.estimate > 0:
            groups.setdefault((point.row.metric, point.row.control or ""), []).append(point)
    lines = {
        key: modes for key, group in groups.items() if (modes := _modes(group, material.modes))
    }
    if not lines:
        return PLATE.absent("no cell compares a mode with another mode as its control")
    heights = [len(modes) + 1.1 for modes in lines.values()]
    with PLATE.sheet(0.5 + 0.225 * sum(heights)) as picture:
        axes = canvas.stacked(picture, heights, share_x=True)
        for each, (key, modes) in zip(axes, lines.items(), strict=True):
            _draw_group(each, groups[key], modes, material.modes)
        _scale(axes[-1])
        return PLATE.figure(picture, _table(points))


def _is_timed(row: CellResult) -> bool:
    """Whether the row has a ratio of undisturbed times: class runs read counters in between."""
    return row.ratio is not None and row.params.get("classes") != "on"


def _point(row: CellResult) -> _Point:
    """The row's ratio turned so that more is dearer."""
    ratio = row.ratio
    if ratio is None:
        raise ValueError(row.cell)
    if row.better == "higher":
        return _Point(row, 1 / ratio.high, 1 / ratio.estimate, 1 / ratio.low)
    return _Point(row, ratio.low, ratio.estimate, ratio.high)


def _modes(group: Sequence[_Point], modes: Modes) -> list[str]:
    """Modes of a group that are compared with another mode."""
    return modes.in_order(p.row.mode for p in group if not p.row.is_noise_floor)


def _draw_group(axes: Axes, group: Sequence[_Point], names: Sequence[str], modes: Modes) -> None:
    """All cells of one metric and control."""
    first = group[0].row
    rate = ", as time per byte" if first.better == "higher" else ""
    axes.set_title(f"{first.metric}{rate} (control: {first.control})")
    floor = [p for p in group if p.row.is_noise_floor and math.isfinite(p.low)]
    if floor:
        low, high = min(p.low for p in floor), max(p.high for p in floor)
        axes.axvspan(low, high, color=BAND, linewidth=0)
    axes.axvline(1, color=INK, linewidth=0.8)
    for place, mode in enumerate(names):
        of_mode = [p for p in group if p.row.mode == mode and not p.row.is_noise_floor]
        _draw_line(axes, place, of_mode, style_of(mode, modes))
    canvas.rows(axes, names)


def _draw_line(axes: Axes, place: int, points: Sequence[_Point], style: ModeStyle) -> None:
    """All cells of one metric and mode, with their range in words at the right."""
    spread = [place + 0.5 * ((n + 0.5) / len(points) - 0.5) for n in range(len(points))]
    near = [(y, p) for y, p in zip(spread, points, strict=True) if 1 / FAR < p.estimate < FAR]
    canvas.marks(
        axes,
        [p.estimate for _, p in near],
        [y for y, _ in near],
        style,
        xerr=canvas.bars([(p.low, p.estimate, p.high) for _, p in near]),
    )
    if len(near) < len(points):
        edge, marker = (FAR, ">") if max(p.estimate for p in points) >= FAR else (1 / FAR, "<")
        axes.plot([edge], [place], color=style.color, marker=marker, markersize=8, clip_on=False)
    canvas.beside(axes, place, _range(points))


def _range(points: Sequence[_Point]) -> str:
    """The ratio of the only cell, or the lowest and the highest of several."""
    low, high = (pick(points, key=lambda point: point.estimate) for pick in (min, max))
    if len(points) == 1:
        if not math.isfinite(low.low):
            return f"{times(low.estimate)} (no interval)"
        return f"{times(low.estimate)} [{times(low.low)[:-1]}, {times(low.high)[:-1]}]"
    return f"{times(low.estimate)} to {times(high.estimate)}"


def _scale(bottom: Axes) -> None:
    """One logarithmic scale of ratios for all groups."""
    bottom.set_xscale("log")
    low, high = bottom.get_xlim()
    bottom.set_xlim(max(min(low, 0.45), 1 / FAR), min(max(high, 2.2), FAR))
    bottom.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    bottom.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    bottom.xaxis.set_minor_locator(NullLocator())
    bottom.set_xlabel("cost of the mode / cost of its control")


def _table(points: Sequence[_Point]) -> FigureTable:
    """One row per cell."""
    names = varying([point.row for point in points])
    columns = ("metric", "parameters", "mode", "control", "cost ratio", "95 % interval", "runs")
    return FigureTable(
        columns,
        tuple(
            (
                point.row.metric,
                params_words(point.row, names[point.row.metric]),
                point.row.mode,
                point.row.control or "",
                f"{point.estimate:.4g}x",
                f"{point.low:.4g} to {point.high:.4g}" if math.isfinite(point.low) else "-",
                str(point.row.runs),
            )
            for point in points
        ),
    )
