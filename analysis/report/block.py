# SPDX-License-Identifier: MIT
"""What a chapter of the report is made of; `page.html` gives each block its shape.

All text is plain: the template escapes every string, so that nothing in a
result file can become markup.
"""

from dataclasses import dataclass
from typing import Literal

from ..figures.drawing.figure import Absent, Figure

Tone = Literal["", "good", "bad", "strong", "closed", "at-rest", "open", "untried"]


@dataclass(frozen=True)
class Entry:
    """One entry of a table: its text, where its numbers come from, and whether it is good news."""

    text: str
    anchor: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    text: str
    kind: Literal["prose"] = "prose"


@dataclass(frozen=True)
class Notice:
    """Something the reader must not miss: a title, sentences, and steps to take in order."""

    title: str
    sentences: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    tone: Tone = "bad"
    kind: Literal["notice"] = "notice"


@dataclass(frozen=True)
class Headline:
    """One finding: what was measured, the number with its interval, and what stands behind it."""

    subject: str
    number: str
    rest: str
    anchor: str


@dataclass(frozen=True)
class Headlines:
    """The findings of a chapter, most important first."""

    lines: tuple[Headline, ...]
    kind: Literal["headlines"] = "headlines"


@dataclass(frozen=True)
class Grid:
    """A table that scrolls inside its box.

    Attributes:
        caption: One sentence that says what the rows are.
        columns: Heads of the columns.
        rows: Entries, as many per row as there are columns.
        folded: Shown closed, to be opened by the reader.
        footnotes: Sentences under the table.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    folded: bool = False
    footnotes: tuple[str, ...] = ()
    kind: Literal["grid"] = "grid"


@dataclass(frozen=True)
class Picture:
    """A figure with its words and its data, or the reason why there is none."""

    figure: Figure | Absent
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True)
class RunTable:
    """What stands behind the numbers of one cell: the runs, their file, and how to print them.

    Attributes:
        anchor: Id that the numbers of this cell link to.
        title: The cell in words.
        facts: Further facts about the cell, as (name, value).
        columns: Heads of the table of runs.
        rows: One row per run.
        command: Prints the raw values.
        left_out: Further runs that are not listed here.
    """

    anchor: str
    title: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    command: str
    left_out: int = 0
    kind: Literal["runs"] = "runs"


@dataclass(frozen=True)
class Ways:
    """The matrix of secrecy: ways in down, modes across, each entry a link to its evidence.

    Attributes:
        caption: One sentence that says how to read it.
        modes: Heads of the columns.
        groups: Head of each group of ways -> its rows: name, what it means, an entry per mode.
        counts: How many ways each mode closes, of those tried on it.
    """

    caption: str
    modes: tuple[str, ...]
    groups: tuple[tuple[str, tuple[tuple[str, str, tuple[Entry, ...]], ...]], ...]
    counts: tuple[str, ...]
    kind: Literal["ways"] = "ways"


@dataclass(frozen=True)
class Proof:
    """The evidence for one way in, a line per cell that tried it.

    Attributes:
        title: Name of the metric, and what the way means.
        columns: Heads.
        rows: Id that the matrix links to, and the line's texts.
        files: Record files as (name, sha256).
        command: Prints the raw values of a cell.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    files: tuple[tuple[str, str], ...]
    command: str
    kind: Literal["proof"] = "proof"


Block = Prose | Notice | Headlines | Grid | Picture | RunTable | Ways | Proof


@dataclass(frozen=True)
class Section:
    """Blocks under a heading of their own; an empty title has no heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Chapter:
    """One question of the reader and its answer."""

    name: str
    title: str
    sections: tuple[Section, ...]
