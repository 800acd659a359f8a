# SPDX-License-Identifier: MIT
"""The kernel module on Debian's 6.1 and 6.12, booted in emulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from .lab import Lab

WAYS = {
    "process_vm_readv", "process_vm_writev", "proc-mem-read", "proc-mem-write",
    "o_direct-from-it", "o_direct-into-it", "vmsplice", "ptrace-peek",
}  # fmt: skip
RULES = {"EAGAIN at mmap", "SIGBUS at the touch", "not charged"}


def test_it_builds_without_a_warning(
    built: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    module, made = built
    assert module.is_file()
    assert "CC [M]" in made.stdout
    assert "warning" not in (made.stdout + made.stderr).lower()


def test_what_the_header_refuses_is_refused_with_its_errno(lab: Lab) -> None:
    found = lab.checks("wrap", "semantics")
    assert {
        "mmap-before-mode", "mode-without-descriptor", "mode-with-plain-memfd",
        "mode-with-the-device-itself", "mode-with-mapped-secret", "mode-with-populated-secret",
        "exclusive-then-same-mode", "exclusive-then-other-mode", "exclusive-private",
        "uncached-then-same-mode", "uncached-then-other-mode", "uncached-private",
        "uncached-executable", "made-executable-later", "writable-from-read-only-file",
        "device-is-roots-alone", "unknown-request", "touch-beyond-the-end",
        "probe-before-mode", "probe-untouched-page", "probe-by-another-process",
        "probe-other-memory", "probe-hides-frames-from-the-unprivileged",
        "memfd-mapped-later", "memfd-mapped-later-to-be-read", "mode-through-another-file",
        "device-mapped-twice", "memfd-mapped-beside-ours", "memfd-mapped-by-a-child",
        "memfd-mapped-after-ours",
    } <= found.keys()  # fmt: skip


def test_pages_have_their_memory_type_and_are_absent_from_the_direct_map(lab: Lab) -> None:
    found = lab.checks("wrap", "page-tables")
    assert set(found.values()) == {"23 of 23"}
    for name, kind in (("exclusive", "WB"), ("uncached", "UC-"), ("uncached-moved", "UC-")):
        assert {
            f"{name}-pages-are-{kind}",
            f"{name}-is-absent-from-the-direct-map",
            f"{name}-has-entries-of-its-own-in-the-direct-map",
            f"{name}-alias-is-not-read-by-the-kernel",
        } <= found.keys()


def test_the_owner_reads_and_writes_and_a_fork_inherits(lab: Lab) -> None:
    found = lab.checks("wrap", "owner")
    assert found.keys() == {
        f"{mode}-{what}"
        for mode in ("exclusive", "uncached")
        for what in ("reads-what-it-wrote", "is-shared-with-a-fork", "starts-as-zeros")
    }


def test_strangers_and_devices_get_nothing_that_they_get_of_ordinary_memory(lab: Lab) -> None:
    found = lab.checks("wrap", "reads")
    assert found.keys() == {
        f"{memory}-{way}" for memory in ("memfd", "exclusive", "uncached") for way in WAYS
    } | {"uncached-is-as-it-was"}


def test_everything_is_returned_after_close(lab: Lab) -> None:
    assert lab.checks("wrap", "returned").keys() == {
        "memory-is-returned", "memory-is-used-again", "secret-files-are-returned",
        "mapping-lasts-without-file-or-module", "charge-is-returned",
    }  # fmt: skip


def test_the_lock_limit_binds_as_it_binds_plain_secret_memory(lab: Lab) -> None:
    found = lab.checks("wrap", "lock-rule")
    assert len(found) == 2
    for text in found.values():
        assert any(text == f"memfd_secret: {rule}, the module: {rule}" for rule in RULES)


def test_23_touches_count_23_faults_by_a_kprobe(lab: Lab) -> None:
    done = lab.call("wrap", "count", "23")
    assert done.exit_code == 0, done
    assert done.stdout.split()[:2] == [b"secret", b"23"]


def test_it_unloads_when_nobody_has_it_open_and_loads_again(lab: Lab) -> None:
    module = next(name for name in lab.guest.read(["/modules/"]) if "secretmem_wrap" in name)
    found = lab.checks("wrap", "reload", module)
    assert found.keys() == {"unload-while-open", "unload", "device-is-gone", "load-again"}


def test_the_kernel_has_nothing_to_complain_of(lab: Lab) -> None:
    lab.checks("wrap", "page-tables")
    log = lab.call("wrap", "log").stdout.decode(errors="replace")
    assert "secretmem_wrap: loading out-of-tree module taints kernel" in log
    for word in ("WARNING:", "BUG:", "Oops", "Call Trace", "general protection"):
        assert word not in log
