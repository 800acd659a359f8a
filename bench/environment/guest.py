# SPDX-License-Identifier: MIT
"""Facts of a guest, from files that it sent; of the host only which one boots it."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import host as this_host
from . import kernel, limit, memory, processor, tool
from .fact import Fact, Files, Source

_CPU = "/sys/devices/system/cpu"
_THP = "/sys/kernel/mm/transparent_hugepage"
PATHS = (
    "/proc/cmdline", "/proc/cpuinfo", "/proc/meminfo", "/proc/pagetypeinfo", "/proc/vmstat",
    "/proc/self/status", "/proc/config.gz", "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/sched_rt_runtime_us", "/proc/sys/kernel/sched_rt_period_us",
    "/proc/sys/kernel/perf_event_paranoid", "/proc/sys/kernel/nmi_watchdog",
    "/proc/sys/kernel/numa_balancing", "/proc/sys/vm/overcommit_memory",
    f"{_CPU}/online", f"{_CPU}/isolated", f"{_CPU}/smt/active", f"{_CPU}/vulnerabilities/",
    *(f"{_CPU}/cpu0/cache/index{index}/" for index in range(5)),
    *(f"/sys/devices/system/node/node{node}/distance" for node in range(8)),
    "/sys/devices/system/clocksource/clocksource0/current_clocksource",
    "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "/sys/kernel/mm/ksm/run",
    "/sys/kernel/security/lockdown", f"{_THP}/enabled", f"{_THP}/defrag", f"{_THP}/shmem_enabled",
    "/sys/module/page_reporting/parameters/page_reporting_order",
)  # fmt: skip
"""What has to be asked of the guest; a slash at the end means every file in that folder."""


class Sent(Files):
    """Files that a guest has sent."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        """Take contents by their paths."""
        super().__init__(Path("/nonexistent"))
        self._contents = {path.lstrip("/"): data for path, data in contents.items()}

    def text(self, path: str) -> str | None:
        """Return what a file says, stripped, or None if the guest did not send it."""
        data = self._contents.get(path)
        return None if data is None else data.decode(errors="replace").strip()

    def names(self, path: str) -> list[str]:
        """Return the names in a folder, sorted, as far as the guest sent anything of it."""
        inside = (known for known in self._contents if known.startswith(f"{path}/"))
        return sorted({known.removeprefix(f"{path}/").partition("/")[0] for known in inside})


def release(files: Files) -> Iterator[Fact]:
    """The guest's kernel."""
    yield Fact("kernel_release", files.text("proc/sys/kernel/osrelease"))
    yield Fact("kernel_arch", "x86_64")
    yield Fact("distribution", None)


def cpus(files: Files) -> Iterator[Fact]:
    """The guest's CPUs as it sees them."""
    info = files.fields("proc/cpuinfo")
    count = sum(
        line.startswith("processor") for line in (files.text("proc/cpuinfo") or "").splitlines()
    )
    yield Fact("cpu_model_name", info.get("model name"))
    yield Fact("cpu_count", count)
    yield Fact("cpus_online", files.text("sys/devices/system/cpu/online"))
    yield Fact("cpus_isolated", files.text("sys/devices/system/cpu/isolated") or "")
    yield Fact(
        "cpus_allowed",
        count,
        ok=count >= 2,
        hint="with one CPU every other process delays the runs: --cpus 2",
    )


def host(_files: Files) -> Iterator[Fact]:
    """What runs the guest."""
    yield Fact("host_kernel_release", os.uname().release)
    yield Fact("qemu_version", _qemu_version())
    yield from this_host.host(Files())


def rights(files: Files) -> Iterator[Fact]:
    """What runs may do: all, as children of the guest's first process."""
    yield Fact("rlimit_memlock_bytes", "unlimited")
    yield Fact("realtime_permitted", limit.capable(files, "sys_nice"))


SOURCES: tuple[Source, ...] = (
    tool.commit, release, kernel.config, kernel.command_line, kernel.settings, kernel.numa, cpus,
    processor.model, processor.invlpgb, processor.smt, processor.governor, processor.turbo,
    processor.caches, processor.mitigations, processor.clock, *memory.SOURCES, rights, host,
    limit.capabilities,
)  # fmt: skip


def _qemu_version() -> str | None:
    try:
        answer = subprocess.run(
            ["qemu-system-x86_64", "--version"],
            capture_output=True,
            check=True,
            timeout=10,
            text=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.partition("version ")[2].split()[0]


def collect(files: Files, *, kvm: bool) -> tuple[Fact, ...]:
    """Read every fact of a guest but those of the core.

    Args:
        files: What it sent of PATHS, and its configuration as boot/config-<release>.
        kvm: Whether the host's CPU runs it; else it is emulated.
    """
    found = [fact for source in SOURCES for fact in source(files)]
    hypervisor = Fact(
        "hypervisor",
        "KVM" if kvm else "TCG",
        ok=False,
        hint="absolute times are the guest's; ratios within a run hold"
        if kvm
        else "the CPU is emulated: counts hold, times mean nothing",
    )
    return (*found, hypervisor)
