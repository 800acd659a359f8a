# SPDX-License-Identifier: MIT
"""What a figure is: what its file registers, what it is drawn from, and what comes out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from matplotlib.figure import Figure as Drawing

from ...read.campaigns import Campaigns
from ...read.modes import Modes
from ...result.cell import CellResult
from ...secrecy.cost import Costs, costs
from ...secrecy.matrix import Matrix, abouts, matrix
from ...secrecy.weight import Weights
from . import canvas


@dataclass(frozen=True)
class Material:
    """What figures are drawn from."""

    campaigns: Campaigns
    """Files of one environment."""
    rows: Sequence[CellResult]
    """What their cells came to."""
    weights: Weights
    """Of the ways in."""

    @property
    def modes(self) -> Modes:
        """Order and styles of the modes."""
        return self.campaigns.modes

    @cached_property
    def ways(self) -> Matrix:
        """What was tried on which mode."""
        return matrix(self.rows, self.modes, abouts(self.campaigns))

    @cached_property
    def prices(self) -> Costs:
        """What each mode costs."""
        return costs(self.rows)


@dataclass(frozen=True)
class FigureTable:
    """Numbers as text, ready to be read: one tuple per row, as long as `columns`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Plate:
    """What the file of a figure registers as `PLATE`, beside its function `draw`.

    Attributes:
        name: Also the stem of its file and the prefix of every id inside the picture.
        title: One line.
        description: What is drawn and how to read it, in sentences.
        chapter: Chapter of the report in which it stands.
        order: Its place among all figures, in the order in which a reader should meet them.
    """

    name: str
    title: str
    description: str
    chapter: Literal["owner", "everyone", "secrecy", "trust"]
    order: int

    @contextmanager
    def sheet(self, height_in: float) -> Iterator[Drawing]:
        """An empty drawing of this height; `figure` must be called while it is open."""
        with canvas.settings(self.name):
            yield canvas.drawing(height_in)

    def figure(self, picture: Drawing, table: FigureTable) -> "Figure":
        """The finished figure."""
        return Figure(self, canvas.to_svg(picture, self.name, self.title, self.description), table)

    def absent(self, reason: str) -> "Absent":
        """That it cannot be drawn, and why."""
        return Absent(self, reason)


@dataclass(frozen=True)
class Figure:
    """One drawn figure.

    Attributes:
        plate: Its name and words.
        svg: A whole `<svg>` element, without XML declaration, in literal colours.
        table: The numbers behind the picture.
    """

    plate: Plate
    svg: str
    table: FigureTable


@dataclass(frozen=True)
class Absent:
    """A figure that was not drawn, and why."""

    plate: Plate
    reason: str
