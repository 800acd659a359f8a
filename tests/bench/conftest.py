# SPDX-License-Identifier: MIT
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.core import Catalogue, Core

from . import fake

ROOT = Path(__file__).parents[2]

Bench = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def core() -> Path:
    """The real native core, built."""
    subprocess.run(["make", "-C", "bench/native"], cwd=ROOT, check=True, capture_output=True)
    return ROOT / "bench" / "native" / "build" / "core"


@pytest.fixture
def fake_core(tmp_path: Path) -> Path:
    """A scripted core on which everything works."""
    return fake.make(tmp_path)


@pytest.fixture
def catalogue(fake_core: Path) -> Catalogue:
    return Core(fake_core).catalogue()


@pytest.fixture
def bench() -> Bench:
    """Runs `python -m bench` with the given words to its end."""

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bench", *map(str, words)]
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False,
            timeout=1800, stdin=subprocess.DEVNULL, env=os.environ,
        )  # fmt: skip

    return run


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan for the scripted core: two modes, A/A and a count."""
    path = tmp_path / "tiny.toml"
    path.write_text("""
        budget_s = 3600
        [target]
        half_width = 0.02
        min_runs = 6
        max_runs = 8
        [[cells]]
        metric = "latency"
        modes = ["memfd", "anon", "secret"]
        params = { len_bytes = "16KiB" }
        [[cells]]
        metric = "count"
        modes = ["secret"]
    """)
    return path
