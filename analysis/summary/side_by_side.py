# SPDX-License-Identifier: MIT
"""Campaigns side by side, also of two machines or kernels: a report, never a verdict."""

import itertools
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..read.campaigns import Campaigns, RecordFile
from ..read.definition import differences
from ..read.environment import Mismatch, mismatches
from ..read.modes import Modes
from ..result.cell import CellResult
from ..result.compute import recontrolled, results
from ..result.pair import PairResult, pairs, sides
from ..words.row import Footnotes
from .pairs import text as pairs_text
from .summary import FileFacts, Unsupported, file_facts, unsupported
from .tables import footnotes_text, tables
from .text import file_text, unsupported_text

if TYPE_CHECKING:
    from ..output.page import Page


@dataclass(frozen=True)
class SideBySide:
    """All that `compare --json` prints; numbers in base units, ratios plain, NaN as null."""

    files: tuple[FileFacts, ...]
    differences: tuple[Mismatch, ...]
    """Facts of the environment that are not the same for all files, a value per file."""
    control: str | None
    """Mode that takes the place of each cell's own control."""
    unsupported: tuple[tuple[Unsupported, ...], ...]
    """Modes that the machine lacks, one list per file."""
    warnings: tuple[str, ...]
    results: tuple[tuple[CellResult, ...], ...]
    """One list of results per file."""
    pairs: tuple[PairResult, ...]
    """Where the files are the two sides of one `bench ab`: B against A, pair by pair."""


def side_by_side(campaigns: Campaigns, control: str | None = None) -> SideBySide:
    """Each file on its own, values in base units; what is two things under one name is left out.

    Args:
        campaigns: Any files, also of different environments.
        control: Mode to compare all others with; None keeps each cell's own control.

    Raises:
        UsageError: No cell of a file measured `control`.
    """
    both = sides(campaigns.files)
    files = both or campaigns.files
    counts_only = _beside_real(files)
    other_things = _other_things(files)
    alone = [Campaigns((file,)) for file in files]
    rows = [recontrolled(one, control) if control else results(one) for one in alone]
    return SideBySide(
        files=tuple(file_facts(file) for file in files),
        differences=mismatches([file.campaign for file in files]),
        control=control,
        unsupported=tuple(unsupported([file]) for file in files),
        warnings=(
            *campaigns.warnings,
            *(_left_out(file) for file in counts_only),
            *(f"{name}: left out: {reason}" for name, reason in other_things.items()),
        ),
        results=tuple(
            tuple(
                row
                for row in of_file
                if row.cell not in other_things and (row.unit == "1" or file not in counts_only)
            )
            for file, of_file in zip(files, rows, strict=True)
        ),
        pairs=tuple(row for row in pairs(*both) if row.cell not in other_things) if both else (),
    )


def _other_things(files: Sequence[RecordFile]) -> Mapping[str, str]:
    """Cells that are not one thing in all files -> in what they differ, and where."""
    found: dict[str, str] = {}
    for one, other in itertools.combinations(files, 2):
        for name in one.cells:
            if differing := differences(one, other, name):
                said = f"it is another thing in {other.label} than in {one.label}"
                found.setdefault(name, f"{said} ({'; '.join(differing)})")
    return found


def _beside_real(files: Sequence[RecordFile]) -> list[RecordFile]:
    """Emulated files, if they stand beside others that are not."""
    emulated = [file for file in files if file.campaign.machine.emulated]
    return emulated if len(emulated) < len(files) else []


def _left_out(file: RecordFile) -> str:
    return (
        f"{file.label}: emulated, so its times are left out beside times of a real CPU; its counts "
        "hold"
    )


def text(found: SideBySide, page: "Page", modes: Modes) -> str:
    """The files as people read them; `modes` says in which order modes stand."""
    many = len(found.files) > 1
    marks = [_mark(place) if many else "" for place in range(len(found.files))]
    for mark, lacking in zip(marks, found.unsupported, strict=True):
        for mode in lacking:
            unsupported_text(mode, page, f"{mark} ".lstrip())
    for mark, file in zip(marks, found.files, strict=True):
        file_text(file, page, f"{mark} ".lstrip())
    _caveats_text(found, marks, page)
    footnotes = Footnotes()
    entries = [(mark, row) for mark, rows in zip(marks, found.results, strict=True) for row in rows]
    tables(entries, footnotes, page, modes)
    if found.pairs:
        pairs_text(found.pairs, page)
    footnotes_text(footnotes, found.warnings, page)
    return str(page)


def _caveats_text(found: SideBySide, marks: Sequence[str], page: "Page") -> None:
    """What to keep in mind when reading the rows."""
    for difference in found.differences:
        values = zip(marks, difference.values, strict=True)
        page.text(
            f"differs: {difference.fact}: {', '.join(f'{mark} {value}' for mark, value in values)}"
        )
    if found.differences:
        page.text(
            "The environments differ: medians stand side by side for reading, and only the ratios "
            "within each file are measurements of its own machine and kernel."
        )
    if found.control:
        page.text(
            f"Control: {found.control}. A ratio marked unpaired is of per-run medians from "
            "different processes; it holds their noise as well."
        )


def _mark(place: int) -> str:
    """A, B, ... Z, then numbers."""
    letters = string.ascii_uppercase
    return letters[place] if place < len(letters) else str(place + 1)
