# SPDX-License-Identifier: MIT
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROBE = [sys.executable, "-m", "bench", "probe", "fault-stages"]

_HEADERS = Path("/lib/modules") / os.uname().release / "build"
needs_bcc = pytest.mark.skipif(
    not (any(Path("/usr/lib").glob("python3*/*-packages/bcc")) and _HEADERS.exists()),
    reason="no bcc or no kernel headers: apt-get install python3-bpfcc linux-headers-amd64",
)

Probe = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def core() -> Path:
    """The real native core, built."""
    subprocess.run(["make", "-C", "bench/native"], cwd=ROOT, check=True, capture_output=True)
    return ROOT / "bench" / "native" / "build" / "core"


@pytest.fixture(scope="session")
def probe(core: Path) -> Probe:
    """Runs `bench probe fault-stages` with the given words, behind a command if one is given."""

    def run(
        *words: str, behind: tuple[str, ...] = (), **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*behind, *PROBE, "--core", str(core), *words], cwd=ROOT, capture_output=True,
            text=True, check=False, timeout=300, stdin=subprocess.DEVNULL,
            env={**os.environ, **variables},
        )  # fmt: skip

    return run
