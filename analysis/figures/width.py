"""Cost of one access by its width."""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from ..result import CellResult
from . import canvas
from .figure import Absent, Figure
from .listing import per_cell
from .look import in_order, look

NAME = "width"
METRIC = "access-width"
TITLE = "Cost of one access by its width"
DESCRIPTION = (
    "Time of one load or store of 1 to 64 bytes on one hot cache line, and of each access while "
    "streaming over a page, on a logarithmic scale, with 95 % intervals over runs. Where lines lie "
    "on each other the modes cost the same."
)
_COLUMNS = 2
_LEADING: Mapping[str, Callable[[CellResult], str]] = {
    "operation": lambda row: str(row.params.get("op", "")),
    "bytes": lambda row: str(row.params["width_bytes"]),
}


def draw(rows: Sequence[CellResult]) -> Figure | Absent:
    """One panel per operation, one line per mode."""
    kept = _kept(rows)
    if not kept:
        return Absent(NAME, TITLE, f"no {METRIC} cell that names its width_bytes has a value")
    operations = list(dict.fromkeys(str(row.params.get("op", "")) for row in kept))
    modes = in_order({row.mode for row in kept})
    lines = -(-len(operations) // _COLUMNS)
    with canvas.style(NAME):
        picture = canvas.drawing(0.8 + 2.1 * lines)
        grid = picture.subplots(lines, _COLUMNS, sharex=True, sharey=True, squeeze=False)
        for axes, operation in zip(grid.flat, operations, strict=False):
            axes.set_title(operation)
            _draw_panel(axes, [r for r in kept if str(r.params.get("op", "")) == operation], modes)
        for axes in grid.flat[len(operations) :]:
            axes.set_visible(False)
        for axes in grid[:, 0]:
            axes.set_ylabel("time of one access")
        canvas.log_seconds(grid[0, 0], "y")
        widths = sorted({int(row.params["width_bytes"]) for row in kept})
        for axes in grid[-1]:
            axes.set_xticks(widths, [str(width) for width in widths])
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_xlim(widths[0] / 1.4, widths[-1] * 1.4)
            axes.set_xlabel("width, bytes")
        canvas.legend(picture, modes, {row.control for row in kept})
        svg = canvas.to_svg(picture, NAME, TITLE, DESCRIPTION)
    return Figure(NAME, TITLE, DESCRIPTION, svg, per_cell(kept, _LEADING))


def _kept(rows: Sequence[CellResult]) -> list[CellResult]:
    """Rows with a width and a value; of a mode beside several controls the first one."""
    found: dict[tuple[str, str, int], CellResult] = {}
    for row in rows:
        if row.metric == METRIC and row.treatment and "width_bytes" in row.params:
            key = (row.mode, str(row.params.get("op", "")), int(row.params["width_bytes"]))
            found.setdefault(key, row)
    return list(found.values())


def _draw_panel(axes: Axes, rows: Sequence[CellResult], modes: Sequence[str]) -> None:
    """Time against width, one line per mode."""
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    for mode in reversed(modes):
        points = sorted(
            (int(row.params["width_bytes"]), row.treatment.estimate, row.treatment)
            for row in rows
            if row.mode == mode and row.treatment
        )
        style = look(mode)
        axes.errorbar(
            [width for width, _, _ in points],
            [estimate for _, estimate, _ in points],
            yerr=canvas.bars([(t.low, t.estimate, t.high) for _, _, t in points]),
            color=style.color,
            marker=style.marker,
            markerfacecolor=style.face,
            linestyle=style.line,
        )
