# SPDX-License-Identifier: MIT
"""Facts about the kernel: release, configuration, command line, settings."""

import gzip
import os
import re
from collections.abc import Iterator

from .fact import Fact, Files, Source, better_off

CONFIG = (
    "ARCH_HAS_SET_DIRECT_MAP", "DEBUG_PAGEALLOC", "DEBUG_PREEMPT", "DEBUG_VM", "HZ",
    "INIT_ON_ALLOC_DEFAULT_ON", "INIT_ON_FREE_DEFAULT_ON", "KASAN", "KFENCE", "LOCKDEP",
    "MITIGATION_PAGE_TABLE_ISOLATION", "NO_HZ_FULL", "NO_HZ_IDLE", "NUMA", "PAGE_REPORTING",
    "PAGE_TABLE_ISOLATION", "PARAVIRT", "PREEMPT", "PREEMPT_DYNAMIC", "PREEMPT_LAZY",
    "PREEMPT_NONE", "PREEMPT_RT", "PREEMPT_VOLUNTARY", "PROC_PAGE_MONITOR", "SECRETMEM",
    "SHUFFLE_PAGE_ALLOCATOR", "TRANSPARENT_HUGEPAGE", "TRANSPARENT_HUGEPAGE_ALWAYS",
    "TRANSPARENT_HUGEPAGE_MADVISE", "X86_DIRECT_GBPAGES",
)  # fmt: skip

# Words of the command line that can change a result. All others are counted, not recorded:
# they may name a machine, its disks or its owner.
CMDLINE = frozenset({
    "clocksource", "cpuidle.off", "cpuidle_haltpoll.force", "debug_pagealloc",
    "default_hugepagesz", "deferred_init", "gbpages", "gather_data_sampling",
    "haltpoll.guest_halt_poll_ns", "hugepages", "hugepagesz", "idle", "init_on_alloc",
    "init_on_free", "intel_idle.max_cstate", "intel_pstate", "amd_pstate", "irqaffinity",
    "isolcpus", "kaslr", "kernelcore", "kfence.sample_interval", "l1tf", "lockdown", "maxcpus",
    "mce", "mds", "mitigations", "mmio_stale_data", "movablecore", "nested_pvm", "nogbpages",
    "nohz", "nohz_full", "noinvpcid", "nokaslr", "nopcid", "nopti", "nosmt", "nospectre_v1",
    "nospectre_v2", "nowatchdog", "nr_cpus", "numa_balancing", "page_alloc.shuffle",
    "page_poison", "page_reporting.page_reporting_order", "preempt", "processor.max_cstate",
    "psi", "pti", "rcu_nocbs", "retbleed", "rodata", "sched_vcpu_pack", "secretmem.enable",
    "slub_debug", "spec_rstack_overflow", "spec_store_bypass_disable", "spectre_v2",
    "spectre_v2_user", "srbds", "swiotlb", "threadirqs", "transparent_hugepage", "tsc", "tsx",
    "tsx_async_abort", "watchdog",
})  # fmt: skip
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_.,:+-]{0,64}")


def release(files: Files) -> Iterator[Fact]:
    """The running kernel and the distribution around it."""
    yield Fact("kernel_release", os.uname().release)
    yield Fact("kernel_arch", os.uname().machine)
    system = files.fields("etc/os-release", "=")
    named = [system.get(key, "").strip('"') for key in ("ID", "VERSION_ID")]
    yield Fact("distribution", " ".join(filter(None, named)) or None)


def config(files: Files) -> Iterator[Fact]:
    """The options of the kernel's configuration that matter here, where it is readable."""
    text = _config_text(files)
    if text is None:
        yield Fact("config", None)
        return
    found = dict(re.findall(r"^CONFIG_(\w+)=(\S+)$", text, re.MULTILINE))
    for name in CONFIG:
        yield Fact(f"config_{name.lower()}", found.get(name, "n"))


def command_line(files: Files) -> Iterator[Fact]:
    """The words of the command line that can change a result, and how many others there are."""
    words = (files.text("proc/cmdline") or "").split()
    kept = [word for word in words if _matters(word)]
    yield Fact("cmdline", " ".join(kept))
    yield Fact("cmdline_other_words", len(words) - len(kept))


def settings(files: Files) -> Iterator[Fact]:
    """Settings of the scheduler and of what may be observed."""
    runtime = files.number("proc/sys/kernel/sched_rt_runtime_us")
    yield Fact("sched_rt_runtime_us", runtime)
    yield Fact("sched_rt_period_us", files.number("proc/sys/kernel/sched_rt_period_us"))
    yield Fact("perf_event_paranoid", files.number("proc/sys/kernel/perf_event_paranoid"))
    yield Fact("lockdown", files.chosen("sys/kernel/security/lockdown"))
    yield better_off(
        "nmi_watchdog",
        files.number("proc/sys/kernel/nmi_watchdog"),
        "it uses a hardware counter and interrupts runs: sysctl kernel.nmi_watchdog=0",
    )


def numa(files: Files) -> Iterator[Fact]:
    """How many nodes, and whether the kernel moves pages between them."""
    nodes = [n for n in files.names("sys/devices/system/node") if re.fullmatch(r"node\d+", n)]
    yield Fact("numa_nodes", len(nodes) or None)
    yield better_off(
        "numa_balancing",
        files.number("proc/sys/kernel/numa_balancing"),
        "pages may move while they are measured: sysctl kernel.numa_balancing=0",
    )


def _matters(word: str) -> bool:
    name, _, value = word.partition("=")
    return name in CMDLINE and _PLAIN_VALUE.fullmatch(value) is not None


def _config_text(files: Files) -> str | None:
    try:
        with gzip.open(files.root / "proc/config.gz", "rt", encoding="utf-8") as stream:
            return stream.read()
    except OSError:
        release = files.text("proc/sys/kernel/osrelease") or os.uname().release
        return files.text(f"boot/config-{release}")


SOURCES: tuple[Source, ...] = (release, config, command_line, settings, numa)
