# SPDX-License-Identifier: MIT
"""Which facts of the environment must agree before campaigns may be put together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .record import Campaign, Scalar

DEFINING_FACTS: Mapping[str, str] = {
    "kernel_release": "the kernel is what is being measured",
    "config_*": "options such as page table isolation or init_on_alloc change every fault",
    "cmdline": "boot options switch secret memory, mitigations and huge pages",
    "mitigation_*": "they are paid at every kernel entry",
    "lockdown": "it closes ways of reading memory",
    "host": "another machine is another machine, though its CPU has the same name",
    "cpu_model_name": "caches, TLBs and page walkers differ by model",
    "cpu_microcode": "microcode changes the cost of mitigations and flushes",
    "cpu_count": "interrupts for TLB flushes grow with the CPUs that are online",
    "cpus_online": "interrupts for TLB flushes grow with the CPUs that are online",
    "cpus_isolated": "isolated CPUs are interrupted less",
    "cpu_invlpgb": "a broadcast flush costs other than interrupting every CPU",
    "smt_active": "a sibling shares caches and TLBs",
    "cpu_governor": "clock frequency scales every time",
    "cpu_turbo": "clock frequency scales every time",
    "hypervisor": "nested paging changes misses and first touches",
    "page_reporting_order": "pages that were given back to the host are faulted in there as well",
    "thp_enabled": "decides the page size of ordinary memory",
    "thp_defrag": "decides how long a huge page may take",
    "thp_shmem_enabled": "decides the page size of the control memfd",
    "ksm_run": "merged pages are copied when written",
    "numa_balancing": "it unmaps pages to see who uses them",
    "tlb_models": "what one model of a TLB counts says nothing of another",
    "realtime_permitted": "without it other processes delay the runs",
    "emulated": "times of an emulated machine mean nothing beside real ones",
    "core_version": "another core may measure by another procedure",
    "core_sha256": "another build may have other code in the timed loops",
    "core_timer": "timers differ in resolution and cost",
}
"""Fact -> why it must agree; `*` stands for all facts that begin so.

The others may differ: load, free memory, uptime, limits, versions of tools. So may the boot:
results of several boots are worth more than those of one.
"""

UNKNOWN_AGREES = frozenset({"host"})
"""Facts that a record may lack without being another environment: it has no machine-id, or is
of before there was such a fact."""


@dataclass(frozen=True)
class Mismatch:
    """A defining fact on which campaigns disagree; one value per campaign, in their order."""

    fact: str
    values: tuple[Scalar, ...]

    def __str__(self) -> str:
        """With the first value, and the first other one."""
        first = self.values[0]
        other = next((value for value in self.values if value != first), first)
        return f"{self.fact}: {first} against {other}"


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is meant by one of these, in which `*` stands for anything."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def facts(campaign: Campaign) -> Mapping[str, Scalar]:
    """The environment, with the facts that the record keeps elsewhere."""
    return {
        **campaign.environment,
        "emulated": campaign.machine.emulated,
        "core_version": campaign.core.version,
        "core_timer": campaign.core.timer,
    }


def mismatches(campaigns: Sequence[Campaign]) -> tuple[Mismatch, ...]:
    """Defining facts that do not have one value over all campaigns; absent counts as None."""
    known = [facts(campaign) for campaign in campaigns]
    names = dict.fromkeys(name for each in known for name in each)
    rows = (
        Mismatch(name, tuple(each.get(name) for each in known))
        for pattern in DEFINING_FACTS
        for name in names
        if fnmatchcase(name, pattern)
    )
    return tuple(row for row in rows if _disagree(row))


def _disagree(row: Mismatch) -> bool:
    known = {value for value in row.values if value is not None}
    return len(known) > 1 or (len(set(row.values)) > 1 and row.fact not in UNKNOWN_AGREES)
