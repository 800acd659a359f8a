# SPDX-License-Identifier: MIT
"""Facts about memory, and the counters of the direct map."""

import re
from collections.abc import Iterator

from ..record.line import Counters
from .fact import Fact, Files, Source

_THP = "sys/kernel/mm/transparent_hugepage"
_SPLITS = re.compile(r"direct_map_level[23]_(splits|collapses)")


def amount(files: Files) -> Iterator[Fact]:
    """How much memory there is, and how much is available just now."""
    info = files.fields("proc/meminfo")
    yield Fact("mem_total_kb", _kilobytes(info.get("MemTotal")))
    yield Fact("mem_available_kb", _kilobytes(info.get("MemAvailable")))


def swap(files: Files) -> Iterator[Fact]:
    """Whether ordinary memory can be swapped out while it is measured."""
    total_kb = _kilobytes(files.fields("proc/meminfo").get("SwapTotal"))
    yield Fact(
        "swap_total_kb",
        total_kb,
        ok=not total_kb,
        hint="a control may be swapped out under pressure: swapoff -a while measuring",
    )


def huge_pages(files: Files) -> Iterator[Fact]:
    """Transparent huge pages, and the reserved ones that the modes hugetlb and memfd-huge need."""
    for name in ("enabled", "defrag", "shmem_enabled"):
        yield Fact(f"thp_{name}", files.chosen(f"{_THP}/{name}"))
    free = files.number("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")
    yield Fact(
        "hugepages_2m_free",
        free,
        ok=bool(free),
        hint="hugetlb and memfd-huge need them: sysctl vm.nr_hugepages=64",
    )


def reporting(files: Files) -> Iterator[Fact]:
    """Whether free pages are given back to the hypervisor, whose faults are then measured too."""
    order = files.number("sys/module/page_reporting/parameters/page_reporting_order")
    yield Fact("page_reporting_order", order)


def samepage(files: Files) -> Iterator[Fact]:
    """Whether the kernel merges equal pages in the background."""
    run = files.number("sys/kernel/mm/ksm/run")
    yield Fact(
        "ksm_run",
        run,
        ok=not run,
        hint="it scans memory while you measure: echo 0 > /sys/kernel/mm/ksm/run",
    )


def overcommit(files: Files) -> Iterator[Fact]:
    """How the kernel promises memory."""
    yield Fact("overcommit_memory", files.number("proc/sys/vm/overcommit_memory"))


def counters(files: Files) -> Counters:
    """Read the direct map's counters; one that the kernel does not offer is absent."""
    found: Counters = {}
    for name, text in files.fields("proc/meminfo").items():
        value = _kilobytes(text)
        if name.startswith("DirectMap") and value is not None:
            found[f"{name}_kb"] = value
    for name, text in files.fields("proc/vmstat", " ").items():
        if _SPLITS.fullmatch(name):
            found[name] = int(text)
    free = _free_unmovable(files.text("proc/pagetypeinfo"))
    return found if free is None else {**found, "free_unmovable_pages": free}


def _free_unmovable(text: str | None) -> int | None:
    if text is None:
        return None
    total = 0
    for match in re.finditer(r"^Node.*type +Unmovable ((?: *>?\d+)+) *$", text, re.MULTILINE):
        counts = [int(count.lstrip(">")) for count in match[1].split()]
        total += sum(count << order for order, count in enumerate(counts))
    return total


def _kilobytes(text: str | None) -> int | None:
    match = re.match(r"(\d+)", text or "")
    return int(match[1]) if match else None


SOURCES: tuple[Source, ...] = (amount, swap, huge_pages, reporting, samepage, overcommit)
