# SPDX-License-Identifier: MIT
import json
import os
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.core import Core
from bench.environment import kernel, limit, memory, processor, running
from bench.environment.change import changed
from bench.environment.fact import Fact, Files, Source, facts_of
from bench.environment.machine_class import class_of
from bench.environment.memory import counters
from bench.environment.processor import measuring_cpu
from bench.environment.tool import PYPERF

if TYPE_CHECKING:
    from bench.record.line import Facts


def tree(root: Path, **files: str) -> Files:
    for path, text in files.items():
        target = root / path.replace("__", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return Files(root)


def only(source: Source, files: Files, name: str) -> Fact:
    return next(fact for fact in source(files) if fact.name == name)


@pytest.fixture(scope="module")
def here(core: Path) -> tuple[Fact, ...]:
    native = Core(core)
    return running.collect(native, native.catalogue())


def test_every_fact_has_its_own_name(here: tuple[Fact, ...]) -> None:
    names = [fact.name for fact in here]
    assert len(names) == len(set(names))


def test_what_is_not_ok_says_what_to_do(here: tuple[Fact, ...]) -> None:
    assert all(fact.hint for fact in here if not fact.ok)


def test_the_house_facts_are_all_there(here: tuple[Fact, ...]) -> None:
    wanted = {
        "kernel_release", "config_secretmem", "cmdline", "cpu_model_name", "cpu_microcode",
        "cpu_governor", "smt_active", "thp_enabled", "cpus_online", "cpu_invlpgb", "hypervisor",
        "rlimit_memlock_bytes", "rlimit_nofile", "sched_rt_runtime_us", "clocksource", "commit",
        "commit_dirty", "aslr", "swap_total_kb", "perf_version", "python_version", "core_version",
    }  # fmt: skip
    assert wanted <= {fact.name for fact in here}


def test_nothing_that_names_the_machine_or_its_owner_is_recorded(here: tuple[Fact, ...]) -> None:
    text = json.dumps(facts_of(here))
    assert socket.gethostname() not in facts_of(here).values()
    assert "/home" not in text
    assert "/root" not in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)
    assert "hostname" not in PYPERF
    assert "python_executable" not in PYPERF


def test_words_of_the_command_line_that_may_identify_are_counted_not_kept(tmp_path: Path) -> None:
    line = (
        "BOOT_IMAGE=/boot/vmlinuz root=UUID=12ab quiet isolcpus=2-3 secretmem.enable=1 "
        "mitigations=auto,nosmt nokaslr hostname=alice rodata=/dev/disk/by-id/serial"
    )
    files = tree(tmp_path, proc__cmdline=line)
    kept = only(kernel.command_line, files, "cmdline").value
    assert kept == "isolcpus=2-3 secretmem.enable=1 mitigations=auto,nosmt nokaslr"
    assert only(kernel.command_line, files, "cmdline_other_words").value == 5


def test_the_configuration_is_read_from_boot_where_proc_has_none(tmp_path: Path) -> None:
    text = "CONFIG_SECRETMEM=y\nCONFIG_HZ=1000\n# CONFIG_KASAN is not set\nCONFIG_BUILD_SALT=x\n"
    files = tree(tmp_path, **{f"boot__config-{os.uname().release}": text})
    facts = facts_of(kernel.config(files))
    assert (facts["config_secretmem"], facts["config_hz"], facts["config_kasan"]) == (
        "y",
        "1000",
        "n",
    )
    assert "config_build_salt" not in facts


def test_an_unreadable_configuration_is_unknown_not_off(tmp_path: Path) -> None:
    assert facts_of(kernel.config(Files(tmp_path))) == {"config": None}


_CPU = "sys__devices__system__cpu"


@pytest.mark.parametrize(
    ("source", "path", "text", "expected"),
    [
        (processor.smt, f"{_CPU}__smt__active", "1", "!! smt_active: yes"),
        (processor.smt, f"{_CPU}__smt__active", "0", "ok smt_active: no"),
        (processor.smt, "other", "", "ok smt_active: unknown"),
        (
            processor.governor,
            f"{_CPU}__cpu0__cpufreq__scaling_governor",
            "powersave",
            "!! cpu_governor: powersave",
        ),
        (processor.turbo, f"{_CPU}__intel_pstate__no_turbo", "1", "ok cpu_turbo: no"),
        (processor.turbo, f"{_CPU}__cpufreq__boost", "1", "!! cpu_turbo: yes"),
        (processor.invlpgb, "proc__cpuinfo", "flags\t: fpu invlpgb", "ok cpu_invlpgb: yes"),
        (processor.invlpgb, "proc__cpuinfo", "flags\t: fpu", "ok cpu_invlpgb: no"),
        (memory.swap, "proc__meminfo", "SwapTotal:  8 kB", "!! swap_total_kb: 8"),
        (memory.samepage, "sys__kernel__mm__ksm__run", "1", "!! ksm_run: 1"),
        (
            memory.huge_pages,
            "sys__kernel__mm__transparent_hugepage__enabled",
            "always [madvise] never",
            "ok thp_enabled: madvise",
        ),
        (kernel.numa, "proc__sys__kernel__numa_balancing", "1", "!! numa_balancing: yes"),
        (kernel.settings, "proc__sys__kernel__nmi_watchdog", "1", "!! nmi_watchdog: yes"),
        (limit.capabilities, "proc__self__status", "CapEff:\t4000", "ok cap_ipc_lock: yes"),
        (limit.capabilities, "proc__self__status", "CapEff:\t3fff", "ok cap_ipc_lock: no"),
    ],
)
def test_a_fact_is_read_and_judged(
    tmp_path: Path, source: Source, path: str, text: str, expected: str
) -> None:
    checks = [fact.check for fact in source(tree(tmp_path, **{path: text}))]
    shown = [f"{'ok' if check.ok else '!!'} {check.fact}: {check.text}" for check in checks]
    assert expected in shown
    assert all(check.ok or check.hint for check in checks)


def test_the_counters_are_those_of_the_format(tmp_path: Path) -> None:
    files = tree(
        tmp_path,
        proc__meminfo="MemTotal: 9 kB\nDirectMap4k:  100 kB\nDirectMap2M:  200 kB\n",
        proc__vmstat="direct_map_level2_splits 18\nnr_free 7\ndirect_map_level3_collapses 0\n",
        proc__pagetypeinfo=(
            "Node    0, zone   Normal, type    Unmovable      1      2 >10000 \n"
            "Node    0, zone   Normal, type      Movable      9      9      9 \n"
            "Node    0, zone      DMA, type    Unmovable      1      0      0 \n"
        ),
    )
    assert counters(files) == {
        "DirectMap4k_kb": 100,
        "DirectMap2M_kb": 200,
        "direct_map_level2_splits": 18,
        "direct_map_level3_collapses": 0,
        "free_unmovable_pages": 1 + 2 * 2 + 4 * 10000 + 1,
    }


def test_counters_that_the_kernel_does_not_offer_are_absent(tmp_path: Path) -> None:
    assert counters(Files(tmp_path)) == {}


def test_this_kernel_offers_its_direct_map() -> None:
    assert "DirectMap4k_kb" in counters(Files())


def test_a_change_names_the_fact_and_both_values() -> None:
    booted = "2026-01-01 10:00:00"
    before: Facts = {"smt_active": False, "uptime": 1.0, "boot_time": booted}
    passing: Facts = {**before, "uptime": 99.0, "boot_time": "2026-01-01 10:00:02"}
    assert changed(before, passing) == []
    assert changed(before, {**before, "smt_active": True}) == ["smt_active was False, is True"]
    assert changed(before, {**before, "boot_time": "2026-01-01 11:00:00"}) == [
        "booted 2026-01-01 11:00:00, it was 2026-01-01 10:00:00"
    ]


def test_the_machine_is_named_by_its_class() -> None:
    facts: Facts = {
        "cpu_model_name": "Intel(R) Xeon(R) Processor @ 2.80GHz", "cpu_count": 2,
        "kernel_release": "6.18.44+", "hypervisor": "KVM",
    }  # fmt: skip
    named = class_of(facts)
    assert named == "intel-xeon-2.80ghz-2cpu-linux-6.18.44-kvm"
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*", named)


def test_a_machine_of_unknown_facts_has_a_name_too() -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*", class_of({}))


def test_an_isolated_cpu_is_preferred_for_measuring(tmp_path: Path) -> None:
    allowed = os.sched_getaffinity(0)
    assert measuring_cpu(Files(tmp_path)) == max(allowed)
    files = tree(tmp_path, sys__devices__system__cpu__isolated=f"{min(allowed)}-{min(allowed)}")
    assert measuring_cpu(files) == min(allowed)
