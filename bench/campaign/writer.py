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
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from ..error import BenchError
from ..record.line import MOST_BYTES, Line
from ..record.seal import sealed
from ..regular_file import opened
from .history import History, read

_ENCODER = msgspec.json.Encoder()


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
        if os.path.lexists(path):
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
            The writer, what the file holds, and warnings: of a last line cut short, which is
            removed, and of damaged lines, which stay where they are and do not count.
        """
        with opened(path, "check the path to resume", flags=os.O_RDWR | os.O_APPEND) as stream:
            writer = cls(path, os.dup(stream.fileno()))
            writer._fresh = False
            writer._lock()
            try:
                history, warnings = writer._take_up(stream)
            except BaseException:
                writer.close()
                raise
        return writer, history, warnings

    def append(self, line: Line) -> None:
        """Write one line whole, or leave the file as it was.

        Raises:
            BenchError: The disk is full, the file cannot be written any more, or it is as large
                as a record may be.
        """
        data = self._encoded(line)
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size_bytes)
            raise BenchError(self._write_failure(error)) from None
        self._size_bytes += len(data)

    def _encoded(self, line: Line) -> bytes:
        try:
            data = sealed(_ENCODER.encode(line)) + b"\n"
        except (OverflowError, ValueError) as error:
            raise BenchError(f"cannot write {self.path}: {error}: give smaller numbers") from None
        if self._size_bytes + len(data) > MOST_BYTES:
            raise BenchError(
                f"cannot write {self.path}: readers take {MOST_BYTES // 2**20} MiB and no more: it "
                "is whole up to its last line; split the plan"
            )
        return data

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

    def _take_up(self, stream: BinaryIO) -> tuple[History, list[str]]:
        # Only what has been read as a record may be cut: the file could be anybody's.
        history = read(stream, self.path)
        warnings = [
            f"{self.path}, line {number}: its checksum is wrong: it is left out, all others count"
            for number in history.damaged
        ]
        if history.whole_bytes < self._size_bytes:
            warnings.append(f"{self.path}: the last line was cut short and is removed")
            os.ftruncate(self._descriptor, history.whole_bytes)
            self._size_bytes = history.whole_bytes
        return history, warnings
