# SPDX-License-Identifier: MIT
"""Two panels side by side: times of each mode, and differences from the control beside it.

Times alone would mislead: they differ from process to process by more than modes do. The
right panel shows what the duet saw.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from ...read.modes import Modes
from ...result.cell import CellResult
from ...words.quantity import between, change, changes, quantity, times
from . import canvas
from .figure import Absent, Figure, FigureTable, Material, Plate
from .mode_style import BAND, INK, SOFT, style_of

NEAR = (1 / 1.6, 1.6)
"""Ratios that the right panel draws; others are named in words, or they would flatten the rest."""

LINEAR = 1.0
"""Differences in % up to which the right scale stays linear where it must reach far beyond."""

HEADROOM = 0.15
"""Share of the right scale that is kept free for words about modes that are not drawn."""

SCALES = (
    "Times on the left differ from process to process; what modes cost is on the right. Where the "
    "right scale reaches beyond 3 %, it is logarithmic from 1 % on."
)
"""How to read both panels."""

_STEPS = (1, 3, 10, 30)

_Placed = list[tuple[int, CellResult]]
"""Rows with their places from left to right, 0, 1, 2, ..."""


@dataclass(frozen=True)
class Panels:
    """What such a figure shows.

    Attributes:
        metric: Whose cells are drawn.
        across: Parameter, an integer, that grows from left to right.
        across_name: Label of that axis.
        across_text: One value of it in words.
        split_by: Parameter that has panels of its own for each of its values.
    """

    metric: str
    across: str
    across_name: str
    across_text: Callable[[int], str]
    split_by: str

    def place(self, row: CellResult) -> int:
        """Where the row stands from left to right."""
        return int(row.params[self.across])

    def panel(self, row: CellResult) -> str:
        """In which panels the row stands; empty where cells do not differ in it."""
        return str(row.params.get(self.split_by, ""))

    def holds(self, row: CellResult) -> bool:
        """Whether the row has a value to be drawn."""
        return row.metric == self.metric and row.treatment is not None and self.across in row.params


def draw(plate: Plate, panels: Panels, material: Material) -> Figure | Absent:
    """Two panels for each value of the panels' parameter and each control."""
    kept = [row for row in material.rows if panels.holds(row)]
    if not kept:
        reason = f"no {panels.metric} cell that names its {panels.across} has a value"
        return plate.absent(reason)
    groups: dict[tuple[str, str], list[CellResult]] = {}
    for row in kept:
        groups.setdefault((panels.panel(row), row.control or ""), []).append(row)
    modes = material.modes
    names = modes.in_order(row.mode for row in kept)
    places = sorted({panels.place(row) for row in kept})
    with plate.sheet(0.9 + 1.95 * len(groups)) as picture:
        grid = picture.subplots(len(groups), 2, sharex=True, sharey="col", squeeze=False)
        for (left, right), ((panel, control), group) in zip(grid, groups.items(), strict=True):
            of_mode = {name: _placed(panels, group, name, places) for name in names}
            _draw_times(left, of_mode, modes)
            _draw_differences(right, of_mode, modes)
            left.set_title(panel)
            right.set_title(f"{panel}, against {control}" if panel else f"against {control}")
        canvas.log_seconds(grid[0, 0], "y")
        _scale_differences(grid[0, 1])
        for axes in grid[-1]:
            _label(axes, [panels.across_text(place) for place in places], panels.across_name)
        canvas.legend(picture, names, {row.control for row in kept}, modes)
        return plate.figure(picture, _table(kept, panels))


def _placed(
    panels: Panels, rows: Sequence[CellResult], mode: str, places: Sequence[int]
) -> _Placed:
    """Rows of one mode from left to right, at even distances."""
    found = [(places.index(panels.place(row)), row) for row in rows if row.mode == mode]
    return sorted(found, key=lambda each: each[0])


def _draw_times(axes: Axes, of_mode: Mapping[str, _Placed], modes: Modes) -> None:
    """Absolute times, one line per mode, secret memory on top."""
    for mode, placed in reversed(list(of_mode.items())):
        points = [(x, row.treatment) for x, row in placed if row.treatment]
        style = style_of(mode, modes)
        canvas.marks(
            axes,
            [x for x, _ in points],
            [t.estimate for _, t in points],
            style,
            yerr=canvas.bars([(t.low, t.estimate, t.high) for _, t in points]),
            linestyle=style.line,
        )
    axes.set_yscale("log")


def _draw_differences(axes: Axes, of_mode: Mapping[str, _Placed], modes: Modes) -> None:
    """Differences from the control in %, beside each other where places are the same."""
    axes.axhline(0, color=INK, linewidth=0.8)
    every = [each for placed in of_mode.values() for each in placed]
    for x, row in every:
        if row.is_noise_floor and row.ratio:
            low, high = change(row.ratio.low), change(row.ratio.high)
            axes.fill_between([x - 0.42, x + 0.42], low, high, color=BAND, linewidth=0)
    compared = {
        mode: [(x, row) for x, row in placed if row.ratio and not row.is_noise_floor]
        for mode, placed in of_mode.items()
    }
    near = {mode: [each for each in placed if _near(each[1])] for mode, placed in compared.items()}
    shown = [mode for mode, placed in near.items() if placed]
    for number, mode in enumerate(shown):
        shift = 0.7 * ((number + 0.5) / len(shown) - 0.5)
        points = [(x + shift, row.ratio) for x, row in near[mode] if row.ratio]
        style = style_of(mode, modes)
        canvas.marks(
            axes,
            [x for x, _ in points],
            [change(ratio.estimate) for _, ratio in points],
            style,
            yerr=100 * canvas.bars([(r.low, r.estimate, r.high) for _, r in points]),
        )
    far = [row for placed in compared.values() for _, row in placed if not _near(row)]
    if far:
        _name_far(axes, far)


def _near(row: CellResult) -> bool:
    """Whether the row's ratio can be drawn beside small differences."""
    return row.ratio is not None and NEAR[0] < row.ratio.estimate < NEAR[1]


def _name_far(axes: Axes, far: Sequence[CellResult]) -> None:
    """Say which modes lie far outside the panel, and how far."""
    ratios: dict[str, list[float]] = {}
    for row in far:
        if row.ratio:
            ratios.setdefault(row.mode, []).append(row.ratio.estimate)
    names = [f"{mode} {_range(found)}" for mode, found in ratios.items()]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    text = f"not drawn: {names[0]}{more}"
    axes.text(0.02, 0.98, text, transform=axes.transAxes, va="top", fontsize=8.5, color=SOFT)


def _range(ratios: Sequence[float]) -> str:
    """The only ratio, or the lowest and the highest."""
    low, high = times(min(ratios)), times(max(ratios))
    return low if low == high else f"{low} to {high}"


def _scale_differences(axes: Axes) -> None:
    """A linear scale in %; one that is logarithmic beyond 1 % where it must reach far."""
    low, high = axes.get_ylim()
    reach = max(-low, high)
    if reach <= 3 * LINEAR:
        axes.set_ylim(low, high + HEADROOM * (high - low))
        axes.yaxis.set_major_locator(MaxNLocator(6, min_n_ticks=3))
    else:
        ticks = [step for step in _STEPS if step <= reach]
        axes.set_yscale("symlog", linthresh=LINEAR, linscale=1)
        axes.set_ylim(1.5 * min(low, -LINEAR), 4 * max(high, LINEAR))
        axes.yaxis.set_major_locator(FixedLocator([*(-step for step in ticks), 0, *ticks]))
        axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda percents, _: _signed(percents)))


def _signed(percents: float) -> str:
    """A tick of a difference."""
    return f"{percents:+g} %" if percents else "0"


def _label(axes: Axes, names: Sequence[str], label: str) -> None:
    """A tick at each place, with a name at as many as there is room for."""
    step = -(-len(names) // 7)
    shown = [name if place % step == 0 else "" for place, name in enumerate(names)]
    axes.set_xticks(range(len(names)), shown, fontsize=8 if max(map(len, names)) > 3 else 9)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_xlabel(label)


def _table(rows: Sequence[CellResult], panels: Panels) -> FigureTable:
    """Time and difference from the control of each cell."""
    lines = []
    for row in rows:
        value, ratio = row.treatment, row.ratio
        if value is None:
            continue
        lines.append(
            (
                panels.panel(row),
                panels.across_text(panels.place(row)),
                row.mode,
                quantity(value.estimate, row.unit),
                between(value.low, value.high, row.unit),
                f"{change(ratio.estimate):+.3g} % of {ratio.against}" if ratio else "-",
                changes(ratio.low, ratio.high) if ratio else "-",
                str(row.runs),
            )
        )
    common = ("mode", "value", "95 % interval", "difference", "95 % interval", "runs")
    return FigureTable((panels.split_by, panels.across_name, *common), tuple(lines))
