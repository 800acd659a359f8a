# SPDX-License-Identifier: MIT
"""Hardware counters: the events of each CPU, readings with known answers, and this machine."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from .command import call, run, values

# The leaves of linux/tools/perf/pmu-events, written as perf writes them: event, umask, cmask.
INTEL = {
    "walks/loads": 0x0E,
    "walks-4k/loads": 0x02,
    "walks-2m/loads": 0x04,
    "walks-1g/loads": 0x08,
    "l2-hits/loads": 0x20,
}
INTEL_STORES = {"walks/stores": 0x0E, "l2-hits/stores": 0x20}
AMD = {
    "walks/accesses": 0xF0,
    "walks-4k/accesses": 0x10 | 0x20,
    "walks-2m/accesses": 0x40,
    "walks-1g/accesses": 0x80,
    "l2-hits/accesses": 0x0F,
}
ARM = {"walks/accesses": 0x34, "l1-refills/accesses": 0x05, "l2-refills/accesses": 0x2D}


def intel(load: int, store: int) -> dict[str, int]:
    cycles = {"walk-cycles/loads": load | 0x10 << 8 | 1 << 24}
    loads = {name: load | umask << 8 for name, umask in INTEL.items()}
    return loads | cycles | {name: store | umask << 8 for name, umask in INTEL_STORES.items()}


def amd() -> dict[str, int]:
    return {name: 0x45 | umask << 8 for name, umask in AMD.items()}


def pmu(core: Path, *cpu: str) -> dict[str, Any]:
    done = call(core, "pmu", *cpu)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("cpu", "table", "expected"),
    [
        ("GenuineIntel 6 85", "skylake-x", intel(0x08, 0x49)),
        ("GenuineIntel 6 0x6a", "ice-lake-x", intel(0x08, 0x49)),
        ("GenuineIntel 6 0x6c", "ice-lake-x", intel(0x08, 0x49)),
        ("GenuineIntel 6 143", "sapphire-rapids", intel(0x12, 0x13)),
        ("AuthenticAMD 25 0x01", "zen-3", amd()),
        ("AuthenticAMD 25 0x21", "zen-3", amd()),
        ("AuthenticAMD 25 0x50", "zen-3", amd()),
        ("AuthenticAMD 25 0x11", "zen-4", amd()),
        ("AuthenticAMD 25 0x61", "zen-4", amd()),
        ("AuthenticAMD 25 0xa0", "zen-4", amd()),
        ("AuthenticAMD 26 0x02", "zen-5", amd()),
        ("arm64 0 0", "arm-pmu-v3", ARM),
    ],
)
def test_each_cpu_has_the_events_of_its_maker(
    core: Path, cpu: str, table: str, expected: dict[str, int]
) -> None:
    found = pmu(core, *cpu.split())
    assert (found["table"], found["generic"]) == (table, False)
    events = {f"{e['name']}/{e['of']}": int(e["config"], 16) for e in found["events"]}
    assert events == expected


@pytest.mark.parametrize(
    "cpu", ["GenuineIntel 6 0x9e", "GenuineIntel 15 85", "AuthenticAMD 23 0x31", "Riscv 0 0"]
)
def test_another_cpu_falls_back_to_the_generic_event_and_says_so(core: Path, cpu: str) -> None:
    found = pmu(core, *cpu.split())
    assert (found["table"], found["generic"]) == ("generic", True)
    dtlb, read, miss = 3, 0, 1
    assert found["events"] == [
        {"name": "walks", "of": "unknown", "config": hex(dtlb | read << 8 | miss << 16)}
    ]


@pytest.mark.parametrize("cpu", ["GenuineIntel", "GenuineIntel 6 x", "A 6 -1", "A" * 16 + " 6 1"])
def test_a_cpu_that_is_none_is_refused(core: Path, cpu: str) -> None:
    done = call(core, "pmu", *cpu.split())
    assert done.returncode == 2
    assert done.stderr.startswith("core: pmu takes nothing, or VENDOR FAMILY MODEL")


def test_the_cpu_of_this_machine_is_the_one_that_the_kernel_names(core: Path) -> None:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    said = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {name.strip(): value.strip() for name, value in said.items()}
    if "vendor_id" not in facts:
        assert pmu(core)["vendor"] == "arm64"
        return
    found = pmu(core)
    assert found["vendor"] == facts["vendor_id"]
    assert [found["family"], found["model"]] == [int(facts["cpu family"]), int(facts["model"])]


def decode(core: Path, *readings: bytes) -> subprocess.CompletedProcess[str]:
    lines = "".join(f"{reading.hex()}\n" for reading in readings)
    return subprocess.run(
        [core, "pmu-decode"], input=lines, capture_output=True, text=True, check=False
    )


def group(enabled_ns: int, running_ns: int, *counts: int) -> bytes:
    """What read(2) gives, by perf_event_open(2): nr, time_enabled, time_running, values."""
    return struct.pack(f"<{3 + len(counts)}Q", len(counts), enabled_ns, running_ns, *counts)


@pytest.mark.parametrize(
    ("readings", "state", "share", "counts"),
    [
        ([group(1000, 1000, 7)], "counted", 1, [7]),
        ([group(1000, 1000, 7, 0, 9, 2**53 - 1)], "counted", 1, [7, 0, 9, 2**53 - 1]),
        ([group(1000, 950, 1900, 95)], "scaled", 0.95, [2000, 100]),
        ([group(1000, 900, 900)], "scaled", 0.9, [1000]),
        ([group(1000, 899, 899)], "dropped", 0.899, []),
        ([group(1000, 0, 0)], "none", 0, []),
        ([group(0, 0, 0)], "none", 0, []),
        ([b""], "none", 0, []),
        ([group(500, 500, 10, 20), group(1500, 1500, 30, 20)], "counted", 1, [20, 0]),
        # Half of the time before, all of it since: only what is between the two counts.
        ([group(1000, 500, 50), group(2000, 1500, 150)], "counted", 1, [100]),
        ([group(1000, 1000, 50), group(2000, 1000, 50)], "none", 0, []),
        ([group(1000, 1000, 50), b""], "none", 0, []),
    ],
)
def test_a_reading_is_scaled_dropped_or_none_by_its_share(
    core: Path, readings: list[bytes], state: str, share: float, counts: list[int]
) -> None:
    done = decode(core, *readings)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["state"], found["share"]) == (state, pytest.approx(share))
    assert found["counts"] == pytest.approx(counts)


@pytest.mark.parametrize(
    "readings",
    [
        [],
        [b"\1"],
        [group(1000, 1000, 7)[:-1]],
        [group(1000, 1000)],
        [group(1000, 1000, 1, 2, 3, 4, 5)],
        [struct.pack("<4Q", 2, 1000, 1000, 7)],
        [group(1000, 1001, 7)],
        [group(1000, 1000, 7), group(2000, 2000, 6)],
        [group(1000, 1000, 7), group(2000, 2000, 8, 9)],
    ],
)
def test_a_reading_that_is_none_is_refused(core: Path, readings: list[bytes]) -> None:
    done = decode(core, *readings)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "one group reading in hex digits" in done.stderr


def test_sanitizers_find_nothing_in_what_is_decoded(sanitized: Path) -> None:
    for reading in (
        group(1000, 950, 1, 2, 3, 4),
        group(1000, 1000, 1, 2, 3, 4, 5),
        b"",
        b"\1" * 99,
    ):
        assert decode(sanitized, reading).returncode in (0, 2)


@pytest.mark.parametrize("text", ["walks\n", f"{group(1000, 1000, 7).hex()}\nwalks\n", "0\n"])
def test_text_is_no_reading(core: Path, text: str) -> None:
    done = subprocess.run(
        [core, "pmu-decode"], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2


def perf(*arguments: str) -> str:
    if not shutil.which("perf"):
        pytest.skip("perf is not installed: apt-get install linux-perf")
    return subprocess.run(
        ["perf", "stat", "-x", ",", *arguments], capture_output=True, text=True, check=False
    ).stderr


def test_perf_agrees_on_what_can_be_counted_here(core: Path) -> None:
    supported = pmu(core)["user"]["supported"]
    assert ("<not supported>" in perf("-e", "instructions:u", "true")) == (not supported)


def test_walks_are_counted_or_the_reason_is_given(core: Path) -> None:
    found = pmu(core)
    small = ["anon", "pages=8192", "slices=5", "loads=20000"]
    if not found["user"]["supported"]:
        done = call(core, "run", "tlb-walks", *small)
        assert (done.returncode, done.stderr) == (77, found["user"]["reason"] + "\n")
        return
    walks = sum(values(run(core, "tlb-walks", *small), "treatment")) * 20000
    config = found["events"][0]["config"].removeprefix("0x")
    said = perf("-e", f"r{config}:u", str(core), "run", "tlb-walks", *small)
    assert 0 < walks <= float(said.split(",")[0]) * 1.1


def test_without_a_pmu_the_reason_is_that_and_not_a_lack_of_rights(core: Path) -> None:
    if os.geteuid():
        pytest.skip("only root becomes another user")
    root = pmu(core)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        copy = shutil.copy(core, folder)
        done = subprocess.run(
            [copy, "pmu"], capture_output=True, check=True, user=65534, group=65534, extra_groups=[]
        )
    user = json.loads(done.stdout)
    if root["user"]["supported"]:
        assert user["user"]["supported"] or "kernel.perf_event_paranoid=2" in user["user"]["reason"]
        return
    paranoid = int(Path("/proc/sys/kernel/perf_event_paranoid").read_text())
    refused = "no right to count" if paranoid > 2 else "no PMU"
    assert user["user"]["reason"].startswith(refused)
    kernel = "no right to count in the kernel" if paranoid > 1 else "no PMU"
    assert user["kernel"]["reason"].startswith(kernel)


def test_a_filter_that_forbids_counters_is_a_lack_of_rights(core: Path, tmp_path: Path) -> None:
    # BPF_RET | errno for perf_event_open alone, installed by a child that then becomes the core.
    script = tmp_path / "forbid.py"
    script.write_text(
        "import ctypes, os, platform, struct, sys\n"
        "number = {'x86_64': 298, 'aarch64': 241}[platform.machine()]\n"
        "rows = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x50000 | int(sys.argv[1])),\n"
        "        (6, 0, 0, 0x7fff0000)]\n"
        "code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *r) for r in rows))\n"
        "program = struct.pack('HxxxxxxQ', len(rows), ctypes.addressof(code))\n"
        "libc = ctypes.CDLL(None)\n"
        "assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0\n"
        "os.execv(sys.argv[2], [sys.argv[2], 'pmu'])\n"
    )
    for errno, said in [
        (1, "run with CAP_PERFMON"),
        (2, "no PMU"),
        (16, "all counters are taken"),
        (22, "update the kernel"),
        (38, "CONFIG_PERF_EVENTS"),
        (95, "measure on another CPU"),
    ]:
        done = subprocess.run(
            [shutil.which("python3") or "python3", script, str(errno), core],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        reason = json.loads(done.stdout)["user"]["reason"]
        assert said in reason, (errno, reason)
