# SPDX-License-Identifier: MIT
"""Simulated TLBs in guests, emulated: every count here is exact, and no test asserts a time."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from bench.machines.guest.kernel_image import Kernel
    from tests.bench.conftest import Bench

    from .lab import Counted, Lab

RING = "tlb-simulated secret --control memfd rounds=2"
TRIPS = "trips-simulated {} --control {} use={} rounds=3"


@pytest.fixture(scope="module")
def ring(lab: Lab) -> Counted:
    return lab.run(RING)


def test_a_chase_misses_from_one_page_more_than_an_array_holds(lab: Lab) -> None:
    """Of Zen 3: 64 entries for anything, then 2,048 in 8 ways; the program has pages of its own."""
    done = lab.call("chase", "32", "60", "80", "1900", "2400", "4096")
    assert done.exit_code == 0, done.stderr
    found = {}
    for line in done.stdout.decode().splitlines():
        pages, accesses, misses, walks = map(int, line.split())
        found[pages] = (misses / pages, walks / pages)
        # A load for each page, and what ends the stretch.
        assert pages <= accesses <= pages + 20
    assert found[32] == found[60] == (0, 0)
    assert found[80][0] == pytest.approx(1, abs=0.03)
    assert found[80][1] == 0
    assert found[1900] == (1, 0)
    assert found[2400][1] > 0.9
    assert found[4096] == (1, 1)


def test_kernel_reads_of_split_memory_walk_once_each_and_of_whole_memory_never(
    ring: Counted,
) -> None:
    for model in ("zen3", "glc", "skl"):
        assert ring.per("walks", "treatment", model) == pytest.approx(1, abs=0.01)
        assert ring.per("walks", "control", model) < 0.01
    assert ring.values["treatment"][0] == pytest.approx(1, abs=0.01)
    assert ring.values["control"][0] < 0.01
    assert ring.notes["mapped_4k_b"] == 1
    assert ring.notes["mapped_4k_a"] == 0


def test_joined_pages_take_the_walks_away(ring: Counted) -> None:
    """So whether a CPU joins neighbours decides the answer: it is a parameter of the model."""
    assert ring.per("walks", "treatment", "joined") < 0.01


def test_every_look_up_agrees_with_the_emulator_and_the_census_with_the_kernel(
    ring: Counted,
) -> None:
    assert ring.notes["walks_checked"] > 10000
    assert ring.notes["walks_wrong"] == 0
    assert ring.notes["census_agrees"] is True
    assert ring.warnings == []
    image, small = ring.notes["census_image_tables"], ring.notes["census_4k"]
    assert ring.notes["direct_map_2m"] == ring.notes["census_2m"] - image
    assert 0 <= ring.notes["direct_map_4k"] - small - 512 * image <= ring.notes["census_absent"]


def test_undisturbed_stretches_of_a_piece_are_alike(ring: Counted) -> None:
    for row in ring.tables["events"]:
        disturbances = row["interrupts"] + row["cr4_writes"]
        # What is left out had a reason, and what is kept has none.
        assert disturbances == 0 if row["kept"] else disturbances >= row["stretches"]
    for row in ring.tables["pieces"]:
        # Every other pass the kernel marks each page as used, which takes it two accesses more.
        assert row["accesses_most"] - row["accesses_least"] <= 2.5 * row["operations"]
        assert row["walks_most"] - row["walks_least"] <= 0.02 * row["operations"]


def test_within_the_reach_of_the_second_level_nothing_walks(lab: Lab) -> None:
    found = lab.run(f"{RING} pages=896 block_pages=112")
    # In 16 ways; in 8 a few sets are asked for more pages than they have ways.
    assert found.per("walks", "treatment", "glc") < 0.001
    assert found.per("walks", "treatment", "zen3") < 0.06
    assert found.per("misses", "treatment", "zen3") == pytest.approx(1.1, abs=0.2)
    assert found.per("misses", "control", "zen3") < 0.02


def test_a_read_of_64_bytes_goes_64_times_to_memory_in_4k_mappings(lab: Lab) -> None:
    found = lab.run(f"{RING} victim=page-cache pages=896 block_pages=112")
    inside, outside = (
        found.per("accesses", arm, "zen3", ("direct-4k",)) for arm in ("treatment", "control")
    )
    # The kernel copies by REP MOVSB, byte by byte.
    assert inside - outside == pytest.approx(64, abs=0.005)


def test_nothing_differs_where_neither_set_is_split(lab: Lab) -> None:
    found = lab.run("tlb-simulated memfd --control memfd rounds=2 pages=896 block_pages=112")
    for arm in ("treatment", "control"):
        assert found.per("walks", arm, "zen3") < 0.001
        assert found.per("misses", arm, "zen3") < 0.02


@pytest.fixture(scope="module")
def ping_pong(lab: Lab) -> Counted:
    return lab.run(
        "tlb-simulated-dose secret --control memfd work=ping-pong dose_bytes=1048576 rounds=1"
    )


def test_ordinary_work_is_counted_over_switches_of_processes(ping_pong: Counted) -> None:
    assert ping_pong.notes["walks_wrong"] == 0
    assert ping_pong.notes["census_agrees"] is True
    kept = {row["of"]: row for row in ping_pong.tables["events"] if row["kept"]}
    assert set(kept) == {"control", "treatment", "after"}
    for step, row in kept.items():
        # Two switches for each of the 500 round trips.
        assert row["cr3_writes"] == pytest.approx(1000, abs=20)
        assert ping_pong.per("accesses", step, "zen3") > 1000
        # Without PCID a switch drops the processes' own pages.
        assert ping_pong.per("walks", step, "zen3", ("user", "user-by-kernel")) > 1


def test_a_page_that_was_secret_comes_back_into_the_direct_map_without_its_global_bit(
    ping_pong: Counted,
) -> None:
    """So each switch of processes drops it: not what this suite does, but what the kernel does."""
    assert ping_pong.notes["census_local"] >= 256


@pytest.mark.parametrize(
    ("use", "uncached", "flushed"),
    [
        ("load", 1, 1), ("load width_bytes=1", 1, 1), ("load width_bytes=32", 1, 1),
        ("store", 1, 1), ("use", 4, 1), ("stream", 512, 512), ("stream width_bytes=32", 128, 128),
    ],
)  # fmt: skip
def test_each_access_to_an_uncached_page_is_a_trip_whatever_its_width(
    lab: Lab, use: str, uncached: int, flushed: int
) -> None:
    found = lab.run(TRIPS.format("secret-uncached", "secret-wrapped", use))
    assert (found.values["treatment"], found.values["control"]) == ([uncached], [0])
    found = lab.run(TRIPS.format("secret-flushed", "memfd", use))
    assert (found.values["treatment"], found.values["control"]) == ([flushed], [0])


def test_a_loop_of_4096_stores_is_4096_accesses(lab: Lab) -> None:
    """QEMU 7.2 calls the callback for loads at stores as well: no access is counted twice."""
    found = lab.run(TRIPS.format("secret-uncached", "secret-wrapped", "store"))
    rows = [row for row in found.tables["tlb"] if row["area"] == "user" and row["model"] == "zen3"]
    assert {row["operations"] for row in rows} == {3 * 4096}
    by_arm = {row["of"]: row for row in rows}
    assert by_arm["treatment"]["uncached"] == 3 * 4096
    assert by_arm["control"]["uncached"] == 0
    for row in rows:
        assert 1 <= row["accesses"] / row["operations"] < 1.1


def test_the_life_of_an_uncached_secret_costs_its_accesses_more(lab: Lab) -> None:
    found = lab.run(TRIPS.format("secret-uncached", "secret-wrapped", "life"))
    assert found.values["treatment"][0] > found.values["control"][0] + 3


def test_a_page_that_is_not_what_its_mode_says_is_refused(lab: Lab) -> None:
    done = lab.call("credulous", "run", *TRIPS.format("mistaken", "memfd", "load").split())
    assert done.exit_code == 77
    assert b"mistaken: its page is mapped WB and the direct map does not have it" in done.stderr
    assert b"wanted was UC-" in done.stderr


def test_a_model_that_is_not_there_or_has_no_caches_is_refused(lab: Lab) -> None:
    done = lab.call("core", "run", *f"{RING} model=7".split())
    assert done.exit_code == 77
    assert b"--tlb named" in done.stderr
    done = lab.call("core", "run", *f"{TRIPS.format('secret', 'memfd', 'load')} model=3".split())
    assert done.exit_code == 77
    assert b"says nothing of caches" in done.stderr


def test_a_plugin_that_looks_up_wrongly_fails_the_run(lying: Lab) -> None:
    done = lying.call("core", "run", *f"{RING} pages=896 block_pages=112".split())
    assert done.exit_code == 1
    assert b"nothing that was counted holds" in done.stderr


OWN = "own: l1 4k+2m+1g 64x64; l2 4k+2m 2048x8"
CAMPAIGN = """
[[cells]]
metric = "tlb-simulated"
modes = ["secret"]
params = { rounds = 2 }
min_runs = 1
max_runs = 1
"""


def test_campaigns_say_their_models_and_two_boots_come_to_the_same(
    bench: Bench, built: Path, kernel: Kernel, tmp_path: Path
) -> None:
    plan = tmp_path / "ring.toml"
    counted: list[dict[str, Any]] = []
    plan.write_text(CAMPAIGN)
    for beside in (OWN, "glc"):
        out = tmp_path / f"{len(counted)}.jsonl"
        done = bench(
            "run", plan, "--kernel", kernel.image, "--tlb", f"zen3,{beside}", "--memory", "1GiB",
            "--core", built, "--yes", "--out", out, "--seed", 7,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "no measurement of a CPU" in done.stderr
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        models = lines[0]["environment"]["tlb_models"]
        assert models.startswith("zen3: l1 4k+2m+1g 64x64; l2 ")
        assert f" | {beside}" in models
        run = next(line for line in lines if line["kind"] == "run" and "/secret" in line["cell"])
        assert run["status"] == "ok", run["reason"]
        counted.append(run)
    # Another boot, beside other models: the same count to 0.2 %.
    values = [run["values"]["treatment"][0] for run in counted]
    assert values[1] == pytest.approx(values[0], rel=0.002)
    assert values[0] == pytest.approx(1, abs=0.01)
    table = counted[0]["tables"]["tlb"]
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    by_model = {
        model: [(r["area"], r["misses"], r["walks"]) for r in rows if r["model"] == model]
        for model in ("zen3", "own")
    }
    assert by_model["zen3"] == by_model["own"]


def test_without_the_plugin_the_metrics_say_what_they_need(built: Path) -> None:
    for cell in (RING, TRIPS.format("secret", "memfd", "load"),
                 "tlb-simulated-dose secret --control memfd"):  # fmt: skip
        done = subprocess.run(
            [str(built), "run", *cell.split()], capture_output=True, text=True, check=False
        )
        assert done.returncode == 77
        assert "bench run PLAN --kernel debian:6.12 --tlb zen3" in done.stderr
        assert "apt-get install qemu-system-x86 gcc" in done.stderr
