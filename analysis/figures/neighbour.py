# SPDX-License-Identifier: MIT
"""Time that a CPU loses to what its neighbour does with memory: per first touch, per secret."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..read.modes import Modes
from ..result.cell import CellResult
from ..result.effect import Effect
from ..words.effect import difference_words
from ..words.quantity import between, quantity, scaled
from .drawing import canvas
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import BAND, INK, style_of

METRIC = "neighbour-loss"
PLATE = Plate(
    name="neighbour",
    title="Time taken from another CPU, over what the control takes",
    description=(
        "A process that only reads the clock runs on another CPU; what it misses while memory of "
        "a mode is touched, less what it misses while memory of the control is, was taken from "
        "it. Markers with their 95 % intervals over runs; the grey band is the control against "
        "itself (A/A). Times are for one first touch, or for one 32-byte secret from obtaining "
        "to giving back."
    ),
    chapter="everyone",
    order=60,
)
USES = {"faults": "per first touch, at full rate", "secrets": "per secret, one each millisecond"}
"""Value of the parameter `use` -> what one time stands for."""


def draw(material: Material) -> Figure | Absent:
    """One panel per use, one line per mode and neighbour."""
    kept = [row for row in material.rows if row.metric == METRIC and row.difference]
    panels: dict[str, list[CellResult]] = {}
    for row in kept:
        if row.difference and math.isfinite(row.difference.estimate):
            panels.setdefault(use(row), []).append(row)
    if not panels:
        return PLATE.absent(f"the plan has no {METRIC} cell, or none of its runs ended ok")
    heights = [max(1, len(_compared(panel, material.modes))) + 1.2 for panel in panels.values()]
    with PLATE.sheet(0.35 + 0.36 * sum(heights)) as picture:
        axes = canvas.stacked(picture, heights)
        for each, (title, panel) in zip(axes, panels.items(), strict=True):
            each.set_title(f"{title} (control: {panel[0].control})")
            _draw_panel(each, panel, material.modes)
        return PLATE.figure(picture, _table(kept))


def use(row: CellResult) -> str:
    """What one time of the row stands for, in words."""
    word = str(row.params.get("use", "faults"))
    return USES.get(word, word)


def label(row: CellResult) -> str:
    """The mode, with the neighbour where it is not the next CPU."""
    steps = row.params.get("neighbour", 1)
    return row.mode if steps == 1 else f"{row.mode}, CPU +{steps}"


def _compared(panel: Sequence[CellResult], modes: Modes) -> list[CellResult]:
    """Rows beside another mode, secret memory first; the A/A row alone where there is no other."""
    order = modes.in_order({row.mode for row in panel})
    others = [row for row in panel if not row.is_noise_floor] or list(panel)
    return sorted(others, key=lambda row: order.index(row.mode))


def _draw_panel(axes: Axes, panel: Sequence[CellResult], modes: Modes) -> None:
    """One line per row, with its numbers at the right."""
    rows = _compared(panel, modes)
    axes.axvline(0, color=INK, linewidth=0.8)
    for row in panel:
        if row.is_noise_floor and row.difference and math.isfinite(row.difference.low):
            axes.axvspan(row.difference.low, row.difference.high, color=BAND, linewidth=0)
    for place, row in enumerate(rows):
        found = row.difference
        if found is None:
            continue
        style = style_of(row.mode, modes)
        canvas.marks(
            axes,
            [found.estimate],
            [place],
            style,
            xerr=canvas.bars([(found.low, found.estimate, found.high)]),
        )
        canvas.beside(axes, place, _numbers(found))
    canvas.rows(axes, [label(row) for row in rows], 0.6)
    axes.xaxis.set_major_locator(MaxNLocator(6, min_n_ticks=3))
    _name_times(axes)


def _numbers(found: Effect) -> str:
    """The difference with its interval, without the control that the title names."""
    return difference_words(found, "s").replace(f" over {found.against}", "")


def _name_times(axes: Axes) -> None:
    """Ticks in the unit that suits the largest of them; they are seconds."""
    low, high = axes.get_xlim()
    scale, name = scaled(max(-low, high), "s")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time_s, _: f"{time_s / scale:.4g}"))
    axes.set_xlabel(f"{name} of the other CPU's time")


def _table(rows: Sequence[CellResult]) -> FigureTable:
    """One row per cell, A/A cells too."""
    columns = (
        "measured", "mode", "lost", "95 % interval", "over control", "95 % interval", "runs"
    )  # fmt: skip
    lines = []
    for row in rows:
        found, value = row.difference, row.treatment
        if found is None or value is None:
            continue
        lines.append(
            (
                use(row),
                f"{label(row)} (A/A)" if row.is_noise_floor else label(row),
                quantity(value.estimate, "s"),
                between(value.low, value.high, "s"),
                f"{quantity(found.estimate, 's')} of {found.against}",
                between(found.low, found.high, "s"),
                str(row.runs),
            )
        )
    return FigureTable(columns, tuple(lines))
