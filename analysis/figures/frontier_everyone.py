# SPDX-License-Identifier: MIT
"""What each mode keeps secret, and what that costs everyone else."""

from .drawing import frontier
from .drawing.figure import Absent, Figure, Material, Plate

PLATE = Plate(
    name="frontier-everyone",
    title="What each mode keeps secret, and what that costs everyone else",
    description=(
        "Time that another CPU loses while a secret is obtained and given back, or a page is "
        "touched for the first time, over what it loses to the control. "
        f"{frontier.READING}"
    ),
    chapter="secrecy",
    order=120,
)
PRICES = ("others-life", "others-touch")


def draw(material: Material) -> Figure | Absent:
    """Bars of secrecy, and a panel for each price."""
    return frontier.draw(PLATE, PRICES, material)
