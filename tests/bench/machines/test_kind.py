# SPDX-License-Identifier: MIT
"""A kind of machine is one file in bench/machines, and nothing else knows of it."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from bench.error import BenchError
from bench.machines.kind import choose, kinds
from bench.machines.running_kernel import RunningKernel
from tests.bench.conftest import ROOT, Bench
from tests.bench.verb.test_verb import bench_with
from tests.document.document import files_in


@pytest.fixture
def moon(tmp_path: Path) -> Path:
    folder = tmp_path / "machines"
    folder.mkdir()
    (folder / "moon.py").write_text(files_in("CONTRIBUTING.md")["bench/machines/moon.py"])
    return folder


def test_one_file_adds_a_kind_with_its_options_its_record_and_its_way_back(
    bench: Bench, moon: Path, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    words = ("run", plan, "--core", fake_core)
    done = bench_with("machines", moon, *words, "--moon", "--out", out)
    assert done.returncode == 0, done.stderr
    first = json.loads(out.read_text().splitlines()[0])
    assert first["machine"]["kind"] == "moon"
    jsonschema.validate(first, json.loads((ROOT / "results/schema.json").read_text()))
    summary = subprocess.run(
        [sys.executable, "-m", "analysis", "summary", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert summary.returncode == 0, summary.stderr
    elsewhere = bench_with("machines", moon, *words, "--resume", out)
    assert elsewhere.returncode == 2
    assert "was measured on a moon machine: resume it with --moon" in elsewhere.stderr
    unknown = bench("run", "--core", fake_core, "--resume", out)
    assert "was measured on a moon machine: there is none here" in unknown.stderr
    again = bench_with("machines", moon, *words, "--moon", "--resume", out)
    assert again.returncode == 0, again.stderr


def test_the_options_of_a_kind_stand_in_the_help_of_run(bench: Bench, moon: Path) -> None:
    assert "--moon" in bench_with("machines", moon, "run", "--help").stdout
    assert "--moon" not in bench("run", "--help").stdout


def test_two_kinds_at_once_are_refused(moon: Path, fake_core: Path, plan: Path) -> None:
    words = ("run", plan, "--core", fake_core, "--moon", "--kernel", "debian:6.1")
    done = bench_with("machines", moon, *words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "options of two machines (guest, moon): give those of one" in done.stderr


def test_the_running_kernel_is_what_nobody_has_to_ask_for() -> None:
    assert set(kinds()) == {"local", "guest"}
    assert choose({}) is RunningKernel
    assert [kind.usual is not None for kind in kinds().values()].count(True) == 1
    with pytest.raises(BenchError, match="--memory is for guests"):
        choose({"memory": "1GiB"})
