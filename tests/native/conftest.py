from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .command import NATIVE, build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def core() -> Path:
    done = build(NATIVE)
    assert done.returncode == 0, done.stderr
    return NATIVE / "build" / "core"


@pytest.fixture(scope="session")
def sanitized() -> Path:
    done = build(NATIVE, "sanitized")
    assert done.returncode == 0, done.stderr
    return NATIVE / "build" / "core-sanitized"
