# SPDX-License-Identifier: MIT
"""Cores with something changed in their sources, so that the right answer is known beforehand."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from .command import NATIVE, build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def patched(folder: Path, changes: Mapping[str, Mapping[str, str]]) -> Path:
    """Return a core of which, file by file, one text stands in the place of another.

    Each of these texts must stand there exactly once.
    """
    native = folder / "native"
    shutil.copytree(NATIVE, native, ignore=shutil.ignore_patterns("build"))
    for name, texts in changes.items():
        path = native / name
        text = path.read_text()
        for before, after in texts.items():
            assert text.count(before) == 1, (name, before, text.count(before))
            text = text.replace(before, after)
        path.write_text(text)
    done = build(native, "build/core")
    assert done.returncode == 0, done.stderr
    return native / "build" / "core"
