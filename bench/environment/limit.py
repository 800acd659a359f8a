# SPDX-License-Identifier: MIT
"""Facts about what this process may do."""

import os
import resource
import threading
from collections.abc import Iterator

from .fact import Fact, Files, Source

# Their numbers are in the kernel's include/uapi/linux/capability.h.
CAPABILITIES = {
    "ipc_lock": 14, "sys_admin": 21, "sys_nice": 23, "sys_resource": 24, "perfmon": 38, "bpf": 39,
}  # fmt: skip
_FEW_BYTES = 64 * 2**20


def memlock(files: Files) -> Iterator[Fact]:
    """How much memory may be locked; secret memory counts as locked."""
    limit_bytes = limit(resource.RLIMIT_MEMLOCK)
    free = limit_bytes is None or capable(files, "ipc_lock")
    yield Fact(
        "rlimit_memlock_bytes",
        "unlimited" if limit_bytes is None else limit_bytes,
        ok=free or (limit_bytes or 0) >= _FEW_BYTES,
        hint="no more secret or locked memory can be had: ulimit -l unlimited, or run as root",
    )


def descriptors(_files: Files) -> Iterator[Fact]:
    """How many files may be open; one page per secret takes one each."""
    number = limit(resource.RLIMIT_NOFILE)
    yield Fact("rlimit_nofile", "unlimited" if number is None else number)


def real_time(_files: Files) -> Iterator[Fact]:
    """Whether SCHED_FIFO is permitted, without which other processes delay the runs.

    It is tried: a sandbox may refuse what capabilities and limits allow.
    """
    tried: list[bool] = []
    # Of a thread alone, which ends with it.
    thread = threading.Thread(target=lambda: tried.append(_takes_real_time()))
    thread.start()
    thread.join()
    permitted = tried == [True]
    yield Fact(
        "realtime_permitted",
        permitted,
        ok=permitted,
        hint="runs go on without SCHED_FIFO and are noisier: run as root, or ulimit -r 1",
    )


def _takes_real_time() -> bool:
    """Have the calling thread run in real time; True if it may."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        return False
    return os.sched_getscheduler(0) == os.SCHED_FIFO


def capabilities(files: Files) -> Iterator[Fact]:
    """The capabilities that decide what can be measured."""
    for name in CAPABILITIES:
        yield Fact(f"cap_{name}", capable(files, name))


def limit(which: int) -> int | None:
    """Return a soft limit of this process, None if there is none."""
    soft, _ = resource.getrlimit(which)
    return None if soft == resource.RLIM_INFINITY else soft


def capable(files: Files, name: str) -> bool:
    """Return whether this process has a capability in effect."""
    effective = files.fields("proc/self/status").get("CapEff", "0")
    return bool(int(effective, 16) >> CAPABILITIES[name] & 1)


SOURCES: tuple[Source, ...] = (memlock, descriptors, real_time, capabilities)
