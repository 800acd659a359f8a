# SPDX-License-Identifier: MIT
"""Facts about the CPUs."""

import json
import os
import re
import subprocess
from collections.abc import Iterator

from .fact import Fact, Files, Source, better_off

_CPU = "sys/devices/system/cpu"


def model(files: Files) -> Iterator[Fact]:
    """Vendor, family, model, stepping and microcode."""
    info = files.fields("proc/cpuinfo")
    names = ("vendor_id", "cpu family", "model", "stepping", "microcode")
    for name in names:
        yield Fact(f"cpu_{name.removeprefix('cpu ')}", info.get(name))


def invlpgb(files: Files) -> Iterator[Fact]:
    """Whether the CPU can flush other CPUs' TLBs without interrupting them (AMD INVLPGB)."""
    flags = files.fields("proc/cpuinfo").get("flags", "").split()
    yield Fact("cpu_invlpgb", "invlpgb" in flags)


def hypervisor(files: Files) -> Iterator[Fact]:
    """The hypervisor's vendor, "none" on bare metal; lscpu asks the CPU for it."""
    flags = files.fields("proc/cpuinfo").get("flags", "").split()
    vendor = _lscpu().get("Hypervisor vendor:")
    guest = vendor is not None or "hypervisor" in flags
    yield Fact(
        "hypervisor",
        (vendor or "unknown") if guest else "none",
        ok=not guest,
        hint="" if not guest else "absolute times are the guest's; ratios within a run hold",
    )


def online(files: Files) -> Iterator[Fact]:
    """CPUs that are online, isolated, and allowed to this process."""
    yield Fact("cpus_online", files.text(f"{_CPU}/online"))
    allowed = len(os.sched_getaffinity(0))
    yield Fact(
        "cpus_allowed",
        allowed,
        ok=allowed >= 2,
        hint="with one CPU every other process delays the runs: allow two or more",
    )
    isolated = files.text(f"{_CPU}/isolated") or ""
    yield Fact("cpus_isolated", isolated)


def smt(files: Files) -> Iterator[Fact]:
    """Whether two threads share a core."""
    yield better_off(
        "smt_active",
        files.number(f"{_CPU}/smt/active"),
        f"a sibling thread shares the caches: echo off > /{_CPU}/smt/control",
    )


def governor(files: Files) -> Iterator[Fact]:
    """The frequency governor of all CPUs; none where the machine offers none (most guests)."""
    found = {
        files.text(f"{_CPU}/{name}/cpufreq/scaling_governor")
        for name in files.names(_CPU)
        if re.fullmatch(r"cpu\d+", name)
    } - {None}
    yield Fact(
        "cpu_governor",
        ",".join(sorted(filter(None, found))) or None,
        ok=found <= {"performance"},
        hint="the frequency follows the load: cpupower frequency-set -g performance",
    )


def turbo(files: Files) -> Iterator[Fact]:
    """Whether the frequency may rise with temperature and load."""
    no_turbo = files.number(f"{_CPU}/intel_pstate/no_turbo")
    boost = files.number(f"{_CPU}/cpufreq/boost")
    on = None if no_turbo is None else not no_turbo
    on = on if boost is None else bool(boost)
    yield Fact(
        "cpu_turbo",
        on,
        ok=not on,
        hint="the frequency depends on the temperature: python -m pyperf system tune",
    )


def caches(files: Files) -> Iterator[Fact]:
    """Size of each cache of the first CPU."""
    base = f"{_CPU}/cpu0/cache"
    for index in files.names(base):
        level, kind = files.text(f"{base}/{index}/level"), files.text(f"{base}/{index}/type")
        if level and kind:
            letter = {"Data": "d", "Instruction": "i"}.get(kind, "")
            yield Fact(f"cache_l{level}{letter}", files.text(f"{base}/{index}/size"))


def mitigations(files: Files) -> Iterator[Fact]:
    """The state of each CPU vulnerability."""
    base = f"{_CPU}/vulnerabilities"
    for name in files.names(base):
        yield Fact(f"mitigation_{name}", files.text(f"{base}/{name}"))


def clock(files: Files) -> Iterator[Fact]:
    """The kernel's clock source."""
    source = files.text("sys/devices/system/clocksource/clocksource0/current_clocksource")
    yield Fact("clocksource", source)


def measuring_cpu(files: Files) -> int:
    """Return the CPU for timed threads: an isolated one, else the last, the least interrupted."""
    allowed = os.sched_getaffinity(0)
    isolated = set(_cpu_list(files.text(f"{_CPU}/isolated") or ""))
    return max(allowed & isolated or allowed)


def _cpu_list(text: str) -> Iterator[int]:
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _lscpu() -> dict[str, str]:
    command = ["lscpu", "--json"]
    try:
        answer = subprocess.run(command, capture_output=True, check=True, timeout=5)
        rows = json.loads(answer.stdout)["lscpu"]
        return {row["field"]: row["data"] for row in _flat(rows)}
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return {}


def _flat(rows: list[dict[str, object]]) -> Iterator[dict[str, str]]:
    # Newer versions of lscpu nest the fields that belong together.
    for row in rows:
        if isinstance(row.get("data"), str):
            yield {"field": str(row["field"]), "data": str(row["data"])}
        children = row.get("children")
        if isinstance(children, list):
            yield from _flat(children)


SOURCES: tuple[Source, ...] = (
    model, invlpgb, hypervisor, online, smt, governor, turbo, caches, mitigations, clock,
)  # fmt: skip
