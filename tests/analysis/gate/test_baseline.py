# SPDX-License-Identifier: MIT
"""Baselines are kept by class of machine, and never changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..command import inside
from .test_judge import record
from .test_open import many


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def accept(file: Path, store: Path) -> Path:
    done = inside("baseline", "accept", file, "--store", store)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_what_is_accepted_is_what_a_gate_takes(tmp_path: Path, store: Path) -> None:
    first = accept(record(tmp_path / "a.jsonl", latency=1.9), store)
    made = record(tmp_path / "b.jsonl")
    made.write_text(made.read_text().replace("2026-01-02T", "2026-02-02T", 1))
    second = accept(made, store)
    assert first.parent == second.parent
    assert second.read_bytes() == made.read_bytes()
    assert first.is_file()
    done = inside("gate", store, record(tmp_path / "c.jsonl"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"][0]["path"] == str(second)


def test_another_class_of_machine_is_told_in_what_it_differs(tmp_path: Path, store: Path) -> None:
    accept(record(tmp_path / "a.jsonl", environment={"kernel_release": "6.1.0"}), store)
    done = inside("gate", store, record(tmp_path / "b.jsonl"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "kernel_release: 6.1.0 against 6.18.0-synthetic" in done.stderr


def test_nothing_is_stored_twice_or_without_a_run(tmp_path: Path, store: Path) -> None:
    made = record(tmp_path / "a.jsonl")
    stored = accept(made, store)
    before = stored.read_bytes()
    again = inside("baseline", "accept", made, "--store", store)
    assert (again.returncode, "is stored already" in again.stderr) == (2, True)
    assert stored.read_bytes() == before
    empty = tmp_path / "empty.jsonl"
    empty.write_text(made.read_text().splitlines()[0] + "\n")
    none = inside("baseline", "accept", empty, "--store", store)
    assert (none.returncode, "holds no good run" in none.stderr) == (2, True)


def test_list_and_show_tell_what_there_is(tmp_path: Path, store: Path) -> None:
    nothing = inside("baseline", "list", "--store", store)
    assert (nothing.returncode, nothing.stderr.count("\n")) == (2, 1)
    accept(record(tmp_path / "a.jsonl"), store)
    rows = json.loads(inside("baseline", "list", "--store", store, "--json").stdout)
    (row,) = rows
    assert (row["plan"], row["runs"]) == ("synthetic", 62)
    listed = inside("baseline", "list", "--store", store).stdout
    assert row["id"] in listed
    shown = inside("baseline", "show", row["id"][:8], "--store", store)
    assert shown.returncode == 0, shown.stderr
    assert f"fingerprint {row['fingerprint']}" in shown.stdout
    assert "kernel_release: 6.18.0-synthetic" in shown.stdout
    assert inside("baseline", "show", "zz", "--store", store).returncode == 2


def test_what_can_never_convict_is_no_baseline_without_an_option(
    tmp_path: Path, store: Path
) -> None:
    few = many(tmp_path / "few.jsonl", 1.0, runs=8)
    done = inside("baseline", "accept", few, "--store", store)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "100 of 100 cells have too few runs" in done.stderr
    assert "11 are needed among so many cells" in done.stderr
    assert not list(store.rglob("*.jsonl"))
    done = inside("baseline", "accept", few, "--store", store, "--few-runs")
    assert done.returncode == 0
    assert "100 cells have fewer and cannot be shown to regress" in done.stderr
    listed = inside("baseline", "list", "--store", store)
    assert "100 cells" in listed.stdout
    enough = many(tmp_path / "enough.jsonl", 1.0, runs=11)
    done = inside("baseline", "accept", enough, "--store", store)
    assert done.returncode == 0
    assert "takes 11 runs of a cell to show" in done.stderr


def test_several_campaigns_are_one_baseline(tmp_path: Path, store: Path) -> None:
    files = [record(tmp_path / f"{name}.jsonl") for name in "abc"]
    done = inside("baseline", "accept", *files, "--store", store)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 3
    candidate = record(tmp_path / "d.jsonl")
    done = inside("gate", store, candidate, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    roles = [file["role"] for file in found["files"]]
    assert roles == ["baseline", "baseline", "baseline", "candidate"]
    assert "repeated baselines of 3 cells" in found["assumption"]
    direct = json.loads(inside("gate", *files, candidate, "--json").stdout)
    assert direct["cells"][0]["estimate"] == found["cells"][0]["estimate"]
