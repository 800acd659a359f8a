# SPDX-License-Identifier: MIT
"""Latency of a dependent load against the working set, by mode."""

from ..words.quantity import size
from .drawing import two_panels
from .drawing.figure import Absent, Figure, Material, Plate

PLATE = Plate(
    name="latency",
    title="Hot access: latency of one load against the working set",
    description=(
        "Left: time of one load that waits for the one before it, on a logarithmic scale. Right: "
        "difference from the control measured beside it in the same process, with 95 % intervals "
        "over runs; an interval that crosses zero shows no difference, the grey band is the "
        f"control against itself (A/A). {two_panels.SCALES}"
    ),
    chapter="owner",
    order=30,
)
PANELS = two_panels.Panels(
    metric="access-latency",
    across="len_bytes",
    across_name="working set",
    across_text=size,
    split_by="order",
)


def draw(material: Material) -> Figure | Absent:
    """Two panels for each order of access and each control."""
    return two_panels.draw(PLATE, PANELS, material)
