# SPDX-License-Identifier: MIT
"""What each mode keeps secret, and what that costs its owner."""

from .drawing import frontier
from .drawing.figure import Absent, Figure, Material, Plate

PLATE = Plate(
    name="frontier-owner",
    title="What each mode keeps secret, and what that costs its owner",
    description=(
        "A use opens the memory, reads 32 bytes and closes it; a life is from obtaining to giving "
        "back. "
        f"{frontier.READING}"
    ),
    chapter="secrecy",
    order=110,
)
PRICES = ("use", "life")


def draw(material: Material) -> Figure | Absent:
    """Bars of secrecy, and a panel for each price."""
    return frontier.draw(PLATE, PRICES, material)
