# SPDX-License-Identifier: MIT
"""Files that are given by name, opened only if they are ordinary ones of a bearable size."""

import os
import stat
from io import BufferedReader
from pathlib import Path

from .error import BenchError


def opened(path: Path, advice: str, *, flags: int = os.O_RDONLY) -> BufferedReader:
    """Open a file, but no folder, pipe or device: those would block, or never end.

    Args:
        path: The file.
        advice: What to do instead, for the end of the error.
        flags: Further ones of open(2).

    Raises:
        BenchError: It is not there, not permitted, or no ordinary file.
    """
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise BenchError(f"cannot read {path}: {error.strerror}: {advice}") from None
    if not _ordinary(descriptor):
        os.close(descriptor)
        raise BenchError(f"cannot read {path}: no ordinary file: {advice}")
    return os.fdopen(descriptor, "rb")


def _ordinary(descriptor: int) -> bool:
    """Whether a file lies on a disk: one of /proc has no length and yet something to say."""
    found = os.fstat(descriptor)
    try:
        return stat.S_ISREG(found.st_mode) and (found.st_size > 0 or not os.read(descriptor, 1))
    except OSError:
        return False


def text(path: Path, most_bytes: int, advice: str) -> str:
    """Return what a file says.

    Raises:
        BenchError: It cannot be read, is longer than `most_bytes`, or no UTF-8.
    """
    try:
        with opened(path, advice) as stream:
            data = stream.read(most_bytes + 1)
        if len(data) <= most_bytes:
            return data.decode()
    except OSError as error:
        raise BenchError(f"cannot read {path}: {error.strerror}: {advice}") from None
    except UnicodeDecodeError:
        raise BenchError(f"cannot read {path}: not UTF-8 text: {advice}") from None
    raise BenchError(f"cannot read {path}: longer than {most_bytes // 1024} KiB: {advice}")
