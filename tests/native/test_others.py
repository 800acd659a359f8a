# SPDX-License-Identifier: MIT
"""What the other CPUs do while a metric is measured: started and proved; test_kill: gone after."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from .command import call

METRICS = ("first-touch", "secret-lifecycle", "create", "release", "neighbour-loss")
CELL = ("anon", "--control", "memfd", "--seed", "1")
LONG = ("pages=131072", "block_pages=256")
"""Of first-touch: some tenths of a second, of which /proc/stat counts hundredths."""

two_cpus = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="there is no other CPU to keep busy"
)


def notes(core: Path, metric: str, *words: str) -> dict[str, Any]:
    done = call(core, "run", metric, *CELL, *words)
    if done.returncode == 77:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])["notes"]
    return found


@two_cpus
@pytest.mark.parametrize("metric", METRICS)
def test_others_can_be_kept_busy_beside_each_metric_that_depends_on_them(
    core: Path, metric: str
) -> None:
    words = ("slices=20",) if metric == "neighbour-loss" else ()
    # No hundredth of a second may pass in a short run, and then there is no share.
    assert 0.5 < notes(core, metric, "others=busy", *words).get("others_busy_share", 1) <= 1


def ticks(without: int) -> tuple[int, int]:
    """Idle ones and all of the CPUs but one, since boot."""
    lines = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    cpus = [line for line in lines if line[0][:3] == "cpu" and line[0][3:].isdigit()]
    parts = [[int(word) for word in line[1:9]] for line in cpus if int(line[0][3:]) != without]
    return sum(part[3] + part[4] for part in parts), sum(map(sum, parts))


@two_cpus
@pytest.mark.parametrize("others", ["idle", "busy"])
def test_how_busy_the_others_were_is_what_the_kernel_counts_of_them(
    core: Path, others: str
) -> None:
    cpu = max(os.sched_getaffinity(0))
    before = ticks(cpu)
    share = notes(core, "first-touch", "--cpu", str(cpu), f"others={others}", *LONG)[
        "others_busy_share"
    ]
    idle, all_ = (now - then for now, then in zip(ticks(cpu), before, strict=True))
    # Seen from outside, with the core's start and end: within a third, where others come and go.
    assert share == pytest.approx(1 - idle / all_, abs=0.34)
    if others == "busy":
        assert share > 0.95


def test_where_there_is_no_other_cpu_that_is_said(core: Path) -> None:
    cpu = str(min(os.sched_getaffinity(0)))
    done = call(Path("taskset"), "-c", cpu, str(core), "run", "create", *CELL, "others=busy")
    assert done.returncode == 77
    assert "create needs other-cpu" in done.stderr
    assert done.stdout == ""
