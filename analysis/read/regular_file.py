# SPDX-License-Identifier: MIT
"""Files that are given by name, opened only if they are ordinary ones, of a bearable size."""

import os
import stat
import tomllib
from io import BufferedReader
from pathlib import Path
from typing import Any

from ..output.error import UsageError

MOST_TEXT_BYTES = 64 * 1024
"""Of a policy, or of weights: thirty times the longest that we know."""

MOST_DOTS = 100
"""Of a line: tomllib keeps every beginning of a dotted key, so that a long one takes gigabytes."""


def opened(path: Path, advice: str) -> BufferedReader:
    """The file's bytes; folders, pipes and devices would block, or never end.

    Args:
        path: The file.
        advice: What to do instead, for the end of the error.

    Raises:
        UsageError: It is not there, not permitted, or no ordinary file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}): {advice}") from None
    if not _ordinary(descriptor):
        os.close(descriptor)
        raise UsageError(f"{path}: cannot be read (no ordinary file): {advice}")
    return os.fdopen(descriptor, "rb")


def _ordinary(descriptor: int) -> bool:
    """Whether a file lies on a disk: one of /proc has no length and yet something to say."""
    found = os.fstat(descriptor)
    try:
        return stat.S_ISREG(found.st_mode) and (found.st_size > 0 or not os.read(descriptor, 1))
    except OSError:
        return False


def toml(path: Path, advice: str) -> dict[str, Any]:
    """What a TOML file says.

    Raises:
        UsageError: It cannot be read, is too long, no UTF-8 or no TOML.
    """
    with opened(path, advice) as stream:
        data = stream.read(MOST_TEXT_BYTES + 1)
    if len(data) > MOST_TEXT_BYTES:
        raise UsageError(f"{path}: longer than {MOST_TEXT_BYTES // 1024} KiB: {advice}")
    try:
        return parsed(data.decode(), str(path))
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8 text: {advice}") from None


def parsed(text: str, name: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises:
        UsageError: It is no TOML, or has a number or a nesting beyond all measure.
    """
    if any(line.count(".") > MOST_DOTS for line in text.split("\n")):
        raise UsageError(f"{name}: a line with more than {MOST_DOTS} dots: shorten it")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: malformed TOML: {error}: correct that line") from None
    except ValueError:
        raise UsageError(f"{name}: a number of thousands of digits: correct it") from None
    except RecursionError:
        raise UsageError(f"{name}: nested too deeply: correct it") from None
