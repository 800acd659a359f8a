# SPDX-License-Identifier: MIT
"""What the other CPUs do while a metric is measured: started and proved; test_kill: gone after."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .command import call

METRICS = ("first-touch", "secret-lifecycle", "create", "release", "neighbour-loss")
BUSY = ("anon", "--control", "memfd", "--seed", "1", "others=busy")

two_cpus = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="there is no other CPU to keep busy"
)


@two_cpus
@pytest.mark.parametrize("metric", METRICS)
def test_others_are_busy_where_that_is_asked_for_and_the_run_says_how_busy(
    core: Path, metric: str
) -> None:
    words = ("slices=20",) if metric == "neighbour-loss" else ()
    done = call(core, "run", metric, *BUSY, *words)
    if done.returncode == 77:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    notes = json.loads(done.stdout.splitlines()[-1])["notes"]
    # Counted in hundredths of a second, so that a short run may see none go by.
    assert notes.get("others_busy_share", 1) > 0.5


def test_where_there_is_no_other_cpu_that_is_said(core: Path) -> None:
    cpu = str(min(os.sched_getaffinity(0)))
    done = call(Path("taskset"), "-c", cpu, str(core), "run", "create", *BUSY)
    assert done.returncode == 77
    assert "create needs other-cpu" in done.stderr
    assert done.stdout == ""
