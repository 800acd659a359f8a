"""All that is recorded of the environment and held constant in a campaign.

One small check per fact; the modules group them by what they are about.
Nothing here identifies a machine or a person: no hostname, path, serial
number or UUID, and of the kernel's command line only words known to matter.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from ..core import Catalogue, Core
from ..record.line import Facts, Machine
from . import kernel, limit, memory, processor, tool
from .fact import Fact, Files
from .memory import counters
from .processor import measuring_cpu

__all__ = [
    "Fact", "Files", "changed", "collect", "counters", "facts_of", "machine", "measuring_cpu",
]  # fmt: skip

# What differs from minute to minute without being another environment.
PASSING = frozenset(
    {"boot_time", "cpu_freq", "load_avg_1min", "mem_available_kb", "runnable_threads", "uptime"}
)


def collect(core: Core, catalogue: Catalogue, files: Files | None = None) -> tuple[Fact, ...]:
    """Read every fact once."""
    files = files or Files()
    sources = (
        *tool.SOURCES,
        *kernel.SOURCES,
        *processor.SOURCES,
        *memory.SOURCES,
        *limit.SOURCES,
    )
    found = [fact for source in sources for fact in source(files)]
    return (*tool.native(core, catalogue), *found)


def facts_of(facts: Iterable[Fact]) -> Facts:
    """Return the facts as the record keeps them, in the order of their names."""
    return {fact.name: fact.value for fact in sorted(facts, key=lambda fact: fact.name)}


def changed(before: Facts, now: Facts) -> list[str]:
    """Return one sentence part per fact that differs in more than passing."""
    names = sorted({*before, *now} - PASSING)
    parts = [
        f"{name} was {before.get(name)!r}, is {now.get(name)!r}"
        for name in names
        if before.get(name) != now.get(name)
    ]
    if _booted_anew(before, now):
        parts.append(f"booted {now['boot_time']}, it was {before['boot_time']}")
    return parts


def machine(kind: str, facts: Facts) -> Machine:
    """Name the class of a machine: its CPU, number of CPUs, kernel and hypervisor."""
    words = [
        str(facts.get("cpu_model_name") or facts.get("kernel_arch") or "cpu"),
        f"{facts.get('cpu_count')}cpu",
        f"linux-{facts.get('kernel_release')}",
        str(facts.get("hypervisor") or "unknown"),
    ]
    plain = re.sub(r"\((r|tm)\)|\b(cpu|processor)\b|@", " ", words[0].lower())
    words[0] = plain
    slug = re.sub(r"[^a-z0-9._]+", "-", " ".join(words).lower()).strip("-._")
    return Machine(kind=kind, name=slug)


def _booted_anew(before: Facts, now: Facts) -> bool:
    # The kernel reckons it from the clock, which may be set: a little says nothing.
    try:
        was, is_now = (
            datetime.fromisoformat(str(facts.get("boot_time"))) for facts in (before, now)
        )
    except ValueError:
        return False
    return abs(is_now - was) > timedelta(minutes=1)
