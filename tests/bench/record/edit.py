# SPDX-License-Identifier: MIT
"""A record changed by hand, whose lines have checksums that are right all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.record.seal import sealed, unsealed

if TYPE_CHECKING:
    from pathlib import Path


def replaced(path: Path, old: str, new: str) -> bytes:
    """Put other words into every line of a record; returns what the file now holds."""
    rows = [
        sealed(unsealed(row)[0].replace(old.encode(), new.encode(), 1)) + b"\n"
        for row in path.read_bytes().splitlines()
    ]
    path.write_bytes(b"".join(rows))
    return path.read_bytes()
