# SPDX-License-Identifier: MIT
"""The native core on the running kernel: what it lists, measures and refuses."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import statistics
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .command import NATIVE, build, call, run, values

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Give a copy of the sources, to be changed by the test."""
    copy = tmp_path / "native"
    shutil.copytree(NATIVE, copy)
    return copy


def test_the_core_verifies_itself(core: Path) -> None:
    done = call(core, "verify")
    assert done.returncode == 0, done.stdout
    assert "ok chase-is-one-cycle: page-random visits 16384 of 16384 lines" in done.stdout
    assert "ok touches-are-faults: secret: 23 faults for 23 pages" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the kernel's page tables")
def test_verify_catches_levels_of_the_direct_map_that_are_none(sources: Path) -> None:
    level = sources / "kernel" / "map_level.c"
    text = level.read_text()
    assert text.count("\treturn level;\n") == 1
    level.write_text(text.replace("\treturn level;\n", "\treturn LEVEL_4K;\n"))
    assert build(sources).returncode == 0
    done = call(sources / "build" / "core", "verify")
    assert done.returncode == 1
    assert "FAILED direct-map-by-level: tables map" in done.stdout


def test_verify_catches_a_chase_that_leaves_lines_out(sources: Path) -> None:
    chase = sources / "measure" / "chase.c"
    text = chase.read_text()
    assert "(len_bytes / LINE_BYTES) };" in text
    chase.write_text(
        text.replace("(len_bytes / LINE_BYTES) };", "(len_bytes / LINE_BYTES - 64) };")
    )
    assert build(sources).returncode == 0
    done = call(sources / "build" / "core", "verify")
    assert done.returncode == 1
    assert "FAILED chase-is-one-cycle: line-random visits 16320 of 16384 lines" in done.stdout


def test_verify_catches_a_region_that_is_not_zeroed(sources: Path) -> None:
    mode = sources / "modes" / "memfd.c"
    text = mode.read_text()
    call_of = 'return region_map_file(region, memfd_create("bench", MFD_CLOEXEC));'
    assert call_of in text
    mode.write_text(
        text.replace(
            call_of, call_of.replace("return", "int err =") + "region->base[9] = 1; return err;"
        )
    )
    assert build(sources).returncode == 0
    done = call(sources / "build" / "core", "verify")
    assert done.returncode == 1
    assert "FAILED region-is-zeroed: memfd: 1 of 94208 bytes not zero" in done.stdout


def test_a_new_mode_is_one_file_and_is_listed(sources: Path) -> None:
    (sources / "modes" / "mine.c").write_text(
        '#include "memory/mode.h"\n#include <sys/mman.h>\n'
        "static int obtain(struct region *region)\n"
        "{ return region_map(region, MAP_PRIVATE | MAP_ANONYMOUS, -1); }\n"
        'MODE(mine) = { .name = "mine", .about = "mine", .obtain = obtain };\n'
    )
    assert build(sources).returncode == 0
    core = sources / "build" / "core"
    listed = json.loads(call(core, "list").stdout)
    mine = next(mode for mode in listed["modes"] if mode["name"] == "mine")
    assert (mine["order"], mine["promise"], mine["hue"], mine["hollow"]) == (0, 0, "", False)
    assert values(run(core, "create", "mine", "--control", "anon", "regions=16"), "treatment")


def test_the_list_describes_every_mode_and_metric_whole(core: Path) -> None:
    listed = json.loads(call(core, "list").stdout)
    names = {mode["name"] for mode in listed["modes"]}
    assert {"anon", "memfd", "secret", "secret-flushed", "packet-ring"} <= names
    for mode in listed["modes"]:
        assert len(mode["about"]) > 40, mode
        assert mode["supported"] == (mode["reason"] == "")
    for metric in listed["metrics"]:
        assert metric["question"] in {"owner", "everyone", "secrecy"}
        assert metric["unit"] in {"s", "B/s", "1"}
        assert metric["unit"] == "1" or metric["assume"] == "nothing"
        for param in metric["params"]:
            numeric = param["choices"] is None
            assert isinstance(param["default"], int) == numeric
            assert numeric or param["default"] in param["choices"]


def test_every_mode_says_how_it_is_shown_and_no_two_say_the_same(core: Path) -> None:
    modes = json.loads(call(core, "list").stdout)["modes"]
    for rank in ("order", "promise"):
        ranks = [mode[rank] for mode in modes]
        assert min(ranks) > 0
        assert len(set(ranks)) == len(modes)
    looks = {(mode["hue"], mode["marker"], mode["line"]) for mode in modes}
    assert len(looks) == len(modes)
    for hue, marker, line in looks:
        assert hue in {"vermilion", "purple", "ink", "green", "blue", "sky", "orange"}
        assert len(marker) == 1
        assert line in {"-", "--", "-.", ":"}
    assert min(modes, key=lambda mode: mode["order"])["name"] == "secret"
    assert {mode["hollow"] for mode in modes} == {False, True}


def test_metrics_are_listed_by_name_and_ways_in_behind_them(core: Path) -> None:
    names = [metric["name"] for metric in json.loads(call(core, "list").stdout)["metrics"]]
    assert names == sorted(names, key=lambda name: (name.startswith("way-"), name))


def test_a_mode_that_cannot_be_had_exits_77_and_says_what_to_enable(core: Path) -> None:
    listed = json.loads(call(core, "list").stdout)
    may_lack = {"hugetlb", "memfd-huge", "secret-wrapped"}
    absent = [m for m in listed["modes"] if m["name"] in may_lack and not m["supported"]]
    if not absent:
        pytest.skip("this machine has every mode")
    done = call(core, "run", "create", absent[0]["name"])
    assert done.returncode == 77
    assert done.stderr.strip() == absent[0]["reason"]
    assert done.stdout == ""


@pytest.fixture
def eight_huge_pages() -> Iterator[None]:
    """Set eight huge pages aside, and as many as there were afterwards."""
    pool = Path("/proc/sys/vm/nr_hugepages")
    if not os.access(pool, os.W_OK):
        pytest.skip("only root may set huge pages aside")
    before = pool.read_text()
    pool.write_text("8")
    try:
        if pool.read_text().strip() != "8":
            pytest.skip("memory is too fragmented for eight huge pages")
        yield
    finally:
        pool.write_text(before)


@pytest.mark.usefixtures("eight_huge_pages")
def test_too_few_huge_pages_are_said_before_anything_is_measured(core: Path) -> None:
    touch = ("run", "first-touch", "hugetlb", "--control", "memfd-huge", "lead_in=0")
    few = call(core, *touch, "pages=4", "block_pages=4", "backing=host-cold")
    assert few.returncode == 0, few.stderr
    many = call(core, *touch, "pages=8", "block_pages=4", "backing=host-cold")
    assert many.returncode == 77
    assert many.stderr == ("takes 16 reserved huge pages, 8 are free: sysctl vm.nr_hugepages=16\n")
    assert many.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nope", "anon"], "unknown, see core list"),
        (["create", "nope"], "unknown, see core list"),
        (["create", "anon", "--control", "nope"], "unknown mode"),
        (["create", "anon", "len=3"], "the metric has none of that name"),
        (["create", "anon", "len_bytes=3k"], "whole number in base units"),
        (["create", "anon", "len_bytes=-1"], "whole number in base units"),
        (["create", "anon", "len_bytes=0"], "allowed are 4096 to"),
        (["create", "anon", "regions=2", "regions=3"], "given twice"),
        (["create", "anon", "--control", "memfd", "--control", "anon"], "given twice"),
        (["access-latency", "anon", "order=random"], "line-random|page-random|page-local"),
        (["access-latency", "anon", "order="], "line-random|page-random|page-local"),
        (["lock-limit", "anon", "--control", "memfd"], "measured alone"),
        (["create", "anon", "--cpu"], "needs a whole number"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(
    core: Path, arguments: list[str], words: str
) -> None:
    done = call(core, "run", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_both_arms_of_a_paired_metric_hold_as_many_values(core: Path) -> None:
    lines = run(core, "access-latency", "secret", "--control", "memfd", "slices=30")
    assert lines[0]["line"] == "start"
    assert lines[-1]["line"] == "end"
    dropped = lines[-1]["dropped"]
    assert len(values(lines, "treatment")) == len(values(lines, "control"))
    assert 30 - dropped <= len(values(lines, "treatment")) <= 30


def test_a_hit_in_the_first_cache_is_faster_than_memory(core: Path) -> None:
    lines = run(core, "access-latency", "secret-flushed", "--control", "memfd", "len_bytes=64")
    flushed = statistics.median(values(lines, "treatment"))
    assert flushed > 5 * statistics.median(values(lines, "control"))


def test_values_have_the_digits_that_the_counter_gave(core: Path) -> None:
    resolution_s = json.loads(call(core, "list").stdout)["core"]["timer_resolution_s"]
    done = call(core, "run", "create", "anon", "regions=64")
    printed = re.search(r'"values": \[([^]]+)\]', done.stdout)
    assert printed
    for text in printed[1].split(","):
        mantissa = text.split("e")[0].replace(".", "")
        assert len(mantissa) <= math.ceil(math.log10(float(text) / resolution_s)) + 1, text


@pytest.mark.parametrize(("threads", "count"), [(1, 128), (2, 256)])
def test_first_touch_keeps_one_value_per_page_and_thread(
    core: Path, threads: int, count: int
) -> None:
    lines = run(core, "first-touch", "memfd", "pages=128", f"threads={threads}")
    assert len(values(lines, "treatment")) + lines[-1]["dropped"] == count


def test_more_threads_than_cpus_are_said(core: Path) -> None:
    threads = len(os.sched_getaffinity(0)) + 1
    lines = run(core, "first-touch", "memfd", "pages=64", f"threads={threads}")
    assert lines[-1]["warnings"] == [f"{threads} threads share {threads - 1} CPUs"]


def test_class_runs_find_as_many_splits_as_the_kernel_counts(core: Path) -> None:
    lines = run(core, "first-touch", "secret", "pages=128", "classes=on", "lead_in=0")
    classes = next(line["classes"] for line in lines if line.get("arm") == "treatment")
    counted = lines[-1]["counters"]["direct_map_level2_splits"]
    assert sum(c > 0 for c in classes) == counted
    assert ("pool" in lines[-1]["notes"]) == (counted == 0)


def test_memfd_splits_nothing(core: Path) -> None:
    lines = run(core, "first-touch", "memfd", "pages=128", "classes=on")
    classes = next(line["classes"] for line in lines if line.get("arm") == "treatment")
    assert not any(classes)


def test_an_unprivileged_slab_of_secrets_fills_the_lock_limit(core: Path) -> None:
    lines = run(core, "density", "secret", "layout=slab")
    assert values(lines, "treatment") == [(8 << 20) // 32]


def test_secrets_on_pages_of_their_own_run_out_of_open_files(core: Path) -> None:
    lines = run(core, "density", "secret", "layout=page")
    assert values(lines, "treatment") == [1024 - 3]
    assert lines[-1]["notes"]["stopped_by"] == "Too many open files"


def test_the_lock_limit_binds_secret_memory_and_not_memfd(core: Path) -> None:
    assert values(run(core, "lock-limit", "secret"), "treatment")[0] > 0
    assert values(run(core, "lock-limit", "memfd"), "treatment") == [0]


@pytest.mark.parametrize("metric", ["bandwidth", "first-touch", "create", "secret-lifecycle"])
def test_flushing_after_each_use_is_refused_where_it_is_not_defined(
    core: Path, metric: str
) -> None:
    done = call(core, "run", metric, "secret-flushed")
    assert done.returncode == 77
    assert "one hot line and access-width only" in done.stderr


def test_need_counts_secret_memory_of_the_secret_arm_only(core: Path) -> None:
    arguments = ["need", "release", "secret", "len_bytes=8192", "regions=10", "--control"]
    need = json.loads(call(core, *arguments, "memfd").stdout)
    rest = {"ballast_bytes": 0, "growth_bytes": 0, "splits": 0}
    # Ten regions in three blocks, each with one before it that is not kept.
    assert need == {"bytes": 16384, "secret_bytes": 13 * 8192, "secret_held_bytes": 8192, **rest}


def test_secret_pages_have_a_placement_and_all_of_them_are_seen(core: Path) -> None:
    if os.geteuid():
        pytest.skip("frame numbers need CAP_SYS_ADMIN")
    lines = run(core, "access-latency", "secret", "--control", "packet-ring", "slices=5")
    assert lines[-1]["placement"]["treatment"]["pages"] == 4
    assert lines[-1]["placement"]["control"]["pages"] == 4


@pytest.mark.parametrize(
    "arguments",
    [
        "access-latency secret --control memfd len_bytes=65536 order=page-random slices=5",
        "access-latency secret-flushed --control memfd len_bytes=64 slices=3 loads=1000",
        "access-latency anon-huge --control anon slices=3 order=page-local",
        "access-width secret-flushed --control memfd slices=5 op=stream-store",
        "access-width secret --control packet-ring slices=5 op=load width_bytes=16",
        "bandwidth secret --control memfd op=copy-out slices=3",
        "bandwidth memfd-locked --control memfd op=read slices=3",
        "first-touch secret --control memfd pages=64",
        "first-touch secret --control memfd pages=64 classes=on",
        "first-touch memfd --control memfd pages=64 threads=2",
        "first-touch anon --control anon pages=64 backing=host-cold",
        "create secret --control anon",
        "release packet-ring --control memfd",
        "secret-lifecycle anon-locked --control anon",
        "lock-limit secret",
        "density secret layout=slab",
    ],
)
def test_sanitizers_find_nothing(sanitized: Path, arguments: str) -> None:
    lines = run(sanitized, *arguments.split())
    assert lines[-1]["line"] == "end"


@pytest.mark.parametrize("compiler", ["aarch64-linux-gnu-gcc", "clang"])
def test_the_core_compiles_with(compiler: str, tmp_path: Path) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    done = build(NATIVE, f"CC={compiler}", f"B={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "core").exists()


def test_without_a_static_libc_the_core_is_linked_dynamically(tmp_path: Path) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text('#!/bin/sh\ncase " $* " in *" -static "*) exit 1;; esac\nexec gcc "$@"\n')
    compiler.chmod(0o755)
    done = build(NATIVE, f"CC={compiler}", f"B={tmp_path}")
    assert done.returncode == 0, done.stderr
    linked = subprocess.run(["readelf", "-l", tmp_path / "core"], capture_output=True, check=True)
    assert b"INTERP" in linked.stdout
    assert call(tmp_path / "core", "run", "create", "anon", "regions=16").returncode == 0
