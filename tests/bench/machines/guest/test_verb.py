# SPDX-License-Identifier: MIT
"""The verbs that boot guests, through the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bench.campaign.test_campaign import lines, runs
from tests.bench.conftest import ROOT
from tests.bench.record.edit import replaced

if TYPE_CHECKING:
    from bench.machines.guest.kernel_image import Kernel
    from tests.bench.conftest import Bench

SMALL = ("--memory", "512MiB", "--accel", "tcg", "--boot-timeout", "900")
COUNT_AND_TIME = """
about = "one count, one time, one probe"
[[cells]]
metric = "splits"
modes = ["secret"]
params = { len_bytes = "2MiB" }
max_runs = 2
[[cells]]
metric = "create"
modes = ["memfd"]
[[cells]]
metric = "fault-stages"
modes = ["memfd"]
"""
COUNT = """
[[cells]]
metric = "splits"
modes = ["secret"]
params = { len_bytes = "2MiB" }
max_runs = 1
"""
FLUSHES = """
[[cells]]
metric = "flush-count"
modes = ["memfd", "secret"]
max_runs = 1
"""


@pytest.fixture(autouse=True)
def _no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "none"))


def written(folder: Path, text: str) -> Path:
    path = folder / "small.toml"
    path.write_text(text)
    return path


def test_each_run_has_a_boot_of_its_own_counts_are_kept_and_times_are_refused(
    bench: Bench, old_kernel: Kernel, core: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    plan = written(tmp_path, COUNT_AND_TIME)
    words = ("--kernel", "debian:6.1", "--fresh-boot", *SMALL, "--core", core, "--out", out)
    done = bench("run", plan, *words)
    assert done.returncode == 0, done.stderr
    first, *_, last = lines(out)
    assert first["machine"]["kind"] == "guest"
    assert first["machine"]["emulated"] is True
    assert first["environment"]["kernel_release"] == old_kernel.release
    assert f"linux-{old_kernel.release}" in first["machine"]["class"]
    assert str(Path.home()) not in out.read_text()
    counted = [run for run in runs(out) if run["cell"].startswith("splits/")]
    assert [run["boot"] for run in counted] == [0, 1]
    # What a mode does to a boot is not there on the next: each begins without a split.
    assert [run["notes"]["splits_since_boot"] for run in counted] == [0, 0]
    refused = {run["cell"]: run["reason"] for run in runs(out) if run["status"] == "unsupported"}
    assert refused["create/memfd:memfd"].endswith(
        "--emulated-timings records such times and marks them"
    )
    assert "needs Python in the guest" in refused["fault-stages/memfd"]
    assert last["counters"] == {}


def test_a_first_touch_of_secret_memory_flushes_each_of_three_other_cpus_once(
    bench: Bench, old_kernel: Kernel, core: Path, tmp_path: Path
) -> None:
    assert old_kernel.image.exists()
    out = tmp_path / "out.jsonl"
    words = ("--kernel", "debian:6.1", *SMALL, "--cpus", 4, "--core", core, "--out", out)
    done = bench("run", written(tmp_path, FLUSHES), *words)
    assert done.returncode == 0, done.stderr
    flushes = {
        run["cell"]: [float(each.split(": ")[1]) for each in said.split(", ")]
        for run in runs(out)
        for said in [run["notes"]["flushes_by_cpu"]]
    }
    # A slow guest has other calls of its own in some blocks, which only add.
    assert [round(each) for each in flushes["flush-count/secret"]] == [1, 1, 1]
    assert min(flushes["flush-count/secret"]) >= 1
    assert [round(each) for each in flushes["flush-count/memfd"]] == [0, 0, 0]


def test_a_kernel_without_secret_memory_is_recorded_and_pairs_that_lack_a_side_are_lost(
    bench: Bench, old_kernel: Kernel, core: Path, tmp_path: Path
) -> None:
    assert old_kernel.release.startswith("6.1.")
    plan = written(tmp_path, COUNT)
    sides = ("--kernel", "debian:6.1", "--cmdline", "nokaslr", "--cmdline", "secretmem.enable=0")
    out = tmp_path / "ab.jsonl"
    done = bench(
        "ab", plan, *sides, "--pairs", 1, *SMALL, "--core", core, "--out", out, "--seed", 3
    )
    assert done.returncode == 0, done.stderr
    paths = [tmp_path / "ab-A.jsonl", tmp_path / "ab-B.jsonl"]
    assert done.stdout.split() == [str(path) for path in paths]
    (a, run_a, _), (b, run_b, _) = map(lines, paths)
    assert a["ab"]["id"] == b["ab"]["id"]
    assert (a["ab"]["side"], b["ab"]["side"]) == ("A", "B")
    assert a["environment"]["cmdline"] == "secretmem.enable=1 nokaslr"
    assert b["environment"]["cmdline"] == "secretmem.enable=1 secretmem.enable=0"
    assert (run_a["pair"], run_a["boot"], run_a["status"]) == (0, 0, "ok")
    assert (run_b["pair"], run_b["boot"], run_b["status"]) == (0, 0, "unsupported")
    assert "secretmem.enable=1" in run_b["reason"]
    assert run_a["seed"] == run_b["seed"]
    shown = subprocess.run(
        [sys.executable, "-m", "analysis", "compare", "--json", *paths],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    (pair,) = json.loads(shown.stdout)["pairs"]
    assert (pair["pairs"], pair["lost"], pair["shift"]) == (0, 1, None)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except FileNotFoundError:
        return ""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_qemu_and_no_file_is_left_behind_whatever_ends_a_campaign(
    old_kernel: Kernel, core: Path, tmp_path: Path, how: signal.Signals
) -> None:
    assert old_kernel.image.exists()
    plan = written(tmp_path, COUNT)
    (temporary := tmp_path / "temporary").mkdir()
    words = ["run", plan, "--kernel", "debian:6.1", *SMALL, "--core", core]
    bench = subprocess.Popen(
        [sys.executable, "-m", "bench", *map(str, words), "--out", str(tmp_path / "out.jsonl")],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    deadline_s = time.monotonic() + 300
    while not (found := [pid for pid in children(bench.pid) if name_of(pid).startswith("qemu")]):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    os.kill(bench.pid, how)
    bench.wait(600)
    while name_of(found[0]).startswith("qemu"):
        assert time.monotonic() < deadline_s, "QEMU was left behind"
        time.sleep(0.02)
    assert not list(temporary.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "smoke", "--fresh-boot"), "--fresh-boot is for guests: name the kernel to boot"),
        (("run", "smoke", "--cmdline", "x"), "--cmdline is for guests"),
        (("run", "smoke", "--kernel", "debian:6"), "unknown kernel 'debian:6': did you mean"),
        (
            ("run", "smoke", "--kernel", "nowhere"),
            "cannot read nowhere: No such file",
        ),
        (("run", "smoke", "--kernel", "a", "--kernel", "b"), "python -m bench ab"),
        (("run", "smoke", "--kernel", "a", "--memory", "much"), "--memory much: write e.g. 2GiB"),
        (("ab", "smoke", "--kernel", "a"), "name two kernels"),
        (("ab", "smoke", "--kernel", "a", *("--cmdline", "x") * 3), "--cmdline was given 3 times"),
        (("kernel", "get", "debian:7"), "unknown kernel 'debian:7'"),
    ],
)
def test_wrong_usage_is_one_line(
    bench: Bench, core: Path, words: tuple[str, ...], said: str
) -> None:
    done = bench(*words, *(() if words[0] == "kernel" else ("--core", core)))
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_kernel_that_was_not_fetched_names_the_command(
    bench: Bench, core: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done = bench("run", "smoke", "--kernel", "debian:6.1", "--core", core)
    assert done.returncode == 2
    assert "python -m bench kernel get debian:6.1" in done.stderr
    listed = bench("kernel", "list").stdout
    assert listed == "debian:6.1: not fetched\ndebian:6.12: not fetched\n"


def test_a_guests_campaign_is_gone_on_with_in_a_guest_alone(
    bench: Bench, core: Path, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    assert bench("run", plan, "--core", fake_core, "--out", out).returncode == 0
    whole = out.read_bytes()
    replaced(out, '"kind":"local"', '"kind":"guest"')
    done = bench("run", "--resume", out, "--core", core)
    assert done.returncode == 2
    assert "was measured on a guest machine: resume it with --kernel" in done.stderr
    side = '"ab":{"id":"0123456789abcdef","side":"A"},"machine"'
    out.write_bytes(whole)
    replaced(out, '"machine"', side)
    done = bench("run", "--resume", out, "--core", core)
    assert done.returncode == 2
    assert "is one side of a comparison (`bench ab`" in done.stderr
