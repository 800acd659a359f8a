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

_LOAD_NUMBER = struct.pack("HBBI", 0x20, 0, 0, 0)
_ALLOW = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2


def without_call(number: int, error: int) -> Callable[[], None]:
    """Return what a child does before it becomes the core: have this call refused (seccomp)."""
    refuse = struct.pack("HBBI", 0x06, 0, 0, 0x00050000 | error)
    is_it = struct.pack("HBBI", 0x15, 0, 1, number)
    code = ctypes.create_string_buffer(_LOAD_NUMBER + is_it + refuse + _ALLOW, 32)
    libc = ctypes.CDLL(None, use_errno=True)

    def apply() -> None:
        program = struct.pack("HxxxxxxP", 4, ctypes.addressof(code))
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
