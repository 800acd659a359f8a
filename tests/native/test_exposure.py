# SPDX-License-Identifier: MIT
"""The census of the direct map, against what the kernel says, and against lies planted in it."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import sandbox
from .command import Line, call

if TYPE_CHECKING:
    import subprocess

PAGE_BYTES = 4096
CELL = ("split-exposure", "secret", "--control", "memfd")
SMALL = ("first_bytes=65536", "last_bytes=262144")
# What it says where others were too busy for a census, or split meanwhile: that is no fault of it.
BUSY = ("run it again", "run again", "the census is wrong")
TRIES = 5

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root sees the kernel's page tables")


@pytest.fixture(scope="module")
def lines(core: Path) -> list[Line]:
    """A census before, with and after two doses, taken anew while others are too busy for it."""
    if os.geteuid() != 0:
        pytest.skip("only root sees the kernel's page tables")
    for _ in range(TRIES):
        done = call(core, "run", *CELL, *SMALL)
        if done.returncode == 0 or not any(word in done.stderr for word in BUSY):
            break
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows(lines: list[Line], table: str) -> list[dict[str, str | int]]:
    found = lines[-1]["tables"][table]
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def censuses(lines: list[Line]) -> dict[tuple[str, str, int], dict[str, dict[str, int]]]:
    """Census -> kind -> how its pages are mapped."""
    found: dict[tuple[str, str, int], dict[str, dict[str, int]]] = defaultdict(dict)
    for row in rows(lines, "exposure"):
        key = str(row["arm"]), str(row["step"]), int(row["dose_bytes"])
        mapped = ("absent", "mapped_4k", "mapped_2m", "mapped_1g")
        found[key][str(row["kind"])] = {name: int(row[name]) for name in mapped}
    return found


def present() -> int:
    found = re.findall(r"^ +present +(\d+)$", Path("/proc/zoneinfo").read_text(), re.MULTILINE)
    return sum(map(int, found))


def test_all_kinds_together_are_the_memory_of_the_machine(lines: list[Line]) -> None:
    for kinds in censuses(lines).values():
        of_memory = [kinds[name] for name in kinds if name != "no-memory"]
        assert sum(sum(mapped.values()) for mapped in of_memory) == present()


def test_each_arm_has_a_census_before_with_each_dose_and_after(lines: list[Line]) -> None:
    steps = [("before", 0), ("held", 65536), ("held", 262144), ("released", 262144)]
    wanted = [(arm, *step) for arm in ("control", "treatment") for step in steps]
    assert list(censuses(lines)) == wanted


def test_secret_pages_are_a_kind_and_absent_from_the_direct_map(lines: list[Line]) -> None:
    for (arm, step, dose_bytes), kinds in censuses(lines).items():
        pages = dose_bytes // PAGE_BYTES if (arm, step) == ("treatment", "held") else 0
        # Others may hold some, too.
        assert kinds.get("secret", {"absent": 0})["absent"] >= pages
        assert sum(mapped["absent"] for name, mapped in kinds.items() if name != "secret") == 0


def test_each_split_is_a_page_table_more(lines: list[Line]) -> None:
    warned = any("others changed mappings" in warning for warning in lines[-1]["warnings"])
    for row in rows(lines, "doses"):
        splits = int(row["splits_2m"]) + int(row["splits_1g"])
        assert int(row["page_table_bytes"]) == splits * PAGE_BYTES or warned


def test_a_run_says_what_a_census_itself_moved(lines: list[Line]) -> None:
    notes = lines[-1]["notes"]
    assert notes["census_splits"] >= 0
    assert notes["census_moved_pages"] >= 0
    assert notes["census_off_pages"] >= 0


def test_one_dose_alone_and_a_share_of_memory_are_what_they_say(core: Path) -> None:
    need = json.loads(call(core, "need", *CELL, "last_percent=10").stdout)
    pages = os.sysconf("SC_PHYS_PAGES")
    assert need["secret_bytes"] == pages * 10 // 100 * PAGE_BYTES


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("first_bytes=4097", "must be whole pages"),
        ("last_bytes=5000", "must be whole pages"),
        ("first_bytes=134217728", "first_bytes must be at most the largest dose"),
    ],
)
def test_doses_that_are_none_are_a_usage_error(core: Path, given: str, said: str) -> None:
    done = call(core, "run", *CELL, given)
    assert done.returncode == 2
    assert said in done.stderr


def lied(core: Path, tmp_path: Path, path: str, pattern: str, text: str) -> str:
    """Run it where a file of the kernel says something else; return its last words."""
    file = tmp_path / "lie"
    file.write_text(re.sub(pattern, text, Path(path).read_text(), flags=re.MULTILINE))
    done: subprocess.CompletedProcess[str]
    done = sandbox.call_with_covered(core, [f"--bind {file} {path}"], *CELL, *SMALL)
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("\n") <= 1, "no values of a census that is wrong"
    return done.stderr


@root
def test_a_sum_that_is_not_the_machine_s_memory_fails_the_run(core: Path, tmp_path: Path) -> None:
    said = lied(core, tmp_path, "/proc/zoneinfo", r"^( +present +)(\d+)$", r"\g<1>\g<2>7")
    assert re.search(
        r"the census is wrong.*: \d+ pages were counted, the zones of /proc/zone", said
    )


@root
@pytest.mark.parametrize(
    "lie",
    [
        ("/proc/meminfo", r"^(PageTables: +)\d+", r"\g<1>99999999", "PageTables of /proc/meminfo"),
        ("/proc/meminfo", r"^(VmallocUsed: +)\d+", r"\g<1>999999", "VmallocUsed with Percpu of "),
        ("/proc/slabinfo", r"^(.*slabdata +\d+ +)\d+", r"\g<1>0", "/proc/slabinfo has "),
        ("/proc/zoneinfo", r"^( +count: +)\d+", r"\g<1>9999999", "count of /proc/zoneinfo has "),
    ],
)
def test_a_kind_that_the_kernel_counts_otherwise_fails_the_run(
    core: Path, tmp_path: Path, lie: tuple[str, str, str, str]
) -> None:
    path, pattern, text, said = lie
    assert said in lied(core, tmp_path, path, pattern, text)


@root
def test_without_the_kernel_s_addresses_it_is_unsupported_in_words(
    core: Path, tmp_path: Path
) -> None:
    hashed = tmp_path / "vmallocinfo"
    hashed.write_text("0x0000000028679ca6-0x000000002df570d5   20480 someone+0x1 vmalloc\n")
    done = sandbox.call_with_covered(core, [f"--bind {hashed} /proc/vmallocinfo"], *CELL, *SMALL)
    assert done.returncode == 77
    assert "/proc/vmallocinfo shows no addresses" in done.stderr


@root
def test_without_flags_of_frames_it_is_unsupported_in_words(core: Path) -> None:
    # Of a core that is named by its path: the other way goes through /proc.
    script = 'mount -t tmpfs none /proc && exec "$0" "$@"'
    command = ["-m", "sh", "-c", script, str(core.absolute()), "run", *CELL]
    done = call(Path(shutil.which("unshare") or "unshare"), *command)
    assert done.returncode == 77
    assert "this kernel has no /proc/kpageflags (CONFIG_PROC_PAGE_MONITOR)" in done.stderr


@root
def test_without_bpf_it_is_unsupported_in_words(core: Path) -> None:
    refused = sandbox.without_call(sandbox.BPF, errno.EPERM)
    done = sandbox.call(core, *CELL, *SMALL, before=refused)
    assert done.returncode == 77
    assert "the kernel's page tables cannot be read: needs root (CAP_BPF" in done.stderr
    assert done.stderr.count("\n") == 1


@root
def test_without_root_it_is_unsupported_in_words(core: Path) -> None:
    done = sandbox.call(core, *CELL, *SMALL, before=sandbox.nobody)
    assert done.returncode == 77
    assert "only root sees" in done.stderr


def test_without_a_control_it_is_unsupported_in_words(core: Path) -> None:
    done = call(core, "run", "split-exposure", "secret")
    assert done.returncode == 77
    assert "compared with the same doses of a control" in done.stderr
