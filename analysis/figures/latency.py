"""Latency of a dependent load against the working set, by mode."""

from collections.abc import Sequence

from ..result.cell import CellResult
from ..words.quantity import size
from .drawing import duet
from .drawing.figure import Absent, Figure

PLOT = duet.Plot(
    name="latency",
    title="Hot access: latency of one load against the working set",
    description=(
        "Left: time of one load that waits for the one before it, on a logarithmic scale. Right: "
        "difference from the control measured beside it in the same process, with 95 % intervals "
        "over runs; an interval that crosses zero shows no difference, the grey band is the "
        f"control against itself (A/A). {duet.SCALES}"
    ),
    metric="access-latency",
    across="len_bytes",
    across_name="working set",
    across_text=size,
    panels="order",
)


def draw(rows: Sequence[CellResult]) -> Figure | Absent:
    """Two panels for each order of access and each control."""
    return duet.draw(PLOT, rows)
