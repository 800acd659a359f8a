# SPDX-License-Identifier: MIT
"""Sizes as people write them: 4096, 16KiB, 64MiB, 1GiB."""

import re

_UNITS = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def parse(text: str) -> int | None:
    """Return the bytes that a text such as "16KiB" means, or None if it means none."""
    # No more digits than Python reads, and than any size has.
    match = re.fullmatch(r"([0-9]{1,30}) ?([KMGT]iB|B|)", text)
    return int(match[1]) * _UNITS[match[2]] if match else None


def show(len_bytes: int) -> str:
    """Return bytes as people read them, e.g. "64 MiB"."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if len_bytes >= _UNITS[unit]:
            return f"{len_bytes / _UNITS[unit]:.4g} {unit}"
    return f"{len_bytes} B"
