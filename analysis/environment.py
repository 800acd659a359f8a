"""Which facts of the environment must agree before campaigns may be put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .record import Campaign, Scalar

DEFINING_FACTS: Mapping[str, str] = {
    "kernel_release": "the kernel is what is being measured",
    "kernel_version": "two builds of one release differ in config and compiler",
    "kernel_config_sha256": "options such as page table isolation change every fault",
    "kernel_command_line": "boot options switch secret memory, mitigations and huge pages",
    "cpu_model_name": "caches, TLBs and page walkers differ by model",
    "cpu_microcode": "microcode changes the cost of mitigations and flushes",
    "cpu_count": "TLB shootdowns grow with the CPUs that are online",
    "cpus_online": "TLB shootdowns grow with the CPUs that are online",
    "smt": "a sibling shares caches and TLBs",
    "cpu_governor": "clock frequency scales every time",
    "invlpgb": "a broadcast flush costs other than interrupting every CPU",
    "thp_enabled": "decides the page size of ordinary memory",
    "thp_shmem_enabled": "decides the page size of the memfd control",
    "mitigations": "they are paid at every kernel entry",
    "hypervisor": "nested paging changes misses and first touches",
    "emulated": "an emulated machine's times mean nothing beside real ones",
    "core_version": "another core may measure by another procedure",
    "core_timer": "timers differ in resolution and cost",
}
"""Fact -> why it must agree. All others (load, free memory, uptime, tool versions) may differ."""


@dataclass(frozen=True)
class Difference:
    """A defining fact on which campaigns disagree; one value per campaign, in their order."""

    fact: str
    values: tuple[Scalar, ...]


def facts(campaign: Campaign) -> Mapping[str, Scalar]:
    """The environment, with the facts that the record keeps elsewhere."""
    return {
        **campaign.environment,
        "emulated": campaign.machine.emulated,
        "core_version": campaign.core.version,
        "core_timer": campaign.core.timer,
    }


def differences(campaigns: Sequence[Campaign]) -> tuple[Difference, ...]:
    """Defining facts that do not have one value over all campaigns; absent counts as None."""
    known = [facts(campaign) for campaign in campaigns]
    rows = (Difference(fact, tuple(each.get(fact) for each in known)) for fact in DEFINING_FACTS)
    return tuple(row for row in rows if len(set(row.values)) > 1)
