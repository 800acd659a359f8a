# SPDX-License-Identifier: MIT
"""The only writer of record files, and what reads one back to go on with it.

Lines are appended whole with one write(2) each. What a crash costs: `kill -9` at any moment
loses at most the run in flight, since a written line is the kernel's; a power loss may cost the
lines that the kernel had not yet put on disk (there is one fsync, at the end of a campaign,
because one per run would be measured along with the runs).
"""

import contextlib
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from ..error import BenchError
from ..record.line import SCHEMA, Campaign, End, Line, Resume, Run

_DECODER = msgspec.json.Decoder(Campaign | Run | Resume | End)
_ENCODER = msgspec.json.Encoder()


class History(msgspec.Struct, frozen=True):
    """What a record file holds already."""

    campaign: Campaign
    runs: tuple[Run, ...]
    ends: tuple[End, ...]


class Writer:
    """Appends whole lines to one record file, which it holds locked."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._size_bytes = os.fstat(descriptor).st_size
        self._fresh = self._size_bytes == 0

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new file; one that exists already is refused, never overwritten."""
        if path.exists():
            way = "" if path.is_dir() else f"; if it is a record, --resume {path} goes on with it"
            raise BenchError(f"{path} exists and is never overwritten: choose another --out{way}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            writer = cls(path, os.open(path, flags, 0o644))
        except OSError as error:
            taken = isinstance(error, FileExistsError)
            reason = "a folder in its path is a file" if taken else error.strerror
            raise BenchError(f"cannot write {path}: {reason}: choose another --out") from None
        writer._lock()
        return writer

    @classmethod
    def reopen(cls, path: Path) -> tuple[Self, History, list[str]]:
        """Open a file to go on with it.

        Returns:
            The writer, what the file holds, and warnings (a last line cut short is removed).
        """
        try:
            writer = cls(path, os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC))
        except OSError as error:
            raise BenchError(f"cannot resume {path}: {error.strerror}: check the path") from None
        writer._fresh = False
        writer._lock()
        try:
            history, warnings = writer._take_up()
        except BaseException:
            writer.close()
            raise
        return writer, history, warnings

    def append(self, line: Line) -> None:
        """Write one line whole, or leave the file as it was.

        Raises:
            BenchError: The disk is full or the file cannot be written any more.
        """
        data = _ENCODER.encode(line) + b"\n"
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size_bytes)
            raise BenchError(self._write_failure(error)) from None
        self._size_bytes += len(data)

    def close(self) -> None:
        """Put what was written on disk and let go of the file; a new one left empty is removed."""
        with contextlib.suppress(OSError):
            os.fsync(self._descriptor)
        os.close(self._descriptor)
        if self._fresh and self._size_bytes == 0:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _write_failure(self, error: OSError) -> str:
        if self._size_bytes == 0:
            return f"cannot write {self.path}: {error.strerror}: make room or choose another --out"
        return (
            f"cannot write {self.path}: {error.strerror}: it is valid up to its last whole "
            f"record; make room and go on with --resume {self.path}"
        )

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise BenchError(
                f"{self.path} is being written by another campaign: wait for it to end"
            ) from None

    def _take_up(self) -> tuple[History, list[str]]:
        data = self.path.read_bytes()
        if data.startswith(b"\x1f\x8b"):
            raise BenchError(f"{self.path} is compressed: gunzip a copy of it and resume that")
        whole = data.rfind(b"\n") + 1
        # Only what has been read as a record may be cut: the file could be anybody's.
        history = read(data[:whole], self.path)
        warnings = []
        if whole < len(data):
            warnings.append(f"{self.path}: the last line was cut short and is removed")
            os.ftruncate(self._descriptor, whole)
            self._size_bytes = whole
        return history, warnings


def read(data: bytes, path: Path) -> History:
    """Decode the whole lines of a record file.

    Args:
        data: Whole lines.
        path: Only named in errors.

    Raises:
        BenchError: Not a record file, of a newer schema, or damaged.
    """
    rows = data.splitlines()
    _refuse_newer(rows, path)
    lines: list[Campaign | Run | Resume | End] = []
    for number, row in enumerate(rows, 1):
        try:
            lines.append(_DECODER.decode(row))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BenchError(
                f"{path}, line {number}: not a record line ({error}): restore the file"
            ) from None
    if not lines or not isinstance(lines[0], Campaign):
        raise BenchError(f"{path} is no record file: it does not begin with a campaign line")
    return History(
        campaign=lines[0],
        runs=tuple(line for line in lines if isinstance(line, Run)),
        ends=tuple(line for line in lines if isinstance(line, End)),
    )


def _refuse_newer(rows: Sequence[bytes], path: Path) -> None:
    class Head(msgspec.Struct):
        kind: str
        schema: int

    try:
        head = msgspec.json.decode(rows[0] if rows else b"", type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        head = Head("", 0)
    if head.kind != "campaign":
        raise BenchError(f"{path} is no record file: it does not begin with a campaign line")
    if head.schema > SCHEMA:
        raise BenchError(
            f"{path} has schema {head.schema}, this version writes {SCHEMA}: update the suite"
        )
