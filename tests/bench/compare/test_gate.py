# SPDX-License-Identifier: MIT
"""`bench gate` on the real core: a slower build is caught, an equal one is not.

Both builds have the same code and differ in one number, since code that moves is a change of
speed by itself (a short loop across another line of the instruction cache), and the gate finds it.
"""

from __future__ import annotations

import json
import shlex
import shutil
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from analysis.stats.sequential import fewest
from bench.core import Core
from bench.plans import plan as plans
from tests.bench.conftest import ROOT, Bench

if TYPE_CHECKING:
    from pathlib import Path

PLAN = """
about = "three quick metrics, each on ordinary memory"
budget_s = 900
[target]
max_runs = 40
[[cells]]
metric = "access-latency"
modes = ["memfd"]
params = { slices = 20 }
[[cells]]
metric = "access-width"
modes = ["memfd"]
params = { slices = 100, accesses = 40000 }
[[cells]]
metric = "bandwidth"
modes = ["memfd"]
params = { len_bytes = "64KiB", slices = 1000 }
"""
Done = subprocess.CompletedProcess[str]

# Of the scripted core: with a seed of its own each, they are the same at each start of the tests.
RECORD = ("run", "--quiet", "--seed", 1)
JUDGE = ("--quiet", "--seed", 2)

LOOP = "arm->cursor = chase_follow(arm->cursor, loads);"
SLOWER = "arm->cursor = chase_follow(arm->cursor, loads + loads / share);"
NEVER = 0x5EC2E7_0000_BE7C
"""So large a share of the loads is none; found in the core's data, and replaced there."""


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two cores; in `slow` every chase makes a tenth more loads than it says."""
    folder = tmp_path_factory.mktemp("builds")
    native = folder / "native"
    shutil.copytree(ROOT / "bench/native", native, ignore=shutil.ignore_patterns("build"))
    metric = native / "metrics/access_latency.c"
    text = metric.read_text()
    assert text.count(LOOP) == 1
    share = f"static volatile uint64_t share = {NEVER:#x};\n\nstatic int slice("
    metric.write_text(text.replace(LOOP, SLOWER).replace("static int slice(", share, 1))
    subprocess.run(["make", "-C", native], check=True, capture_output=True)
    built, never = (native / "build/core").read_bytes(), struct.pack("<Q", NEVER)
    assert built.count(never) == 1
    found = {"same": folder / "same", "slow": folder / "slow"}
    found["same"].write_bytes(built)
    found["slow"].write_bytes(built.replace(never, struct.pack("<Q", 10)))
    for path in found.values():
        path.chmod(0o755)
    return found


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    path = tmp_path / "quick.toml"
    path.write_text(PLAN)
    return path


def judged(done: Done) -> dict[str, str]:
    assert done.stdout, done.stderr
    return {row["metric"]: row["verdict"] for row in json.loads(done.stdout)["cells"]}


def versus(bench: Bench, quick: Path, out: Path, base: Path, core: Path) -> Done:
    words = ("gate", quick, "--base-core", base, "--core", core, "--out", out, "--quiet", "--json")
    return bench(*words)


@pytest.mark.parametrize("turn", range(2))
def test_a_build_ten_percent_slower_in_one_metric_is_caught_and_nothing_else(
    bench: Bench, quick: Path, builds: dict[str, Path], tmp_path: Path, turn: int
) -> None:
    done = versus(bench, quick, tmp_path / f"{turn}.jsonl", builds["same"], builds["slow"])
    assert done.returncode == 1, done.stderr
    found = judged(done)
    assert [metric for metric, verdict in found.items() if verdict == "regressed"] == [
        "access-latency"
    ]
    (row,) = [row for row in json.loads(done.stdout)["cells"] if row["metric"] == "access-latency"]
    assert 1.05 < row["estimate"] < 1.2


def test_the_same_build_is_not_called_slower(
    bench: Bench, quick: Path, builds: dict[str, Path], tmp_path: Path
) -> None:
    done = versus(bench, quick, tmp_path / "same.jsonl", builds["same"], builds["same"])
    assert done.returncode in (0, 3), done.stderr
    assert "regressed" not in judged(done).values()
    sides = [json.loads((tmp_path / f"same-{side}.jsonl").read_text().splitlines()[0])["ab"]
             for side in "AB"]  # fmt: skip
    assert (sides[0]["side"], sides[1]["side"]) == ("A", "B")
    assert sides[0]["id"] == sides[1]["id"]


def test_counts_of_two_builds_are_made_on_both_sides_and_judged(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    words = ("gate", plan, "--base-core", fake_core, "--core", fake_core, "--out", out, "--json")
    done = bench(*words)
    rows = [row for row in json.loads(done.stdout)["cells"] if row["kind"] == "count"]
    assert [(row["verdict"], row["runs"]) for row in rows] == [("pass", 2)]


def test_a_gate_against_a_baseline_stops_what_is_decided(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    text = plan.read_text().replace("min_runs = 6", "min_runs = 12")
    plan.write_text(text.replace("max_runs = 8", "max_runs = 12"))
    base, out = tmp_path / "base.jsonl", tmp_path / "out.jsonl"
    recorded = bench("run", plan, "--core", fake_core, "--out", base, "--seed", 1, "--quiet")
    assert recorded.returncode == 0, recorded.stderr
    done = bench(
        "gate", plan, "--baseline", base, "--core", fake_core, "--out", out, "--seed", 2, "--json"
    )
    assert done.returncode == 0, done.stderr
    assert set(judged(done).values()) == {"pass"}
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert lines[0]["looks"] == [10, 15, 20, 30, 40]
    ends = lines[-1]["cells"]
    timed = [end for cell, end in ends.items() if cell.startswith("latency")]
    assert {(end["stop"], end["runs"]) for end in timed} == {("decided", 10)}
    assert [(e["stop"], e["runs"]) for c, e in ends.items() if c.startswith("count")] == [
        ("exact", 2)
    ]
    again = bench("gate", plan, "--baseline", base, "--core", fake_core, "--out", out)
    assert (again.returncode, "never overwritten" in again.stderr) == (2, True)


def test_one_cell_against_a_stored_baseline_passes_and_keeps_its_family(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    """The others were left out on purpose: they are not removed, and still count as the family."""
    text = plan.read_text().replace("min_runs = 6", "min_runs = 12")
    plan.write_text(text.replace("max_runs = 8", "max_runs = 12"))
    base, out, store = (tmp_path / name for name in ("base.jsonl", "out.jsonl", "store"))
    assert bench(*RECORD, plan, "--core", fake_core, "--out", base).returncode == 0
    accepted = subprocess.run(
        [sys.executable, "-m", "analysis", "baseline", "accept", base, "--store", store],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert accepted.returncode == 0, accepted.stderr
    gate = ("gate", plan, "--baseline", store, "--core", fake_core, *JUDGE, "--json")
    done = bench(*gate, "--cell", "count/secret", "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["removed"], len(found["unasked"])) == ([], 3)
    latency = next(cell for cell in found["unasked"] if cell.startswith("latency/secret"))
    done = bench(*gate, "--cell", latency, "--out", tmp_path / "again.jsonl")
    (row,) = json.loads(done.stdout)["cells"]
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["family"] == 3
    assert "--family 3 --attempt 2" in row["again"]
    # What is printed can be run as it stands, and says the same of itself.
    _, _, words = shlex.split(row["again"])[:3]
    assert words == "bench"
    pasted = bench(
        *shlex.split(row["again"])[3:], "--out", tmp_path / "3.jsonl", "--json", "--seed", 3
    )
    assert pasted.returncode == 0, pasted.stderr
    found = json.loads(pasted.stdout)
    assert (found["family"], found["attempt"]) == (3, 2)
    line = json.loads((tmp_path / "3.jsonl").read_text().splitlines()[0])
    assert (line["family"], line["attempt"]) == (3, 2)
    judged_again = subprocess.run(
        [sys.executable, "-m", "analysis", "gate", store, tmp_path / "3.jsonl", "--json"],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(judged_again.stdout)["family"] == 3


def test_what_cannot_be_compared_is_refused_before_anything_is_measured(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    words = ("gate", plan, "--core", fake_core, "--out", out)
    missing = bench(*words, "--baseline", tmp_path / "missing.jsonl")
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)
    assert "missing.jsonl: cannot be read" in missing.stderr
    policy = tmp_path / "policy.toml"
    policy.write_text("[margins]\nlatenzy = 0.1\n")
    wrong = bench(*words, "--policy", policy)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "did you mean 'latency'?" in wrong.stderr
    cell = bench(*words, "--cell", "latency/secret")
    assert (cell.returncode, "unknown cell of this plan" in cell.stderr) == (2, True)
    both = bench(*words, "--baseline", policy, "--base-core", fake_core)
    assert (both.returncode, "name one thing" in both.stderr) == (2, True)
    assert not out.exists()


def test_the_plan_ci_fits_its_five_minutes(core: Path) -> None:
    chosen = plans.load("ci", Core(core).catalogue())
    assert chosen.budget_s <= 300
    sampled = [cell for cell in chosen.cells if cell.control]
    assert all(cell.target.min_runs >= fewest(len(sampled)) for cell in sampled)
    assert {cell.target.min_runs for cell in chosen.cells if cell.control} == {80}
