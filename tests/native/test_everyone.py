# SPDX-License-Identifier: MIT
"""What secret memory does to the rest of the machine, counted against known workloads."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from .command import Line, call, run, values

CPUS = len(os.sched_getaffinity(0))
VMSTAT = Path("/proc/vmstat")
several = pytest.mark.skipif(CPUS < 2, reason="a neighbour needs a CPU of its own: one CPU here")


def counted(name: str) -> int:
    """A line of /proc/vmstat, -1 where the kernel has none of that name."""
    found = re.search(rf"^{name} (\d+)$", VMSTAT.read_text(), re.MULTILINE)
    return int(found[1]) if found else -1


splitting = pytest.mark.skipif(
    counted("direct_map_level2_splits") < 0, reason="this kernel counts no direct-map splits"
)


def notes(lines: list[Line]) -> Line:
    found: Line = lines[-1]["notes"]
    return found


def gaps(lines: list[Line], name: str = "gaps") -> dict[int, int]:
    """Histogram of a neighbour's pauses: start of the bucket in ns -> how many."""
    return {int(ns): int(n) for ns, n in re.findall(r"(\d+) ns: (\d+)", notes(lines)[name])}


@several
@pytest.mark.parametrize(("mode", "flushes"), [("secret", 1), ("memfd", 0), ("anon", 0)])
def test_a_first_touch_of_secret_memory_flushes_another_cpu_once_and_no_other_does(
    core: Path, mode: str, flushes: int
) -> None:
    lines = run(core, "flush-count", mode, "pages=64", "blocks=9")
    assert values(lines, "treatment") == [flushes]
    assert notes(lines)["watched_cpu"] != lines[0]["obtained"]["cpu"]


@splitting
def test_splits_never_fall_and_are_what_the_kernel_counted(core: Path) -> None:
    before = counted("direct_map_level2_splits")
    lines = run(core, "splits", "secret", "len_bytes=2097152", "step_bytes=262144")
    moved = counted("direct_map_level2_splits") - before
    steps = values(lines, "treatment")
    assert len(steps) == 8
    assert steps == sorted(steps)
    assert steps[-1] == notes(lines)["splits_2m"] == moved
    assert lines[-1]["counters"]["direct_map_level2_splits"] == moved
    assert ("pool" in notes(lines)) == (moved == 0)


@splitting
def test_memfd_splits_nothing(core: Path) -> None:
    lines = run(core, "splits", "memfd", "len_bytes=2097152", "step_bytes=1048576")
    assert values(lines, "treatment") == [0, 0]
    assert "pool" not in notes(lines)


@splitting
def test_touching_again_after_the_release_splits_nothing_more(core: Path) -> None:
    size = ["len_bytes=2097152", "step_bytes=2097152"]
    run(core, "splits", "secret", *size, "phase=first")
    lines = run(core, "splits", "secret", *size, "phase=again")
    assert values(lines, "treatment") == [0]
    assert notes(lines)["pool"] == "pool not exhausted"


@several
def test_a_neighbour_meets_a_pause_for_each_fault_of_secret_memory_and_not_of_memfd(
    core: Path,
) -> None:
    lines = run(core, "neighbour-loss", "secret", "--control", "memfd", "pages=64", "slices=20")
    faults = 64 * 20
    assert faults <= lines[-1]["operations"]["treatment"] + 64 * lines[-1]["dropped"]
    # Two pauses are one where the neighbour is itself interrupted between them.
    assert sum(gaps(lines).values()) >= 0.98 * faults
    assert sum(gaps(lines, "gaps_control").values()) < faults / 2
    assert min(gaps(lines)) == 200
    assert 0 <= notes(lines)["share_lost_control"] < notes(lines)["share_lost"] <= 1


@several
def test_a_secret_each_millisecond_takes_as_long_as_it_says(core: Path) -> None:
    lines = run(core, "neighbour-loss", "secret", "use=secrets", "pages=20", "slices=2")
    assert lines[-1]["operations"]["treatment"] + 20 * lines[-1]["dropped"] == 40
    assert lines[-1]["core_s"] >= 0.04
    assert sum(gaps(lines).values()) >= 40


@pytest.mark.parametrize("metric", ["neighbour-loss", "flush-count"])
def test_memory_that_is_there_when_mapped_has_no_first_touch_to_count(
    core: Path, metric: str
) -> None:
    ring = next(
        mode
        for mode in json.loads(call(core, "list").stdout)["modes"]
        if mode["name"] == "packet-ring"
    )
    if not ring["supported"]:
        pytest.skip(f"the mode that is populated cannot be had: {ring['reason']}")
    done = call(core, "run", metric, "packet-ring")
    assert done.returncode == 77
    assert "it has no first touch" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("metric", "said"),
    [("neighbour-loss", "a neighbour needs one of its own"), ("flush-count", "no other CPU")],
)
def test_one_cpu_alone_has_no_neighbour_and_says_so(core: Path, metric: str, said: str) -> None:
    taskset = shutil.which("taskset")
    if taskset is None:
        pytest.skip("taskset is not installed: apt install util-linux")
    cpu = str(min(os.sched_getaffinity(0)))
    done = call(Path(taskset), "-c", cpu, str(core), "run", metric, "secret")
    assert done.returncode == 77
    assert said in done.stderr
    assert done.stdout == ""


@several
def test_a_neighbour_that_does_not_exist_is_refused_in_words(core: Path) -> None:
    done = call(core, "run", "neighbour-loss", "secret", f"neighbour={CPUS}")
    assert done.returncode == 77
    assert "there is no such other CPU" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["splits", "secret", "len_bytes=2097152", "step_bytes=12288"], "multiple of step_bytes"),
        (["access-width", "memfd", "width_bytes=3"], "width_bytes must be 1, 2, 4, 8"),
    ],
)
def test_parameters_that_make_no_cell_anywhere_are_a_usage_error(
    core: Path, arguments: list[str], said: str
) -> None:
    done = call(core, "run", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_how_arms_compare_is_listed(core: Path) -> None:
    listed = json.loads(call(core, "list").stdout)["metrics"]
    effects = {metric["name"]: metric["effect"] for metric in listed}
    assert effects["neighbour-loss"] == "difference"
    assert effects["access-latency"] == "ratio"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_one_user_gets_the_whole_limit_in_each_process_or_one_in_all(core: Path) -> None:
    lines = run(core, "user-reach", "secret", "processes=3", "limit_bytes=65536")
    (rule,) = values(run(core, "lock-limit", "secret"), "treatment")
    assert values(lines, "treatment") == [48 if rule in {1, 3} else 16]
    assert notes(lines)["processes_started"] == 3
    assert notes(lines)["rule"].startswith("per process" if rule in {1, 3} else "per user")
    assert notes(lines)["splits_2m"] >= 0
    assert not [line for line in processes() if "user-reach" in line]


@several
@pytest.mark.parametrize("use", ["faults", "secrets"])
def test_each_fault_and_each_secret_flushes_once_and_memfd_never(core: Path, use: str) -> None:
    """Counts of other CPUs' calls: the median over blocks leaves out what others ask for."""
    for mode, count in (("memfd", 0), ("secret", 1)):
        lines = run(core, "flush-count", mode, f"use={use}")
        assert values(lines, "treatment") == [count]


@several
def test_every_other_cpu_is_watched_and_named(core: Path) -> None:
    loss = run(core, "neighbour-loss", "memfd", "slices=5", "neighbours=16")
    flushes = run(core, "flush-count", "memfd", "blocks=3")
    for lines, name in ((loss, "lost_ns_by_cpu"), (flushes, "flushes_by_cpu")):
        others = os.sched_getaffinity(0) - {lines[0]["obtained"]["cpu"]}
        assert {int(part.partition(":")[0]) for part in notes(lines)[name].split(", ")} == others


def processes() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found
