"""Latency of a dependent load against the working set, by mode."""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..result import CellResult
from . import canvas
from .figure import Absent, Figure
from .listing import per_cell
from .look import BAND, INK, SOFT, in_order, look
from .quantity import percent, size, times

NAME = "latency"
METRIC = "access-latency"
TITLE = "Hot access: latency of one load against the working set"
DESCRIPTION = (
    "Left: time of one load that waits for the one before it, on a logarithmic scale. Right: "
    "difference from the control measured beside it in the same process, with 95 % intervals over "
    "runs; an interval that crosses zero shows no difference. Grey band: the control against "
    "itself (A/A). Working sets stand at even distances."
)

NEAR = (1 / 1.6, 1.6)
"""Ratios that the right side draws; others are named in words, or they would flatten the rest."""


def draw(rows: Sequence[CellResult]) -> Figure | Absent:
    """Two panels for each order of access and each control."""
    kept = [r for r in rows if r.metric == METRIC and r.treatment and "len_bytes" in r.params]
    if not kept:
        return Absent(NAME, TITLE, f"no {METRIC} cell that names its len_bytes has a value")
    groups: dict[tuple[str, str], list[CellResult]] = {}
    for row in kept:
        groups.setdefault((_order(row), row.control or ""), []).append(row)
    modes = in_order({row.mode for row in kept})
    sizes = sorted({_size(row) for row in kept})
    with canvas.style(NAME):
        picture = canvas.drawing(0.9 + 2.0 * len(groups))
        grid = picture.subplots(len(groups), 2, sharex=True, sharey="col", squeeze=False)
        for (left, right), ((order, control), group) in zip(grid, groups.items(), strict=True):
            _draw_times(left, group, modes, sizes)
            _draw_differences(right, group, modes, sizes)
            left.set_title(order)
            right.set_title(f"{order}, against {control}")
        canvas.log_seconds(grid[0, 0], "y")
        for axes in grid[-1]:
            _label_sizes(axes, sizes)
        canvas.legend(picture, modes, {row.control for row in kept})
        svg = canvas.to_svg(picture, NAME, TITLE, DESCRIPTION)
    return Figure(NAME, TITLE, DESCRIPTION, svg, per_cell(kept, _LEADING))


def _order(row: CellResult) -> str:
    """The row's order of access; empty where the record leaves it at its default."""
    return str(row.params.get("order", ""))


def _size(row: CellResult) -> int:
    """The row's working set in bytes."""
    return int(row.params["len_bytes"])


_LEADING: Mapping[str, Callable[[CellResult], str]] = {
    "order": _order,
    "working set": lambda row: size(_size(row)),
}


def _of_mode(rows: Sequence[CellResult], mode: str) -> list[CellResult]:
    """Rows of one mode by rising working set."""
    return sorted((row for row in rows if row.mode == mode), key=_size)


def _draw_times(
    axes: Axes, rows: Sequence[CellResult], modes: Sequence[str], sizes: Sequence[int]
) -> None:
    """Absolute times, one line per mode, secret memory on top."""
    for mode in reversed(modes):
        points = [(sizes.index(_size(r)), r.treatment) for r in _of_mode(rows, mode) if r.treatment]
        style = look(mode)
        axes.errorbar(
            [x for x, _ in points],
            [t.estimate for _, t in points],
            yerr=canvas.bars([(t.low, t.estimate, t.high) for _, t in points]),
            color=style.color,
            marker=style.marker,
            markerfacecolor=style.face,
            linestyle=style.line,
        )
    axes.set_yscale("log")


def _draw_differences(
    axes: Axes, rows: Sequence[CellResult], modes: Sequence[str], sizes: Sequence[int]
) -> None:
    """Differences from the control in %, beside each other where sizes are the same."""
    axes.axhline(0, color=INK, linewidth=0.8)
    for row in rows:
        if row.is_noise_floor and row.ratio:
            x = sizes.index(_size(row))
            low, high = percent(row.ratio.low), percent(row.ratio.high)
            axes.fill_between([x - 0.42, x + 0.42], low, high, color=BAND, linewidth=0)
    compared = [row for row in rows if row.ratio and not row.is_noise_floor]
    far = [row for row in compared if row.ratio and not NEAR[0] < row.ratio.estimate < NEAR[1]]
    near = [row for row in compared if row not in far]
    others = [mode for mode in modes if _of_mode(near, mode)]
    for place, mode in enumerate(others):
        shift = 0.7 * ((place + 0.5) / len(others) - 0.5)
        points = [(sizes.index(_size(r)) + shift, r.ratio) for r in _of_mode(near, mode) if r.ratio]
        style = look(mode)
        axes.errorbar(
            [x for x, _ in points],
            [percent(ratio.estimate) for _, ratio in points],
            yerr=100 * canvas.bars([(r.low, r.estimate, r.high) for _, r in points]),
            color=style.color,
            marker=style.marker,
            markerfacecolor=style.face,
            linestyle="none",
        )
    axes.yaxis.set_major_locator(MaxNLocator(6, min_n_ticks=3))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda percents, _: f"{percents:+g} %" if percents else "0")
    )
    if far:
        _name_far(axes, far)


def _name_far(axes: Axes, far: Sequence[CellResult]) -> None:
    """Say which cells lie far outside the panel."""
    names = [f"{row.mode} {times(row.ratio.estimate)}" for row in far if row.ratio]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    text = f"not drawn: {', '.join(names[:2])}{more}"
    axes.text(0.02, 0.98, text, transform=axes.transAxes, va="top", fontsize=8.5, color=SOFT)


def _label_sizes(axes: Axes, sizes: Sequence[int]) -> None:
    """A tick at each measured size, with a name at as many as there is room for."""
    step = -(-len(sizes) // 6)
    names = [size(each) if place % step == 0 else "" for place, each in enumerate(sizes)]
    axes.set_xticks(range(len(sizes)), names, fontsize=8 if len(sizes) > 4 else 9)
    axes.set_xlim(-0.5, len(sizes) - 0.5)
    axes.set_xlabel("working set")
