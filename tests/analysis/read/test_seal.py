# SPDX-License-Identifier: MIT
"""A flipped bit is found by both readers, and costs the line that it is in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from analysis.output.error import UsageError
from analysis.read.load import load
from bench.campaign.history import read
from bench.error import BenchError
from bench.record.line import MOST_DAMAGED, MOST_LINES
from bench.record.seal import sealed, unsealed

from ..recording import Synthetic, SyntheticCell, lines

if TYPE_CHECKING:
    from collections.abc import Callable

CELL = SyntheticCell("create", "secret", "memfd", runs=3, values=2)
NAME = Path("a.jsonl")


def rows(*, seals: bool = True) -> list[bytes]:
    """A campaign, three runs and an end."""
    plain = [msgspec.json.encode(line) for line in lines(Synthetic([CELL]))]
    return [sealed(row) for row in plain] if seals else plain


def whole(given: list[bytes]) -> bytes:
    return b"".join(row + b"\n" for row in given)


Kept = tuple[list[int], bool, str]
"""Numbers of the runs that are kept, whether there is an end, and all warnings."""


def by_analysis(data: bytes, folder: Path) -> Kept | None:
    path = folder / NAME
    path.write_bytes(data)
    try:
        campaigns = load([path])
    except UsageError:
        return None
    (file,) = campaigns.files
    return [run.run for run in file.runs], file.end is not None, " ".join(campaigns.warnings)


def by_bench(data: bytes, _folder: Path) -> Kept | None:
    try:
        found = read(io.BytesIO(data), NAME)
    except BenchError:
        return None
    cut = "cut off" if found.whole_bytes < len(data) else ""
    said = " ".join([*(f"line {number}" for number in found.damaged), cut])
    return [run.run for run in found.runs], bool(found.ends), said


Reader = pytest.mark.parametrize("reader", [by_analysis, by_bench])


@Reader
def test_a_whole_record_is_read_without_a_warning(
    reader: Callable[[bytes, Path], Kept | None], tmp_path: Path
) -> None:
    for seals in (True, False):
        found = reader(whole(rows(seals=seals)), tmp_path)
        assert found is not None
        assert (found[0], found[1], found[2].strip()) == ([0, 1, 2], True, "")


@Reader
def test_a_flipped_bit_anywhere_costs_its_line_alone_and_is_said(
    reader: Callable[[bytes, Path], Kept | None], tmp_path: Path
) -> None:
    data = whole(rows())
    starts = [0]
    for row in rows():
        starts.append(starts[-1] + len(row) + 1)
    for at in range(len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 1 << at % 8
        line = sum(start <= at for start in starts)
        found = reader(bytes(flipped), tmp_path)
        if line == 1:
            assert found is None, at
            continue
        assert found is not None, at
        kept, ended, said = found
        # A newline that is gone makes one line of two; the last one's makes it one cut off.
        lost = {line, line + 1} if data[at] == ord("\n") else {line}
        assert kept == [number for number in range(3) if number + 2 not in lost], at
        assert ended == (5 not in lost)
        assert (f"line {line}" in said) or "cut off" in said, at


@Reader
@pytest.mark.parametrize(
    "rewritten",
    [
        lambda row: row.replace(b'"round":', b'"round": '),
        lambda row: row.replace(b',"crc32"', b', "crc32"'),
        lambda row: row.replace(b'"crc32":', b'"crc32": '),
        lambda row: unsealed(row)[0],
        lambda row: row[:-1] + b',"more":1}',
        lambda row: row.replace(b'"run":1', b'"run":7'),
        lambda row: row[:0],
        lambda row: row[: len(row) // 2],
    ],
)
def test_a_line_that_was_changed_or_has_lost_its_checksum_is_left_out(
    reader: Callable[[bytes, Path], Kept | None],
    tmp_path: Path,
    rewritten: Callable[[bytes], bytes],
) -> None:
    given = rows()
    given[2] = rewritten(given[2])
    assert given != rows()
    found = reader(whole(given), tmp_path)
    assert found is not None
    assert (found[0], found[1]) == ([0, 2], True)
    assert "line 3" in found[2]


@Reader
def test_a_record_begun_without_checksums_and_taken_up_again_has_both(
    reader: Callable[[bytes, Path], Kept | None], tmp_path: Path
) -> None:
    first, one, two, three, _ = rows(seals=False)
    resume = msgspec.json.encode(
        {"kind": "resume", "created": "2026-01-03T00:00:00Z", "counters": {}, "environment": {}}
    )
    again = sealed(resume)
    found = reader(whole([first, one, again, sealed(two), sealed(three)]), tmp_path)
    assert found is not None
    assert found[0] == [0, 1, 2]
    # Without a resume line it is the campaign line that has lost its own.
    assert reader(whole([first, one, sealed(two), sealed(three)]), tmp_path) is None
    # From the first checksum on, a line without one is damaged.
    found = reader(whole([first, one, again, two, sealed(three)]), tmp_path)
    assert found is not None
    assert (found[0], "line 4" in found[2]) == ([0, 2], True)


def test_both_readers_take_off_the_same_checksum() -> None:
    from analysis.read.seal import unsealed as of_analysis  # noqa: PLC0415

    for row in (*rows(), *rows(seals=False), b"", b"{}", b'{"a":1,"crc32":"00000000"}'):
        assert unsealed(row) == of_analysis(row)
    assert sealed(b'{"a":1}') == b'{"a":1,"crc32":"561bacaf"}'


@Reader
def test_lines_beyond_number_are_refused_also_where_each_is_left_out(
    reader: Callable[[bytes, Path], Kept | None], tmp_path: Path
) -> None:
    few = whole([*rows(), *(MOST_DAMAGED - 1) * [b""]])
    kept = reader(few, tmp_path)
    assert kept is not None
    assert kept[0] == [0, 1, 2]
    assert reader(whole([*rows(), *(MOST_DAMAGED + 1) * [b""], rows()[-1]]), tmp_path) is None
    resumes = MOST_LINES * [sealed(b'{"kind":"resume","time":"2026-01-01T00:00:00Z"}')]
    assert reader(whole([*rows(), *resumes]), tmp_path) is None
