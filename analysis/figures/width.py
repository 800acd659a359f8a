# SPDX-License-Identifier: MIT
"""Cost of one access by its width."""

from .drawing import two_panels
from .drawing.figure import Absent, Figure, Material, Plate

PLATE = Plate(
    name="width",
    title="Cost of one access by its width",
    description=(
        "Left: time of one load or store on one hot cache line, and of each access while "
        "streaming over a page, on a logarithmic scale. Right: difference from the control "
        "measured beside it in the same process, with 95 % intervals over runs; the grey band is "
        f"the control against itself (A/A). {two_panels.SCALES}"
    ),
    chapter="owner",
    order=40,
)
PANELS = two_panels.Panels(
    metric="access-width",
    across="width_bytes",
    across_name="width, bytes",
    across_text=str,
    split_by="op",
)


def draw(material: Material) -> Figure | Absent:
    """Two panels for each operation and each control."""
    return two_panels.draw(PLATE, PANELS, material)
