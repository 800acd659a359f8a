"""Cost of one access by its width."""

from collections.abc import Sequence

from ..result.cell import CellResult
from .drawing import duet
from .drawing.figure import Absent, Figure

PLOT = duet.Plot(
    name="width",
    title="Cost of one access by its width",
    description=(
        "Left: time of one load or store on one hot cache line, and of each access while "
        "streaming over a page, on a logarithmic scale. Right: difference from the control "
        "measured beside it in the same process, with 95 % intervals over runs; the grey band is "
        f"the control against itself (A/A). {duet.SCALES}"
    ),
    metric="access-width",
    across="width_bytes",
    across_name="width, bytes",
    across_text=str,
    panels="op",
)


def draw(rows: Sequence[CellResult]) -> Figure | Absent:
    """Two panels for each operation and each control."""
    return duet.draw(PLOT, rows)
