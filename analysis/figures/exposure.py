# SPDX-License-Identifier: MIT
"""Who lies in split memory: the share of each kind that is mapped by 4K, against the dose."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ..result.exposure import KINDS, Exposure, exposures
from ..words.exposure import SHOWN, counted, name, share, where
from ..words.quantity import size
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import BLUE, GREEN, INK, ORANGE, PURPLE, VERMILION, Stroke

PLATE = Plate(
    name="exposure",
    title="Who lies in split memory",
    description=(
        "Each panel is a kind of memory that the kernel tells apart: how much of it the kernel's "
        "direct map maps by 4K, with so much secret memory held, by the kernel's own page tables. "
        "Left, at none: before the dose. Solid with a band: fresh boots, the line is the middle "
        "one, the band reaches from the least to the most of them. Dashed: one boot, dose upon "
        "dose. "
        "Splits last until reboot, so the share stays when the secret memory is given back."
    ),
    chapter="everyone",
    order=55,
)

_COLOURS = (VERMILION, BLUE, GREEN, PURPLE, ORANGE)
_ACROSS = 2
_MARKERS = "os^Dv"
_NAMED = 16
"""Factor between two doses that are named on the axis."""


def draw(material: Material) -> Figure | Absent:
    """A panel for each kind, a line for each machine."""
    found = exposures(material.campaigns)
    if not found:
        return PLATE.absent("no run of split-exposure or victim-doses ended ok with secret memory")
    kinds = [
        kind for kind in SHOWN if any(kind in rung.held for each in found for rung in each.rungs)
    ]
    down = -(-len(kinds) // _ACROSS)
    with PLATE.sheet(0.8 + 0.22 * len(found) + 1.7 * down) as picture:
        grid = picture.subplots(down, _ACROSS, sharex=True, sharey=True, squeeze=False)
        panels = list(grid.flat)
        for axes, kind in zip(panels, kinds, strict=False):
            for number, exposure in reversed(list(enumerate(found))):
                _draw(axes, exposure, kind, number)
            axes.set_title(name(kind))
        for axes in panels[len(kinds) :]:
            axes.set_visible(False)
        _scale(panels, found)
        picture.supylabel("mapped by 4K", fontsize=9.5)
        picture.supxlabel("secret memory held", fontsize=9.5)
        picture.legend(
            [_handle(exposure, number) for number, exposure in enumerate(found)],
            [where(exposure) for exposure in found],
            loc="outside upper left", ncols=1, handlelength=3,
        )  # fmt: skip
        return PLATE.figure(picture, _table(found))


def _style(exposure: Exposure, number: int) -> tuple[str, str, Stroke]:
    """Colour, marker and line."""
    place = number % len(_COLOURS)
    return _COLOURS[place], _MARKERS[place], "-" if exposure.fresh else "--"


def _handle(exposure: Exposure, number: int) -> Line2D:
    colour, marker, line = _style(exposure, number)
    return Line2D([], [], color=colour, marker=marker, linestyle=line, markersize=4)


def _draw(axes: Axes, exposure: Exposure, kind: str, number: int) -> None:
    """The line of one machine, from what stood before all doses; a band where boots differ."""
    colour, marker, line = _style(exposure, number)
    rungs = [rung for rung in exposure.rungs if kind in rung.held]
    if not rungs or kind not in exposure.before:
        return
    points = [
        (_none(exposure), exposure.before[kind]),
        *((r.dose_bytes, r.held[kind]) for r in rungs),
    ]
    places = [place for place, _ in points]
    axes.fill_between(
        places,
        [100 * spread.low for _, spread in points],
        [100 * spread.high for _, spread in points],
        color=colour, alpha=0.18, linewidth=0,
    )  # fmt: skip
    axes.plot(
        places, [100 * spread.middle for _, spread in points],
        color=colour, marker=marker, linestyle=line, markersize=3.5, linewidth=1.3,
    )  # fmt: skip


def _none(exposure: Exposure) -> float:
    """Where no dose at all stands on a logarithmic scale: a step before the least."""
    return exposure.rungs[0].dose_bytes / 4


def _scale(panels: Sequence[Axes], found: Sequence[Exposure]) -> None:
    """The same for all panels: doses in powers of four, shares from 0 to 100 %."""
    doses = sorted({rung.dose_bytes for each in found for rung in each.rungs})
    first = panels[0]
    first.set_xscale("log", base=2)
    none = min(map(_none, found))
    ticks = [none, *_spaced(doses, _NAMED)]
    first.set_xlim(none / 1.5, doses[-1] * 1.5)
    first.set_ylim(-4, 104)
    first.xaxis.set_major_locator(FixedLocator(ticks))
    first.xaxis.set_minor_locator(NullLocator())
    first.xaxis.set_major_formatter(
        FuncFormatter(lambda dose, _: "none" if dose <= none else size(round(dose)))
    )
    first.yaxis.set_major_locator(FixedLocator([0, 25, 50, 75, 100]))
    first.yaxis.set_major_formatter(FuncFormatter(lambda percents, _: f"{percents:g} %"))
    for axes in panels:
        axes.tick_params(axis="x", labelsize=7.5)
        axes.tick_params(axis="both", color=INK)


def _spaced(doses: Sequence[int], room: float) -> list[int]:
    """Doses that leave room for their names: no two within such a factor."""
    kept: list[int] = []
    for dose in doses:
        if not kept or dose >= room * kept[-1]:
            kept.append(dose)
    return kept


def _table(found: Sequence[Exposure]) -> FigureTable:
    """One row per machine and kind, one column per dose; the counts of splits below."""
    doses = sorted({rung.dose_bytes for each in found for rung in each.rungs})
    rows = []
    for each in found:
        by_dose = {rung.dose_bytes: rung for rung in each.rungs}
        held = [by_dose.get(dose) for dose in doses]
        for kind in KINDS:
            if kind not in each.pages:
                continue
            before = share(each.before.get(kind))
            shares = [share(rung.held.get(kind)) if rung else "" for rung in held]
            after = share(each.released.get(kind))
            rows.append(
                (where(each), name(kind), counted(each.pages[kind]), before, *shares, after)
            )
        splits = [counted(rung.splits) if rung else "" for rung in held]
        rows.append((where(each), "splits (a count)", "", "", *splits, ""))
    columns = ("machine", "kind", "pages", "before", *map(size, doses), "released")
    return FigureTable(columns, tuple(rows))
