# SPDX-License-Identifier: MIT
"""What a campaign may leave behind: processes, devices, mounts, settings, files."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

PATIENCE_S = 30.0
"""Until what was killed has put back what it changed; others on the machine change things, too."""

_SETTINGS = (
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/kptr_restrict",
    "/proc/sys/kernel/sched_rt_runtime_us", "/proc/sys/kernel/perf_event_paranoid",
    "/proc/sys/vm/nr_hugepages", "/proc/sys/vm/swappiness", "/proc/sys/vm/overcommit_memory",
    "/sys/kernel/mm/ksm/run", "/proc/swaps",
)  # fmt: skip


def processes(folder: Path) -> list[int]:
    """Processes whose program or words lie in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                program, words = entry.joinpath("exe").readlink(), entry / "cmdline"
                if program.is_relative_to(folder) or str(folder).encode() in words.read_bytes():
                    found.append(int(entry.name))
    return found


def state() -> dict[str, str]:
    """What the machine has that a run may change."""
    found = {"devices": " ".join(sorted(path.name for path in Path("/sys/block").iterdir()))}
    with contextlib.suppress(OSError):
        rows = Path("/proc/self/mountinfo").read_text().splitlines()
        found["mounts"] = " ".join(sorted(row.split()[4] for row in rows))
    for path in _SETTINGS:
        with contextlib.suppress(OSError):
            found[path] = Path(path).read_text().strip()
    return found


def left(folder: Path, before: dict[str, str]) -> str:
    """What is left behind when there was time to put it back; empty if nothing is.

    Args:
        folder: What was started has its program or its words here; its temporary files lie in
            `temporary` below.
        before: What `state` gave beforehand.
    """
    deadline_s = time.monotonic() + PATIENCE_S
    while found := _left_now(folder, before):
        if time.monotonic() > deadline_s:
            return found
        time.sleep(0.05)
    return ""


def _left_now(folder: Path, before: dict[str, str]) -> str:
    if pids := processes(folder):
        return f"processes {pids}"
    if files := list((folder / "temporary").iterdir()):
        return f"the temporary file {files[0].name}"
    now = state()
    changed = [name for name, value in before.items() if now.get(name) != value]
    return f"{changed[0]}: {now.get(changed[0])!r}, was {before[changed[0]]!r}" if changed else ""
