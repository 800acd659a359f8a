# SPDX-License-Identifier: MIT
"""Splits of the direct map against the memory touched, between the best and the worst possible."""

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ..read.modes import Modes
from ..result.split import BLOCK_PAGES, CURVES, PAGE_BYTES, Curve, curves
from ..words.quantity import count_span, size
from ..words.split import pool_words
from .drawing import canvas
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PAPER,
    PURPLE,
    SOFT,
    ModeStyle,
    Stroke,
    style_of,
)

PLATE = Plate(
    name=CURVES,
    title="Splits of the direct map against the memory touched",
    description=(
        "Each line is one run: how many 2 MiB mappings of the kernel's direct map were split "
        "while so much memory was touched. Both scales are logarithmic, with zero at the bottom. "
        "Dotted: the worst possible, a split for every page, and the best possible, one for "
        "every 512 pages. Splits last until reboot and freed pages are used again, so a line "
        "means something only with the state of the boot that stands beside its name: splits of "
        "both levels since boot, and free pages in unmovable blocks, from which secret memory is "
        "served first. Pool not exhausted: the run split nothing, because the kernel still had "
        "pages from blocks split earlier. Fresh boots: each line is the only run of its boot. "
        "Where a kernel is named, its lines are of another machine or of a guest."
    ),
    chapter="everyone",
    order=50,
)

_LINES: Mapping[str, Stroke] = {"first": "-", "again": "--", "crowded": ":"}
_MIB = 1 << 20
_OTHERS = (
    ModeStyle(BLUE, "s", "-"),
    ModeStyle(GREEN, "^", "-"),
    ModeStyle(PURPLE, "D", "-"),
    ModeStyle(ORANGE, "v", "-"),
)
"""Styles of the kernels beside, in the order in which they were named."""

Group = tuple[str, str, str]
"""Kernel where it is one of those beside, else empty; mode; phase."""


def draw(material: Material) -> Figure | Absent:
    """One line per run, one entry of the legend per kernel, mode and phase."""
    found = _sorted(curves(material.campaigns), material.modes)
    if not found:
        return PLATE.absent("the plan has no splits cell, or none of its runs ended ok")
    groups: dict[Group, list[Curve]] = {}
    for curve in found:
        groups.setdefault(_group(curve), []).append(curve)
    kernels = list(dict.fromkeys(kernel for kernel, _, _ in groups if kernel))
    styles = {group: _style(group, kernels, material.modes) for group in groups}
    with PLATE.sheet(3.6 + 0.22 * len(groups)) as picture:
        axes = picture.subplots()
        touched = sorted({each for curve in found for each in curve.touched_bytes})
        _draw_bounds(axes, touched[0], touched[-1])
        for curve in reversed(found):
            _draw_curve(axes, curve, styles[_group(curve)])
        _scale(axes, found)
        handles = [_handle(styles[group], group[2]) for group in groups]
        names = [
            textwrap.fill(_name(group, members), canvas.ROOM, subsequent_indent="    ")
            for group, members in groups.items()
        ]
        picture.legend(handles, names, loc="outside upper left", ncols=1, handlelength=3)
        return PLATE.figure(picture, _table(found))


def _sorted(known: Sequence[Curve], modes: Modes) -> list[Curve]:
    """By mode and phase, own curves first; of the kernels beside only what left the direct map."""
    shown = [curve for curve in known if curve.splits and (curve.secret or not curve.beside)]
    names, phases = modes.in_order(curve.mode for curve in shown), list(_LINES)
    kernels = list(dict.fromkeys(curve.kernel for curve in shown))
    return sorted(
        shown,
        key=lambda each: (
            each.beside,
            kernels.index(each.kernel),
            names.index(each.mode),
            [*phases, each.phase].index(each.phase),
            each.run,
        ),
    )


def _group(curve: Curve) -> Group:
    return (curve.kernel if curve.beside else "", curve.mode, curve.phase)


def _style(group: Group, kernels: Sequence[str], modes: Modes) -> ModeStyle:
    kernel, mode, _ = group
    return _OTHERS[kernels.index(kernel) % len(_OTHERS)] if kernel else style_of(mode, modes)


def _draw_bounds(axes: Axes, first: int, last: int) -> None:
    """The worst and the best possible, named above their right ends."""
    bounds = (
        ("one split per page", PAGE_BYTES),
        ("one per 512 pages", BLOCK_PAGES * PAGE_BYTES),
    )
    for name, bytes_per_split in bounds:
        ends = (first / bytes_per_split, last / bytes_per_split)
        axes.plot([first / _MIB, last / _MIB], ends, color=SOFT, linestyle=":", linewidth=1.2)
        axes.annotate(
            name, (last / _MIB, ends[1]), (-8, 8), textcoords="offset points",
            color=SOFT, fontsize=9, ha="right", va="bottom", zorder=5,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1},
        )  # fmt: skip


def _draw_curve(axes: Axes, curve: Curve, style: ModeStyle) -> None:
    """One run, its last value marked."""
    axes.plot(
        [touched / _MIB for touched in curve.touched_bytes],
        curve.splits,
        color=style.color,
        linestyle=_LINES.get(curve.phase, "-."),
        linewidth=1.2,
        drawstyle="steps-post",
        marker=style.marker,
        markerfacecolor=style.color if curve.phase == "first" else "none",
        markevery=[len(curve.splits) - 1],
        clip_on=False,
        zorder=3,
    )


def _handle(style: ModeStyle, phase: str) -> Line2D:
    return Line2D(
        [], [], color=style.color, linestyle=_LINES.get(phase, "-."), marker=style.marker,
        markerfacecolor=style.color if phase == "first" else "none",
    )  # fmt: skip


def _name(of: Group, group: Sequence[Curve]) -> str:
    """Mode and phase with the state of the boot: secret, first (2 runs): 12 splits since boot."""
    kernel, mode, phase = of
    what = "fresh boot" if all(curve.fresh for curve in group) else "run"
    runs = f"1 {what}" if len(group) == 1 else f"{len(group)} {what}s"
    state = [
        f"{_range(group, lambda curve: curve.since_boot)} splits since boot",
        f"{_range(group, lambda curve: curve.free_unmovable_pages)} free pages",
    ]
    if kernel:
        # A line has no room for more: the rest is in the table.
        return f"{mode}, {phase} on Linux {kernel} ({runs}): {state[0]}"
    return f"{mode}, {phase} ({runs}): {', '.join([*state, *pool_words(group)])}"


def _range(group: Sequence[Curve], pick: Callable[[Curve], int | None]) -> str:
    """A count, or the least and the most of several runs."""
    known = [value for value in map(pick, group) if value is not None]
    return count_span(known) if known else "unknown"


def _scale(axes: Axes, found: Sequence[Curve]) -> None:
    """Logarithmic on both sides; upwards it is linear below 1, so that zero has a place."""
    low = min(curve.touched_bytes[0] for curve in found)
    high = max(curve.touched_bytes[-1] for curve in found)
    top = math.ceil(math.log10(high / PAGE_BYTES))
    axes.set_xscale("log", base=2)
    axes.set_yscale("symlog", linthresh=1, linscale=0.4)
    axes.set_ylim(-0.15, 10**top)
    axes.yaxis.set_major_locator(FixedLocator([0, *(10**power for power in range(top + 1))]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
    powers = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
    step = -(-len(powers) // 9)
    axes.xaxis.set_major_locator(FixedLocator([2**power / _MIB for power in powers[::step]]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda mib, _: size(round(mib * _MIB))))
    axes.set_xlabel("memory touched")
    axes.set_ylabel("2M mappings split")
    axes.tick_params(axis="both", color=INK)


def _table(found: Sequence[Curve]) -> FigureTable:
    """One row per run and power of two."""
    several = any(curve.beside for curve in found)
    columns = ("mode", "phase", "run", "touched", "2M mappings split")
    rows = []
    for curve in found:
        for touched, count in zip(curve.touched_bytes, curve.splits, strict=True):
            last = touched == curve.touched_bytes[-1]
            if last or touched & (touched - 1) == 0:
                row = (curve.mode, curve.phase, str(curve.run), size(touched), str(count))
                rows.append((curve.kernel, *row) if several else row)
    return FigureTable(("kernel", *columns) if several else columns, tuple(rows))
