"""What a figure is: a picture in SVG, its words, and its data as a table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Numbers as text, ready to be read: one tuple per row, as long as `columns`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Figure:
    """One drawn figure.

    Attributes:
        name: Also the stem of its file and the prefix of every id inside `svg`.
        title: One line.
        description: What is drawn and how to read it, in sentences.
        svg: A whole `<svg>` element, without XML declaration, in literal colours.
        table: The numbers behind the picture.
    """

    name: str
    title: str
    description: str
    svg: str
    table: Table


@dataclass(frozen=True)
class Absent:
    """A figure that was not drawn, and why."""

    name: str
    title: str
    reason: str
