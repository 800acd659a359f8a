# SPDX-License-Identifier: MIT
"""First touch of a page: the distribution over all pages, by mode and by class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from ..read.campaigns import Campaigns
from ..read.modes import Modes
from ..read.record import CLASSES
from ..result.cell import CellResult
from ..stats.array import FloatArray
from ..stats.interval import Interval, quantiles_over_runs
from ..words.quantity import between, quantity
from ..words.row import params_words, varying
from .drawing import canvas
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import INK, PAPER, style_of

METRIC = "first-touch"
PLATE = Plate(
    name="first-touch",
    title="First touch of a page: how long each page took",
    description=(
        "Each dot is one page (not all are drawn), on a logarithmic scale. Upright line: median. "
        "Triangle: 99th percentile. Both are medians over runs. By class: a plain page split "
        "nothing, the others made the kernel split a 2 MiB or 1 GiB mapping of its direct map; "
        "reading the split counters after each page makes these times a little longer."
    ),
    chapter="owner",
    order=20,
)

DOTS = 1200
"""Most pages drawn per row; the numbers come from all of them."""

ALWAYS = ("backing", "threads")
"""Parameters that every panel names."""


@dataclass(frozen=True)
class _Row:
    """One line of the figure: pages of one mode, and of one class where classes were read."""

    panel: str
    label: str
    mode: str
    values: FloatArray
    quantiles: tuple[Interval, ...]
    share: float


def draw(material: Material) -> Figure | Absent:
    """One panel per set of parameters, one row per mode or per mode and class."""
    rows = _rows(material)
    if not rows:
        return PLATE.absent("the plan has no first-touch cell, or none of its runs ended ok")
    panels: dict[str, list[_Row]] = {}
    for row in rows:
        panels.setdefault(row.panel, []).append(row)
    heights = [len(panel) + 1.2 for panel in panels.values()]
    with PLATE.sheet(0.5 + 0.3 * sum(heights)) as picture:
        axes = canvas.stacked(picture, heights, share_x=True)
        for each, (title, panel) in zip(axes, panels.items(), strict=True):
            each.set_title(title)
            _draw_panel(each, panel, material.modes)
        canvas.log_seconds(axes[-1], "x")
        axes[-1].set_xlabel("time of the first touch of one 4 KiB page")
        return PLATE.figure(picture, _table(rows))


def _draw_panel(axes: Axes, rows: Sequence[_Row], modes: Modes) -> None:
    """Rows from top to bottom, each with its numbers at the right."""
    random = np.random.default_rng(0)
    for place, row in enumerate(rows):
        style = style_of(row.mode, modes)
        shown = row.values[:: max(1, row.values.size // DOTS)]
        heights = place + random.uniform(-0.32, 0.32, shown.size)
        axes.scatter(
            shown, heights, s=3, color=style.dot, alpha=0.35, linewidths=0, rasterized=True
        )
        median, _, high, _ = (each.estimate for each in row.quantiles)
        for color, width in ((PAPER, 5.0), (INK, 2.2)):
            axes.plot([median, median], [place - 0.42, place + 0.42], color=color, linewidth=width)
        axes.plot([high], [place], marker=">", color=INK, markerfacecolor="none", markersize=6)
        canvas.beside(axes, place, f"{quantity(median, 's')}, p99 {quantity(high, 's')}", 1.01)
    axes.set_xscale("log")
    canvas.rows(axes, [row.label for row in rows], 0.55)


def _rows(material: Material) -> list[_Row]:
    """Rows in the order of the panels, secret memory first in each."""
    results = [row for row in material.rows if row.metric == METRIC]
    panels: dict[tuple[bool, str], dict[str, CellResult]] = {}
    for by_class in (False, True):
        cells = [row for row in results if (row.params.get("classes") == "on") == by_class]
        names = {*varying(cells).get(METRIC, ()), *ALWAYS}
        for cell in cells:
            title = params_words(cell, sorted(names))
            panels.setdefault((by_class, title), {}).setdefault(cell.mode, cell)
    rows: list[_Row] = []
    for (by_class, title), modes in sorted(panels.items()):
        head = "by class" if by_class else "timed"
        panel = f"{head}: {title}" if title else head
        for mode in material.modes.in_order(modes):
            rows += _rows_of(material.campaigns, modes[mode], panel)
    return rows


def _rows_of(campaigns: Campaigns, cell: CellResult, panel: str) -> list[_Row]:
    """One row for a timed cell, one per class that occurred for a class cell."""
    runs = [run for run in campaigns.runs_of(cell.cell) if run.values.treatment.size]
    if not runs:
        return []
    label = f"{cell.mode} (control)" if cell.mode == cell.control else cell.mode
    pages = sum(run.values.treatment.size for run in runs)
    groups: Mapping[str, list[FloatArray]] = {label: [run.values.treatment for run in runs]}
    if any(run.classes.treatment.size for run in runs):
        groups = {
            f"{label}: {name}": [
                run.values.treatment[run.classes.treatment == number]
                for run in runs
                if run.classes.treatment.size == run.values.treatment.size
            ]
            for number, name in enumerate(CLASSES)
        }
    rows = []
    for group, arrays in groups.items():
        kept = [array for array in arrays if array.size]
        if not kept:
            continue
        values = np.concatenate(kept)
        share = values.size / pages
        name = f"{group}, {100 * share:.2g} %" if share < 0.995 else group
        quantiles = quantiles_over_runs(kept)
        rows.append(_Row(panel, name, cell.mode, values, quantiles, share))
    return rows


def _table(rows: Sequence[_Row]) -> FigureTable:
    """One row per line of the figure."""
    columns = ("measured", "mode", "pages", "share", "p50", "p50 interval", "p90", "p99", "max")
    return FigureTable(
        columns,
        tuple(
            (
                row.panel,
                row.label,
                str(row.values.size),
                f"{100 * row.share:.3g} %",
                quantity(row.quantiles[0].estimate, "s"),
                between(row.quantiles[0].low, row.quantiles[0].high, "s"),
                *(quantity(each.estimate, "s") for each in row.quantiles[1:]),
            )
            for row in rows
        ),
    )
