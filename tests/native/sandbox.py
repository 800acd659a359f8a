# SPDX-License-Identifier: MIT
"""Environments in which something is missing, for the core to find out and say."""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from . import command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_NOBODY = 65534
# Numbers of x86-64.
PROCESS_VM_READV, PTRACE, IO_URING_SETUP, USERFAULTFD, BPF = 310, 101, 425, 323, 321
CALLS = {
    "sched_setaffinity": (203,), "sched_setscheduler": (144,), "bpf": (BPF,),
    "perf_event_open": (298,), "setrlimit": (160, 302), "mlock": (149, 325),
    "process_vm_readv": (PROCESS_VM_READV,), "process_vm_writev": (311,), "ptrace": (PTRACE,),
    "memfd_create": (319,), "memfd_secret": (447,), "io_uring_setup": (IO_URING_SETUP,),
    "userfaultfd": (USERFAULTFD,), "pidfd_open": (434,), "pidfd_getfd": (438,),
    "process_madvise": (440,), "madvise": (28,), "mremap": (25,), "setresuid": (105, 113, 117),
    "capset": (126,), "clone3": (435,), "swapon": (167,), "mkdir": (83, 258), "socket": (41,),
    "fsopen": (430,), "sched_getaffinity": (204,), "vmsplice": (278,), "splice": (275,),
    "sendfile": (40,), "fallocate": (285,),
}  # fmt: skip
"""What a sandbox may refuse, by name."""

_LOAD_NUMBER = struct.pack("HBBI", 0x20, 0, 0, 0)
_ALLOW = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2


def without_call(number: int | Sequence[int], error: int) -> Callable[[], None]:
    """Return what a child does before it becomes the core: have these calls refused (seccomp)."""
    numbers = [number] if isinstance(number, int) else number
    refuse = struct.pack("HBBI", 0x06, 0, 0, 0x00050000 | error)
    tests = b"".join(struct.pack("HBBI", 0x15, 0, 1, each) + refuse for each in numbers)
    filtered = _LOAD_NUMBER + tests + _ALLOW
    code = ctypes.create_string_buffer(filtered, len(filtered))
    libc = ctypes.CDLL(None, use_errno=True)

    def apply() -> None:
        program = struct.pack("HxxxxxxP", len(filtered) // 8, ctypes.addressof(code))
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc.prctl(_PR_SET_SECCOMP, _FILTER, program, 0, 0):
            os._exit(99)

    return apply


def nobody() -> None:
    """Be an ordinary user from here on."""
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def call(
    core: Path, *arguments: str, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    return command.call(core, "run", *arguments, before=before)


def call_with_covered(
    core: Path, covers: Sequence[str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the core where these mounts hide something, and nobody else sees them.

    It is opened before: they may hide the folder that it lies in.
    """
    mounts = "".join(f"mount {cover} || exit 99; " for cover in covers)
    script = f'exec 3<"$0"; cd /; {mounts}exec /proc/self/fd/3 "$@"'
    command = ["unshare", "-m", "sh", "-c", script, str(core.absolute()), "run", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if "propagation" in done.stderr:
        pytest.skip("mounts cannot be hidden from others here: the root is no mount (a chroot)")
    return done
