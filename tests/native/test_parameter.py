# SPDX-License-Identifier: MIT
"""What is asked for is done, or refused: never rounded, never more memory than was said."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from .command import call, run, values
from .patched import patched

if TYPE_CHECKING:
    from pathlib import Path


def need(core: Path, *cell: str) -> dict[str, int]:
    done = call(core, "need", *cell)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("metric", "param", "counts"),
    [
        ("create", "regions", (1, 15, 16, 17, 40)),
        ("release", "regions", (1, 3, 4, 5)),
        ("secret-lifecycle", "cycles", (1, 16, 17)),
        ("first-touch", "pages", (1, 63, 64, 65, 130)),
        ("access-latency", "slices", (1, 7)),
        ("access-width", "slices", (1, 7)),
        ("bandwidth", "slices", (1, 7)),
        ("secret-use", "slices", (1, 7)),
        ("walk-cost", "slices", (1, 7)),
        ("neighbour-loss", "slices", (1, 3)),
    ],
)
def test_as_many_values_as_were_asked_for(
    core: Path, metric: str, param: str, counts: tuple[int, ...]
) -> None:
    for count in counts:
        done = call(core, "run", metric, "memfd", "--control", "memfd", f"{param}={count}")
        if done.returncode == 77:
            pytest.skip(done.stderr.strip())
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        for arm in ("treatment", "control"):
            assert len(values(lines, arm)) <= count
        kept = sum(len(values(lines, arm)) for arm in ("treatment", "control"))
        # Of paired values the partner of a dropped one goes with it.
        assert 2 * count - 2 * lines[-1]["dropped"] <= kept <= 2 * count - lines[-1]["dropped"]


def test_a_first_touch_by_several_threads_is_of_so_many_pages_each(core: Path) -> None:
    lines = run(core, "first-touch", "memfd", "pages=70", "block_pages=64", "threads=3")
    assert len(values(lines, "treatment")) + lines[-1]["dropped"] == 3 * 70


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("access-latency anon loads=150", "loads must be a multiple of 100"),
        ("walk-cost anon loads=199", "loads must be a multiple of 100"),
        ("tlb-walks anon loads=101", "loads must be a multiple of 100"),
        ("access-latency anon len_bytes=1000", "len_bytes must be whole lines of 64 bytes"),
        ("bandwidth anon len_bytes=4100", "len_bytes must be whole lines of 64 bytes"),
        ("create anon len_bytes=5000", "len_bytes must be whole pages of 4096 bytes"),
        ("release anon len_bytes=4097", "len_bytes must be whole pages of 4096 bytes"),
        ("splits memfd len_bytes=1536000 step_bytes=6000", "step_bytes must be whole pages"),
        ("user-reach secret limit_bytes=20000", "limit_bytes must be whole pages"),
        ("split-exposure secret --control memfd last_bytes=100000", "last_bytes must be first_b"),
        ("split-exposure secret --control memfd first_bytes=5000", "first_bytes must be whole"),
        ("victim-doses secret --control memfd factor=3", "last_bytes must be first_bytes times"),
        ("victim-packet-ring secret --control memfd pages=500", "a multiple of block_pages"),
        (
            "victim-packet-ring secret --control memfd pages=1020 block_pages=510",
            "block_pages of this victim is at most 504",
        ),
        ("victim-slab secret --control memfd secret_bytes=70000", "secret_bytes must be whole"),
        ("victim-dose secret --control memfd family=tcp", "family is of victim=socket"),
        ("victim-dose secret --control memfd work=fork", "work is of victim=page-tables"),
        ("victim-dose secret --control memfd block_pages=64", "block_pages is of blocks that a b"),
        ("victim-dose secret --control memfd dose_bytes=5000", "dose_bytes must be whole pages"),
        ("access-width anon width_bytes=24", "width_bytes must be 1, 2, 4, 8, 16, 32 or 64"),
    ],
)
def test_what_cannot_be_kept_to_is_a_usage_error(core: Path, cell: str, said: str) -> None:
    done = call(core, "run", *cell.split())
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_region_longer_than_asked_is_said(core: Path) -> None:
    listed = json.loads(call(core, "list").stdout)["modes"]
    huge = next(mode for mode in listed if mode["name"] == "anon-huge")
    if not huge["supported"]:
        pytest.skip(f"the mode cannot be had: {huge['reason']}")
    lines = run(core, "create", "anon-huge", "regions=16")
    size = huge["page_bytes"]
    assert lines[-1]["warnings"] == [
        f"anon-huge: a region of 4096 bytes is one of {size}: its pages are so large"
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["list", "all"],
        ["verify", "--fast"],
        ["pmu-decode", "x"],
        ["touch", "anon", "12x"],
        ["touch", "anon", "0x10"],
        ["touch", "anon", "1", "2"],
        ["pmu", "a", "1", "2", "3"],
    ],
)
def test_a_word_too_many_is_a_usage_error(core: Path, words: list[str]) -> None:
    done = call(core, *words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_the_core_verifies_itself_in_json_where_that_is_asked(core: Path) -> None:
    done = call(core, "verify", "--json")
    checks = [json.loads(line) for line in done.stdout.splitlines()]
    assert {check["state"] for check in checks} <= {"ok", "skip"}
    assert "timer-step-is-known" in {check["check"] for check in checks}
    assert all(check["detail"] for check in checks)


@pytest.mark.parametrize(
    "cell",
    [
        "access-latency memfd --control memfd len_bytes=137438953472",
        "bandwidth anon len_bytes=137438953472",
        "release secret len_bytes=137438953472",
        "first-touch memfd threads=256 block_pages=65536 pages=16777216 backing=host-cold",
        "user-reach secret processes=1024 limit_bytes=17179869184",
        "splits memfd len_bytes=137438953472",
        "split-exposure secret --control memfd first_bytes=1073741824 last_bytes=1099511627776",
        "walk-cost anon pages=33554432",
    ],
)
def test_more_memory_than_there_is_is_refused_in_words(core: Path, cell: str) -> None:
    done = call(core, "run", *cell.split())
    if done.returncode == 0:
        pytest.skip("this machine has so much memory")
    assert done.returncode == 77, done.stderr
    assert done.stderr.startswith(("takes ", "only root sees", "the kernel's page tables"))
    assert done.stdout == ""


def test_a_touch_of_more_than_there_is_is_refused_in_words(core: Path) -> None:
    done = call(core, "touch", "anon-huge", "65536")
    if "MiB are available" not in done.stderr:
        pytest.skip(f"it cannot be tried here: {done.stderr.strip()}")
    assert done.returncode == 77


COUNTING = r"""
/*
 * Counts the pages of secret memory that are touched, in all processes: a region is mapped without
 * access, so that the first touch of each page is a signal, which counts and gives the access back.
 */
#include <signal.h>
#include <stdio.h>

#define REGIONS 65536u

static struct {
	char *base;
	size_t len_bytes;
} regions[REGIONS];
static unsigned int region_count;
static _Atomic uint64_t *touches;
static pid_t counting;

static void first_touch(int number, siginfo_t *info, void *context)
{
	char *page = (char *)((uintptr_t)info->si_addr & -4096ul);

	(void)context;
	for (unsigned int i = 0; i < region_count; i++)
		if (page >= regions[i].base && page < regions[i].base + regions[i].len_bytes) {
			mprotect(page, 4096, PROT_READ | PROT_WRITE);
			++*touches;
			return;
		}
	signal(number, SIG_DFL);
}

__attribute__((constructor)) static void begin_counting(void)
{
	touches = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	counting = getpid();
}

__attribute__((destructor)) static void print_count(void)
{
	FILE *file = getpid() == counting ? fopen("@FILE@", "w") : NULL;

	if (file)
		fprintf(file, "%llu\n", (unsigned long long)*touches);
	if (file)
		fclose(file);
}

static int count_touches(struct region *region, int err)
{
	struct sigaction action = { .sa_sigaction = first_touch, .sa_flags = SA_SIGINFO | SA_NODEFER };

	if (err)
		return err;
	sigaction(SIGSEGV, &action, NULL);
	mprotect(region->base, region->len_bytes, PROT_NONE);
	regions[region_count].base = region->base;
	regions[region_count++].len_bytes = region->len_bytes;
	return 0;
}

"""


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A core that counts the pages of secret memory that it and its children touch."""
    folder = tmp_path_factory.mktemp("counting")
    obtain = "int region_map_secret(struct region *region)\n{"
    mapped = "region_map_file(region, secret_open())"
    counter = COUNTING.replace("@FILE@", str(folder / "counted"))
    texts = {
        obtain: counter + obtain,
        f"return {mapped};": f"return count_touches(region, {mapped});",
    }
    return patched(folder, {"memory/region.c": texts})


def touched(counting: Path, *cell: str) -> int:
    """How many bytes of secret memory a run brought in."""
    tally = counting.parents[2] / "counted"
    tally.unlink(missing_ok=True)
    done = call(counting, "run", *cell, "--seed", "7")
    if done.returncode == 77:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return 4096 * int(tally.read_text())


EXACT: dict[str, Any] = {
    "access-latency": ["slices=3", "len_bytes=65536"],
    "access-width": ["slices=3"],
    "bandwidth": ["slices=3", "len_bytes=65536"],
    "walk-cost": ["slices=3", "pages=20"],
    "secret-use": ["slices=3"],
    "secret-lifecycle": ["cycles=17"],
    "create": ["regions=17"],
    "release": ["regions=1", "len_bytes=65536"],
    "first-touch": ["pages=65"],
    "flush-count": ["pages=5", "blocks=3"],
    "neighbour-loss": ["pages=5", "slices=3"],
    "splits": ["len_bytes=1048576"],
}
"""Of these it is known to the page what they touch."""


@pytest.mark.parametrize("metric", EXACT)
def test_what_a_metric_needs_is_what_it_touches(core: Path, counting: Path, metric: str) -> None:
    duet = {m["name"]: m["duet"] for m in json.loads(call(core, "list").stdout)["metrics"]}
    control = ["--control", "anon"] if duet[metric] and metric != "walk-cost" else []
    cell = [metric, "secret", *control, *EXACT[metric]]
    assert touched(counting, *cell) == need(core, *cell)["secret_bytes"]


@pytest.mark.parametrize(
    "cell",
    [
        "release secret --control memfd regions=5 len_bytes=8192",
        "release secret regions=8 len_bytes=4096",
        "first-touch secret pages=65 backing=host-cold",
        "first-touch secret pages=10 lead_in=0 classes=on",
        "first-touch secret pages=10 threads=2",
        "splits secret len_bytes=1048576 phase=again",
        "neighbour-loss secret use=secrets pages=4 slices=2",
    ],
)
def test_other_ways_of_it_need_what_they_touch(core: Path, counting: Path, cell: str) -> None:
    assert touched(counting, *cell.split()) == need(core, *cell.split())["secret_bytes"]


@pytest.mark.parametrize("metric", ["lock-limit", "density", "user-reach", "availability-memlock"])
def test_no_metric_touches_more_than_it_said(core: Path, counting: Path, metric: str) -> None:
    small = ["limit_bytes=65536"] if metric == "user-reach" else []
    cell = [metric, "secret", *small]
    assert 0 < touched(counting, *cell) <= need(core, *cell)["secret_bytes"]


@pytest.mark.skipif(os.geteuid() != 0, reason="most ways need root to be tried")
def test_no_way_touches_more_than_it_said(core: Path, counting: Path) -> None:
    tried = 0
    for metric in json.loads(call(core, "list").stdout)["metrics"]:
        # Both move regions, which the counting does not bear.
        if not metric["name"].startswith("way-") or metric["name"] in {"way-migration", "way-ksm"}:
            continue
        cell = [metric["name"], "secret", "--control", "memfd"]
        if call(core, "run", *cell).returncode == 0:
            assert 0 < touched(counting, *cell) <= need(core, *cell)["secret_bytes"], cell
            tried += 1
    assert tried > 10


def test_regions_that_are_not_kept_are_counted_too(core: Path) -> None:
    cell = ["release", "secret", "len_bytes=8388608", "regions=1"]
    # One that is kept and one before it that is not.
    assert need(core, *cell)["secret_bytes"] == 2 * 8388608


def test_blocks_of_many_pages_keep_the_duty(core: Path) -> None:
    done = call(core, "run", "first-touch", "memfd", "--control", "anon", "block_pages=65536",
                "pages=65536")  # fmt: skip
    assert done.returncode == 0, done.stderr
