# SPDX-License-Identifier: MIT
"""How long the pauses of a CPU are whose neighbour touches memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ..read.modes import Modes
from ..result.pause import METRIC, Histogram, histogram
from ..words.quantity import digits, quantity
from .drawing import canvas
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import style_of
from .neighbour import label, use

PLATE = Plate(
    name="gaps",
    title="Pauses of another CPU, by their length",
    description=(
        "How many pauses of each length a process on another CPU met for one first touch, or one "
        "secret, of each mode; the scale upwards is logarithmic, and lengths that did not occur "
        "have no marker. What happens at every fault stands at 1; timers and the hypervisor make "
        "pauses with any mode, the more of them the longer one touch or secret takes."
    ),
    chapter="everyone",
    order=70,
)


@dataclass(frozen=True)
class _Line:
    panel: str
    label: str
    mode: str
    pauses: Histogram


def draw(material: Material) -> Figure | Absent:
    """One panel per use, one line per mode."""
    lines = _lines(material)
    if not lines:
        return PLATE.absent(f"no run of a {METRIC} cell noted its gaps")
    panels = list(dict.fromkeys(line.panel for line in lines))
    starts = sorted({start for line in lines for start in line.pauses.from_ns})
    with PLATE.sheet(0.9 + 1.9 * len(panels)) as picture:
        grid = picture.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        for axes, panel in zip(grid, panels, strict=True):
            axes.set_title(panel)
            of_panel = [line for line in lines if line.panel == panel]
            _draw_panel(axes, of_panel, starts, material.modes)
        grid[-1].set_xticks(range(len(starts)), _buckets(starts))
        grid[-1].set_xlabel("length of a pause")
        controls = {row.control for row in material.rows if row.metric == METRIC}
        modes = material.modes
        canvas.legend(picture, modes.in_order(line.mode for line in lines), controls, modes)
        return PLATE.figure(picture, _table(lines))


def _lines(material: Material) -> list[_Line]:
    """One line per cell of the next CPU that has a histogram, secret memory first."""
    chosen = [
        row for row in material.rows if row.metric == METRIC and row.params.get("neighbour", 1) == 1
    ]
    order = material.modes.in_order({row.mode for row in chosen})
    found = []
    for row in sorted(chosen, key=lambda row: (use(row), order.index(row.mode))):
        pauses = histogram(material.campaigns, row.cell)
        if pauses:
            found.append(_Line(use(row), label(row), row.mode, pauses))
    for row in chosen:
        # A control without a cell of its own is drawn from the arm beside another mode.
        known = {(line.panel, line.mode) for line in found}
        pauses = histogram(material.campaigns, row.cell, "control")
        if pauses and row.control and (use(row), row.control) not in known:
            found.append(_Line(use(row), row.control, row.control, pauses))
    return sorted(found, key=lambda line: line.panel)


def _draw_panel(axes: Axes, lines: Sequence[_Line], starts: Sequence[int], modes: Modes) -> None:
    """Counts by bucket, modes beside each other."""
    counts = [count for line in lines for count in line.pauses.per_operation if count]
    floor, top = (min(counts) / 3, 3 * max(counts)) if counts else (0.1, 10.0)
    for number, line in enumerate(lines):
        style = style_of(line.mode, modes)
        shift = 0.5 * ((number + 0.5) / len(lines) - 0.5)
        points = [
            (starts.index(start) + shift, count)
            for start, count in zip(line.pauses.from_ns, line.pauses.per_operation, strict=True)
            if count
        ]
        heights = [y for _, y in points]
        axes.vlines([x for x, _ in points], floor, heights, color=style.color, linewidth=1)
        axes.plot(
            [x for x, _ in points],
            heights,
            color=style.color,
            marker=style.marker,
            markerfacecolor=style.face,
            linestyle="none",
        )
    axes.set_yscale("log")
    axes.set_ylim(floor, top)
    axes.yaxis.set_major_locator(LogLocator(numticks=5))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:g}"))
    axes.set_xlim(-0.5, len(starts) - 0.5)
    axes.set_ylabel("pauses for each")


def _buckets(starts: Sequence[int]) -> list[str]:
    """Names of the buckets, each by where it begins and ends, on two lines."""
    names = [quantity(start * 1e-9, "s") for start in starts]
    ends = [*(f"to {name}" for name in names[1:]), "and more"]
    return [f"{name}\n{end}" for name, end in zip(names, ends, strict=True)]


def _table(lines: Sequence[_Line]) -> FigureTable:
    """One row per mode and bucket."""
    rows = []
    for line in lines:
        buckets = _buckets(line.pauses.from_ns)
        for name, count in zip(buckets, line.pauses.per_operation, strict=True):
            of = f"{line.pauses.operations:,}"
            rows.append((line.panel, line.label, name.replace("\n", " "), digits(count), of))
    return FigureTable(("measured", "mode", "length", "pauses for each", "of so many"), tuple(rows))
