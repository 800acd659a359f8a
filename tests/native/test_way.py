# SPDX-License-Identifier: MIT
"""The ways in, tried on the running kernel: what must be open, what must be closed, and why."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from .command import NATIVE, build, call, run, values

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="most ways need root to be tried")

# Open on anon and on memfd; what secret memory closes, by the kernel's promise.
CLOSED_BY_SECRET = [
    "process-vm-readv", "process-vm-writev", "proc-mem", "ptrace-peek", "core-dump",
    "core-dump-dodump", "gcore", "direct-out", "direct-in", "vmsplice", "io-uring", "userfaultfd",
    "bpf-copy-from-user-task", "direct-map-bpf", "swap", "pageout", "migration", "left-over",
]  # fmt: skip
# The owner's own mapping serves whoever can make use of it.
OPEN_ON_SECRET = ["fork", "write", "ptrace-inject", "bpf-probe-read-user", "cache"]
# There is no descriptor behind anonymous memory; that of secret memory can only be mapped.
OF_DESCRIPTOR = {
    "pidfd-getfd": 1, "pidfd-getfd-closed": 0, "proc-fd": 0, "map-files": 0, "splice": 0,
    "sendfile": 0, "fd-read": 0, "fd-write": 0, "exec": 0,
}  # fmt: skip
NOWHERE_ELSE = ["copies"]
# Not on every machine: each says what it lacks.
MAY_LACK = ["kcore", "dev-mem", "ksm"]


def outcome(core: Path, way: str, mode: str, *more: str, control: str = "memfd") -> float:
    lines = run(core, f"way-{way}", mode, "--control", control, *more)
    assert values(lines, "control") == [1], lines
    (value,) = values(lines, "treatment")
    notes = lines[-1]["notes"]
    assert notes["way"] == f"way-{way}"
    assert notes["evidence"], notes
    assert notes["control_evidence"], notes
    return value


def test_a_new_way_is_one_file_and_is_tried(walked: Path) -> None:
    assert outcome(walked, "proc-mem-line", "anon") == 1
    assert outcome(walked, "proc-mem-line", "secret") == 0


def test_every_way_has_an_expected_truth_here(core: Path) -> None:
    listed = json.loads(call(core, "list").stdout)["metrics"]
    ways = {metric["name"] for metric in listed if metric["name"].startswith("way-")}
    expected = {
        *CLOSED_BY_SECRET, *OPEN_ON_SECRET, *OF_DESCRIPTOR, *NOWHERE_ELSE, *MAY_LACK
    }  # fmt: skip
    assert ways == {f"way-{way}" for way in expected}
    for metric in listed:
        if metric["name"] in ways:
            assert metric["question"] == "secrecy"
            assert metric["about"].split(": ")[0] in {
                "other processes", "kernel's hands", "direct map", "rest"
            }  # fmt: skip


@pytest.mark.parametrize("way", [*CLOSED_BY_SECRET, *OPEN_ON_SECRET])
def test_the_way_is_open_on_ordinary_memory(core: Path, way: str) -> None:
    assert outcome(core, way, "anon") == 1
    assert outcome(core, way, "memfd") == 1


@pytest.mark.parametrize("way", CLOSED_BY_SECRET)
def test_secret_memory_closes_the_way(core: Path, way: str) -> None:
    assert outcome(core, way, "secret") == 0


@pytest.mark.parametrize("way", OPEN_ON_SECRET)
def test_secret_memory_does_not_close_the_way(core: Path, way: str) -> None:
    assert outcome(core, way, "secret") == 1


@pytest.mark.parametrize("way", OF_DESCRIPTOR)
def test_a_descriptor_gives_what_it_can_be_used_for(core: Path, way: str) -> None:
    assert outcome(core, way, "anon") == 0
    assert outcome(core, way, "secret") == OF_DESCRIPTOR[way]
    kept = way not in {"pidfd-getfd-closed", "exec"}
    assert outcome(core, way, "memfd") == kept


@pytest.mark.parametrize("mode", ["anon", "secret", "guarded", "sodium", "encrypted-at-rest"])
def test_using_a_secret_leaves_no_copy_beside_it(core: Path, mode: str) -> None:
    assert outcome(core, "copies", mode) == 0


@pytest.mark.parametrize("way", MAY_LACK)
@pytest.mark.parametrize(("mode", "value"), [("anon", 1), ("secret", 0)])
def test_what_this_machine_may_lack_is_tried_or_says_why_not(
    core: Path, way: str, mode: str, value: float
) -> None:
    done = call(core, "run", f"way-{way}", mode, "--control", "anon")
    if done.returncode == 77:
        assert done.stderr.startswith("not tried: "), done.stderr
        assert len(done.stderr.splitlines()) == 1
    else:
        assert outcome(core, way, mode, control="anon") == value


@pytest.mark.parametrize(
    ("way", "mode", "at_rest", "in_use"),
    [
        ("process-vm-readv", "guarded", 0, 1),
        ("proc-mem", "guarded", 1, 1),
        ("direct-map-bpf", "guarded", 1, 1),
        ("fork", "guarded", 0, 0),
        ("swap", "guarded", 0, 0),
        ("core-dump", "guarded", 0, 0),
        ("core-dump-dodump", "guarded", 1, 1),
        ("io-uring", "sodium", 0, 1),
        ("proc-mem", "sodium", 1, 1),
        ("swap", "openssl-secure", 0, 0),
        ("process-vm-readv", "openssl-secure", 1, 1),
        ("core-dump", "encrypted-at-rest", 0, 0),
        ("swap", "encrypted-at-rest", 0, 0),
    ],
)
def test_what_others_use_is_closed_between_uses_at_most(
    core: Path, way: str, mode: str, at_rest: int, in_use: int
) -> None:
    assert outcome(core, way, mode) == at_rest
    assert outcome(core, way, mode, "state=in-use") == in_use


@pytest.mark.library("encrypted-at-rest")
def test_a_key_beside_what_it_opens_protects_from_no_reader_of_both(core: Path) -> None:
    lines = run(core, "way-process-vm-readv", "encrypted-at-rest", "--control", "memfd")
    assert values(lines, "treatment") == [1]
    assert "deciphered with the key" in lines[-1]["notes"]["evidence"]


def test_locking_does_not_keep_a_page_where_it_is_but_out_of_swap(core: Path) -> None:
    assert outcome(core, "migration", "memfd-locked") == 1
    assert outcome(core, "swap", "memfd-locked") == 0


def test_evicting_the_line_closes_the_cache(core: Path) -> None:
    assert outcome(core, "cache", "secret-flushed") == 0


def test_a_check_that_did_not_open_on_its_control_is_not_counted(core: Path) -> None:
    done = call(core, "run", "way-process-vm-readv", "anon", "--control", "secret")
    assert done.returncode == 1
    assert "did not open on secret (process_vm_readv: EFAULT)" in done.stderr
    assert "not counted" in done.stderr


def test_a_check_without_a_control_is_refused(core: Path) -> None:
    done = call(core, "run", "way-proc-mem", "secret")
    assert done.returncode == 77
    assert "needs a control" in done.stderr


def test_a_mode_that_only_says_it_is_secret_is_caught(tmp_path: Path) -> None:
    native = tmp_path / "native"
    shutil.copytree(NATIVE, native, ignore=shutil.ignore_patterns("build"))
    (native / "modes" / "pretender.c").write_text(
        '#include "memory/mode.h"\n#include <sys/mman.h>\n'
        "static int obtain(struct region *region)\n"
        "{ return region_map(region, MAP_PRIVATE | MAP_ANONYMOUS, -1); }\n"
        'MODE(pretender) = { .name = "pretender", .about = "says that it is secret", '
        ".secret = true, .obtain = obtain };\n"
    )
    done = build(native, "build/core")
    assert done.returncode == 0, done.stderr
    core = native / "build" / "core"
    listed = json.loads(call(core, "list").stdout)["modes"]
    assert next(mode for mode in listed if mode["name"] == "pretender")["secret"]
    found = {way: outcome(core, way, "pretender") for way in CLOSED_BY_SECRET}
    assert found == dict.fromkeys(CLOSED_BY_SECRET, 1)


@pytest.mark.parametrize("mode", ["secret", "anon-locked", "guarded"])
def test_using_up_the_limit_of_locked_memory_takes_nothing_from_others(
    core: Path, mode: str
) -> None:
    lines = run(core, "availability-memlock", mode)
    assert values(lines, "treatment") == [0]
    assert "gets no more" in lines[-1]["notes"]["evidence"]


def test_hibernation_is_tried_or_says_why_not(core: Path) -> None:
    done = call(core, "run", "availability-hibernation", "secret")
    if done.returncode == 77:
        assert "not tried: " in done.stderr
    else:
        assert values(run(core, "availability-hibernation", "secret"), "treatment") == [1]
        assert values(run(core, "availability-hibernation", "memfd"), "treatment") == [0]


@pytest.mark.parametrize(
    "way",
    [
        "process-vm-readv", "process-vm-writev", "ptrace-inject", "pidfd-getfd", "fork", "exec",
        "core-dump", "gcore", "direct-in", "io-uring", "userfaultfd", "direct-map-bpf", "swap",
        "left-over", "migration", "copies", "cache",
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["secret", "guarded"])
def test_sanitizers_find_nothing_in_a_way(sanitized: Path, way: str, mode: str) -> None:
    lines = run(sanitized, f"way-{way}", mode, "--control", "memfd")
    assert lines[-1]["line"] == "end"
