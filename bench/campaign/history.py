# SPDX-License-Identifier: MIT
"""What a record file holds already: read line by line, checked, and only what is whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from ..error import BenchError
from ..output import UNREADABLE
from ..record.line import (
    MOST_BYTES,
    MOST_DAMAGED,
    MOST_LINE_BYTES,
    MOST_LINES,
    MOST_RUNS,
    SCHEMA,
    Campaign,
    End,
    Resume,
    Run,
)
from ..record.seal import unsealed

# A cell has a run per round, and no plan gives it more than a hundred.
_MOST_ROUNDS = 10_000
# What a logarithm is taken of must fit into a float.
_MOST = 1e300
_PACKED = {b"\x1f\x8b": "gunzip", b"\xfd7": "unxz"}

Line = Campaign | Run | Resume | End
_DECODER = msgspec.json.Decoder(Line)


class History(msgspec.Struct, frozen=True):
    """What a record file holds already.

    `damaged` are the numbers of the lines that were left out since their checksum is wrong;
    `whole_bytes` is where the last whole line ends.
    """

    campaign: Campaign
    runs: tuple[Run, ...]
    ends: tuple[End, ...]
    damaged: tuple[int, ...]
    whole_bytes: int


class _Head(msgspec.Struct):
    """As much of the first line as any schema will have."""

    kind: str
    schema: int


def read(stream: BinaryIO, path: Path) -> History:
    """Decode the whole lines of a record file.

    Args:
        stream: The file's bytes.
        path: Only named in errors.

    Raises:
        BenchError: Not a record file, of a newer schema, too large, or damaged where nothing
            says what may be left out.
    """
    reading, whole_bytes = _Reading(path), 0
    for number, row in enumerate(_rows(stream, path), 1):
        whole_bytes += len(row)
        reading.take(number, row[:-1])
    return reading.history(whole_bytes)


class _Reading:
    """The lines so far."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._campaign: Campaign | None = None
        self._cells: set[str] = set()
        self._runs: list[Run] = []
        self._ends: list[End] = []
        self._damaged: list[int] = []
        self._sealed = False

    def take(self, number: int, row: bytes) -> None:
        """Take in a line, or leave it out if its checksum is wrong or lost."""
        body, intact = unsealed(row)
        # From the first line with a checksum on each has one.
        damaged = intact is False or (self._sealed and intact is None)
        if number == 1:
            _refuse_foreign(body, self._path)
        elif damaged:
            self._damaged.append(number)
            if len(self._damaged) > MOST_DAMAGED:
                raise BenchError(
                    f"{self._path}: more than {MOST_DAMAGED} lines are damaged: restore the file"
                )
            return
        line = self._decoded(number, body)
        lost = intact and not self._sealed and number > 1 and not isinstance(line, Resume)
        if (number == 1 and damaged) or lost:
            raise BenchError(
                f"{self._path}, line 1: its checksum is wrong or lost: restore the file, nothing "
                "can be gone on with"
            )
        self._sealed = self._sealed or intact is True
        self._keep(number, line)

    def _decoded(self, number: int, body: bytes) -> Line:
        try:
            line: Line = _DECODER.decode(body)
        except (*UNREADABLE, ValueError) as error:
            raise self._malformed(number, str(error)) from None
        return line

    def _keep(self, number: int, line: Line) -> None:
        if isinstance(line, Campaign):
            if number > 1:
                raise self._malformed(number, "a second campaign line")
            self._campaign = line
            self._cells = self._described(line)
        elif isinstance(line, Run):
            if line.cell not in self._cells or line.round > _MOST_ROUNDS:
                raise self._malformed(number, "a run of no cell or round of the campaign")
            if any(abs(value) > _MOST for values in line.values.values() for value in values):
                raise self._malformed(number, "a value beyond all measure")
            self._runs.append(line)
        elif isinstance(line, End):
            self._ends.append(line)
        if len(self._runs) > MOST_RUNS:
            raise self._malformed(number, f"more than {MOST_RUNS} runs")

    def _described(self, campaign: Campaign) -> set[str]:
        """Names of the cells, whose metrics must be described."""
        for cell in campaign.cells:
            if cell.metric not in campaign.metrics:
                raise self._malformed(1, f"metric {cell.metric!r} is not described")
        return {cell.cell for cell in campaign.cells}

    def _malformed(self, number: int, reason: str) -> BenchError:
        return BenchError(
            f"{self._path}, line {number}: not a record line ({reason}): restore the file"
        )

    def history(self, whole_bytes: int) -> History:
        """All of it."""
        if self._campaign is None:
            raise _foreign(self._path)
        return History(
            campaign=self._campaign,
            runs=tuple(self._runs),
            ends=tuple(self._ends),
            damaged=tuple(self._damaged),
            whole_bytes=whole_bytes,
        )


def _rows(stream: BinaryIO, path: Path) -> Iterator[bytes]:
    """The whole lines, each with its newline; never more than one of them in memory."""
    size_bytes = lines = 0
    while row := stream.readline(MOST_LINE_BYTES + 1):
        size_bytes, lines = size_bytes + len(row), lines + 1
        if len(row) > MOST_LINE_BYTES or size_bytes > MOST_BYTES or lines > MOST_LINES:
            raise BenchError(
                f"{path} is no record file: a line has at most {MOST_LINE_BYTES // 2**20} MiB, and "
                f"all of it {MOST_BYTES // 2**20} MiB and {MOST_LINES} lines: name another file"
            )
        if not row.endswith(b"\n"):
            return
        yield row


def _refuse_foreign(row: bytes, path: Path) -> None:
    packed = next((tool for magic, tool in _PACKED.items() if row.startswith(magic)), None)
    if packed:
        raise BenchError(f"{path} is compressed: {packed} a copy of it and resume that")
    try:
        head = msgspec.json.decode(row, type=_Head)
    except UNREADABLE:
        head = _Head("", 0)
    if head.kind != "campaign":
        raise _foreign(path)
    if head.schema > SCHEMA:
        raise BenchError(
            f"{path} has schema {head.schema}, this version writes {SCHEMA}: update the suite"
        )


def _foreign(path: Path) -> BenchError:
    return BenchError(f"{path} is no record file: it does not begin with a campaign line")
