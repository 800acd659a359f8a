# SPDX-License-Identifier: MIT
"""What a run did not obtain: it says so and measures nothing else.

Every metric is tried in every sandbox, but the victims, each of which holds much memory: of those
one refusal is tried.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import sandbox
from .command import call, run, values

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root has what can be refused"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="calls are refused by x86's numbers"),
]

Cell = tuple[str, ...]
Before = Callable[[], None] | None
WORDS = {"cpu", "other-cpu", "realtime", "frames", "counters", "page-tables"}
SMALL = {
    "slices": "10", "pages": "64", "regions": "16", "cycles": "16", "blocks": "3",
    "limit_bytes": "65536", "last_bytes": "65536",
}  # fmt: skip
MORE = {"splits": ["len_bytes=1048576"]}
CONTROL = {"walk-cost": "anon-huge"}
# Their value is what a boot has been through.
TIMED = {"splits", "tlb-walks"}
# What others do now decides, or it takes seconds: tried by itself.
APART = {"way-ksm", "split-exposure"}
# Each of these is about one or two metrics: refused all at once, to save time.
SINGLE = (
    "perf_event_open", "process_vm_readv", "process_vm_writev", "ptrace", "io_uring_setup",
    "userfaultfd", "pidfd_getfd", "process_madvise", "swapon", "mkdir", "socket", "fsopen",
    "vmsplice", "splice", "sendfile", "fallocate",
)  # fmt: skip
SANDBOXES = {
    **{name: numbers for name, numbers in sandbox.CALLS.items() if name not in SINGLE},
    "single": tuple(number for name in SINGLE for number in sandbox.CALLS[name]),
}


def cells(core: Path) -> list[Cell]:
    """One small cell of each metric, and first touches by two threads."""
    found = []
    for metric in json.loads(call(core, "list").stdout)["metrics"]:
        name = metric["name"]
        if name.startswith("victim-") or name in APART:
            continue
        control = ["--control", CONTROL.get(name, "memfd")] if metric["duet"] else []
        params = [f"{p['name']}={SMALL[p['name']]}" for p in metric["params"] if p["name"] in SMALL]
        found.append((name, "secret", *control, *MORE.get(name, params)))
    found.append(("first-touch", "secret", "--control", "memfd", "pages=64", "threads=2"))
    return found


def answer(core: Path, cell: Cell, before: Before = None, inside: Sequence[str] = ()) -> object:
    """The exact values of a cell, "timed" where it has others, or the core's words."""
    words = [*inside, str(core), "run", *cell, "--seed", "7"]
    # A kernel that is busy may leave the control's page where it is: then nothing was tried.
    for _ in range(5):
        done = call(Path(words[0]), *words[1:], before=before)
        if "so it says nothing: not counted" not in done.stderr:
            break
    assert done.returncode in {0, 77}, (cell, done.returncode, done.stderr)
    if done.returncode == 77:
        assert len(done.stderr.splitlines()) == 1, (cell, done.stderr)
        return done.stderr.strip()
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    exact = all(isinstance(value, int) for value in values(lines, "treatment"))
    return values(lines, "treatment") if exact and cell[0] not in TIMED else "timed"


@pytest.fixture(scope="module")
def truth(core: Path) -> dict[Cell, object]:
    """What each cell says where nothing is refused."""
    return {cell: answer(core, cell) for cell in cells(core)}


def check(
    core: Path, truth: dict[Cell, object], before: Before = None, inside: Sequence[str] = ()
) -> dict[Cell, str]:
    """Try all cells: each says what is true, or why it cannot. Return what those say."""
    said = {}
    for cell, true in truth.items():
        found = answer(core, cell, before, inside)
        if isinstance(found, str) and found != "timed":
            said[cell] = found
        else:
            assert found == true, cell
    return said


@pytest.mark.parametrize("name", SANDBOXES)
def test_without_a_call_a_metric_is_right_or_says_what_is_refused(
    core: Path, truth: dict[Cell, object], name: str
) -> None:
    check(core, truth, sandbox.without_call(SANDBOXES[name], errno.EPERM))


def test_without_bpf_no_page_table_is_read(core: Path) -> None:
    before = sandbox.without_call(sandbox.BPF, errno.EPERM)
    done = sandbox.call(core, "split-exposure", "secret", "--control", "memfd", before=before)
    assert done.returncode == 77
    assert done.stderr.startswith("the kernel's page tables cannot be read: ")


@pytest.mark.parametrize("namespace", ["-U", "-Ur"])
def test_missing_rights_make_nothing_fail(
    core: Path, truth: dict[Cell, object], namespace: str
) -> None:
    unshare = shutil.which("unshare")
    if unshare is None or call(Path(unshare), namespace, "true").returncode:
        pytest.skip("no user namespace can be had")
    check(core, truth, inside=[unshare, namespace])


def test_an_ordinary_user_measures_what_he_may(core: Path, truth: dict[Cell, object]) -> None:
    check(core, truth, sandbox.nobody)


def test_on_one_cpu_alone_what_needs_another_says_so(core: Path, truth: dict[Cell, object]) -> None:
    taskset = shutil.which("taskset")
    if taskset is None:
        pytest.skip("taskset is not installed: apt install util-linux")
    cpu = str(min(os.sched_getaffinity(0)))
    said = check(core, truth, inside=[taskset, "-c", cpu])
    lacking = {cell[0] for cell, words in said.items() if words != truth[cell]}
    assert lacking <= {"flush-count", "neighbour-loss"}


def test_needs_are_words_that_are_written_down(core: Path) -> None:
    needs = {
        metric["name"]: set(metric["needs"])
        for metric in json.loads(call(core, "list").stdout)["metrics"]
    }
    assert set().union(*needs.values()) == WORDS
    assert needs["flush-count"] == {"cpu", "counters"}
    assert needs["neighbour-loss"] == {"cpu", "other-cpu", "realtime"}
    assert needs["split-exposure"] == {"frames", "counters", "page-tables"}
    assert needs["access-latency"] == set()
    assert "frames" in needs["way-migration"]


def test_unpinned_nothing_is_counted_and_a_duet_says_that_it_is_not(core: Path) -> None:
    unpinned = sandbox.without_call(sandbox.CALLS["sched_setaffinity"], errno.EPERM)
    for metric, mode in (("flush-count", "secret"), ("neighbour-loss", "secret")):
        done = sandbox.call(core, metric, mode, before=unpinned)
        assert done.returncode == 77
        assert done.stderr.startswith(f"{metric} needs cpu: it must be pinned to its CPU")
        assert done.stdout == ""
    lines = [
        json.loads(line)
        for line in sandbox.call(core, "create", "anon", before=unpinned).stdout.splitlines()
    ]
    assert lines[0]["obtained"]["pinned"] is False
    assert "could not pin to CPU" in lines[0]["warnings"][0]
    assert run(core, "create", "anon")[0]["obtained"]["pinned"] is True


def test_a_cpu_that_is_named_is_had_or_refused(core: Path) -> None:
    done = call(core, "run", "create", "anon", "--cpu", "4095")
    assert done.returncode == 77
    assert done.stderr.startswith("cannot run on CPU 4095: ")
    unpinned = sandbox.without_call(sandbox.CALLS["sched_setaffinity"], errno.EPERM)
    cpu = str(min(os.sched_getaffinity(0)))
    assert sandbox.call(core, "create", "anon", "--cpu", cpu, before=unpinned).returncode == 77


def test_without_real_time_a_neighbour_is_not_watched(core: Path) -> None:
    done = call(core, "run", "neighbour-loss", "secret", "--control", "memfd", "--no-realtime")
    assert done.returncode == 77
    assert done.stderr.startswith("neighbour-loss needs realtime: ")


@pytest.mark.parametrize(
    ("cell", "refused", "cause"),
    [
        (("create", "secret"), "memfd_secret", "a filter of system calls (seccomp)"),
        (("create", "memfd"), "memfd_create", "a filter of system calls (seccomp)"),
        (("create", "anon-locked"), "mlock", "a filter of system calls (seccomp)"),
        (("lock-limit", "secret"), "setrlimit", "a filter of system calls (seccomp)"),
        (("victim-packet-ring", "secret", "--control", "memfd"), "process_vm_readv", "seccomp"),
    ],
)
def test_a_refusal_names_its_cause(core: Path, cell: Cell, refused: str, cause: str) -> None:
    before = sandbox.without_call(sandbox.CALLS[refused], errno.EPERM)
    done = sandbox.call(core, *cell, before=before)
    assert done.returncode == 77
    assert cause in done.stderr
    assert "secretmem.enable" not in done.stderr


def test_a_kernel_without_the_call_is_told_from_a_filter(core: Path) -> None:
    before = sandbox.without_call(sandbox.CALLS["memfd_secret"], errno.ENOSYS)
    done = sandbox.call(core, "create", "secret", before=before)
    assert done.returncode == 77
    assert "boot with secretmem.enable=1" in done.stderr


def test_the_limit_of_locked_memory_is_named_with_its_value(core: Path) -> None:
    def limited() -> None:
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_MEMLOCK, (16384, 16384))
        sandbox.nobody()

    done = sandbox.call(core, "create", "secret", "len_bytes=65536", before=limited)
    assert done.returncode == 77
    assert "RLIMIT_MEMLOCK allows 16384 bytes: raise it (ulimit -l)" in done.stderr
