# SPDX-License-Identifier: MIT
"""How the tests call the native core."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

NATIVE = Path(__file__).parents[2] / "bench" / "native"
Line = dict[str, Any]


def build(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-s", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
    )


def call(
    core: Path, *arguments: str, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the core; `before` is what a child does before it becomes the core."""
    return subprocess.run(
        [str(core), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=before,
    )


def run(core: Path, *arguments: str) -> list[Line]:
    done = call(core, "run", *arguments, "--seed", "7")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def values(lines: list[Line], arm: str) -> list[float]:
    return next(line["values"] for line in lines if line.get("arm") == arm)
