# SPDX-License-Identifier: MIT
"""Walks of the page tables by the size of the page that was walked to, by mode."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from ..result.cell import CellResult
from ..words.quantity import between, digits
from .drawing import canvas
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import BLUE, GREEN, ORANGE, PAPER

METRIC = "tlb-walks"
PLATE = Plate(
    name="walks",
    title="Page walks by the size of the page",
    description=(
        "How often one load of one line in each page made the CPU walk the page tables, by "
        "hardware counters, and to pages of which size. Memory in 4 KiB pages needs a walk for "
        "each page beyond the reach of the TLB, huge pages need few. Median over runs."
    ),
    chapter="everyone",
    order=90,
)

_SIZES = {"walks-4k": ("4 KiB", BLUE), "walks-2m": ("2 MiB", GREEN), "walks-1g": ("1 GiB", ORANGE)}


def draw(material: Material) -> Figure | Absent:
    """One stacked bar per mode and number of pages, secret memory on top."""
    kept = [
        row
        for row in material.rows
        if row.metric == METRIC and row.params.get("event") in _SIZES and row.treatment
    ]
    if not kept:
        return PLATE.absent(_why(material.rows))
    order = material.modes.in_order({row.mode for row in kept})
    bars = sorted({(order.index(row.mode), int(row.params["pages"])) for row in kept})
    with PLATE.sheet(1.0 + 0.45 * len(bars)) as picture:
        axes = picture.subplots()
        _draw_bars(axes, kept, [(order[mode], pages) for mode, pages in bars])
        known = {str(row.params["event"]) for row in kept}
        found = [_SIZES[event] for event in _SIZES if event in known]
        patches = [Patch(color=color) for _, color in found]
        picture.legend(patches, [name for name, _ in found], loc="outside upper left", ncols=3)
        return PLATE.figure(picture, _table(kept))


def _why(rows: Sequence[CellResult]) -> str:
    reasons = dict.fromkeys(row.unsupported for row in rows if row.metric == METRIC)
    said = "; ".join(reason for reason in reasons if reason)
    return said or f"no run of a {METRIC} cell counted walks by page size"


def _draw_bars(axes: Axes, rows: Sequence[CellResult], bars: Sequence[tuple[str, int]]) -> None:
    """Bars from top to bottom, their parts from the smallest page on."""
    ends = dict.fromkeys(bars, 0.0)
    for event, (_, color) in _SIZES.items():
        for row in rows:
            if row.params["event"] != event or row.treatment is None:
                continue
            bar = (row.mode, int(row.params["pages"]))
            width = row.treatment.estimate
            axes.barh(
                bars.index(bar), width, left=ends[bar], height=0.6, color=color, edgecolor=PAPER,
                linewidth=0.8,
            )  # fmt: skip
            ends[bar] += width
    for place, bar in enumerate(bars):
        canvas.beside(axes, place, digits(ends[bar]))
    axes.set_xlim(left=0)
    canvas.rows(axes, [f"{mode}, {pages:,} pages" for mode, pages in bars])
    axes.set_xlabel("page walks per load")


def _table(rows: Sequence[CellResult]) -> FigureTable:
    """One row per cell."""
    lines = [
        (
            row.mode,
            f"{row.params['pages']:,}",
            _SIZES[str(row.params["event"])][0],
            digits(row.treatment.estimate),
            between(row.treatment.low, row.treatment.high, "1"),
        )
        for row in rows
        if row.treatment
    ]
    columns = ("mode", "pages", "walks to pages of", "per load", "95 % interval")
    return FigureTable(columns, tuple(lines))
