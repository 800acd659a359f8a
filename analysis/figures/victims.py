# SPDX-License-Identifier: MIT
"""Kernel work on split memory against unsplit memory, each victim beside its A/A arm."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..read.modes import Modes
from ..result.effect import Effect
from ..result.victim import DOSE, Victim, by_dose, victims
from ..words.quantity import quantity
from ..words.row import varying
from ..words.victim import victim_words
from .drawing import canvas
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import INK, SOFT, ModeStyle, style_of

PLATE = Plate(
    name="victims",
    title="Kernel work on memory that secret memory split, against unsplit memory",
    description=(
        "Right of the line the kernel's work is slower. Vermilion: inside against outside 2M "
        "blocks of the direct map that a secret page split (filled: every page proved; hollow: "
        "witnessed), or the same work with a dose of secret memory held against before. Grey "
        "diamonds: the same with no secret memory (A/A), from which an effect has to differ. 95 "
        "% intervals over runs."
    ),
    chapter="everyone",
    order=100,
)


def draw(material: Material) -> Figure | Absent:
    """One panel for victims inside and outside, one for doses, each with its own scale."""
    found = victims(material.campaigns, material.rows)
    names = varying(material.rows)
    panels = {
        "inside against outside split blocks": [v for v in found if v.row.metric != DOSE],
        "a dose held against before": sorted(
            (v for v in found if v.row.metric == DOSE), key=by_dose
        ),
    }
    panels = {title: panel for title, panel in panels.items() if panel}
    if not panels:
        return PLATE.absent("no victim was measured inside and outside split blocks")
    heights = [len(panel) + 1.4 for panel in panels.values()]
    with PLATE.sheet(0.5 + 0.3 * sum(heights)) as picture:
        axes = canvas.stacked(picture, heights)
        for each, (title, panel) in zip(axes, panels.items(), strict=True):
            each.set_title(title)
            labels = [victim_words(victim, names[victim.row.metric]) for victim in panel]
            _draw_panel(each, panel, labels, material.modes)
            each.xaxis.set_major_locator(MaxNLocator(6, min_n_ticks=3))
            each.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:+.3g} %"))
        return PLATE.figure(picture, _table(found, names))


def _draw_panel(axes: Axes, panel: Sequence[Victim], labels: Sequence[str], modes: Modes) -> None:
    """Two marks per victim, its own above that of A/A, and its numbers at the right."""
    axes.axvline(0, color=INK, linewidth=0.8)
    for place, victim in enumerate(panel):
        if victim.row.ratio is None:
            continue
        if victim.alike and victim.alike.ratio:
            _mark(axes, place + 0.18, victim.alike.ratio, ModeStyle(SOFT, "D", "-"))
        _mark(
            axes,
            place - 0.12,
            victim.row.ratio,
            replace(style_of(victim.row.mode, modes), filled=victim.proved),
        )
        canvas.beside(axes, place, _numbers(victim.row.ratio))
    canvas.rows(axes, labels, 0.6)


def _mark(axes: Axes, place: float, ratio: Effect, style: ModeStyle) -> None:
    """One ratio as a change in per cent, with its interval."""
    low, middle, high = (100 * (each - 1) for each in (ratio.low, ratio.estimate, ratio.high))
    if not math.isfinite(middle):
        return
    canvas.marks(
        axes,
        [middle],
        [place],
        style,
        xerr=canvas.bars([(low, middle, high)]),
        markersize=4,
    )


def _numbers(ratio: Effect) -> str:
    """The change in per cent with its interval."""
    estimate, low, high = (100 * (each - 1) for each in (ratio.estimate, ratio.low, ratio.high))
    if not math.isfinite(low):
        return f"{estimate:+.1f} % (no interval)"
    return f"{estimate:+.1f} % [{low:+.1f}, {high:+.1f}]"


def _table(found: Sequence[Victim], names: Mapping[str, tuple[str, ...]]) -> FigureTable:
    """One row per victim."""
    columns = (
        "victim", "time of the control", "change", "A/A", "beyond A/A", "membership", "runs"
    )  # fmt: skip
    rows = tuple(
        (
            victim_words(victim, names[victim.row.metric]),
            quantity(victim.row.control_median.estimate, victim.row.unit)
            if victim.row.control_median
            else "",
            _numbers(victim.row.ratio),
            _numbers(victim.alike.ratio) if victim.alike and victim.alike.ratio else "not measured",
            _numbers(victim.beyond) if victim.beyond else "unknown",
            "a dose" if victim.row.metric == DOSE else "proved" if victim.proved else "witnessed",
            str(victim.row.runs),
        )
        for victim in found
        if victim.row.ratio
    )
    return FigureTable(columns, rows)
