# SPDX-License-Identifier: MIT
"""The patched core injects what it is told, and the benchmark around it goes on where it was."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
from typing import TYPE_CHECKING

import pytest

from . import inject
from .patch import HEADER, METRICS, NATIVE, PatchError, build, injected, patched, with_shares

if TYPE_CHECKING:
    from pathlib import Path

SHARE = 0.5
"""Large, so that the noise of a busy machine does not matter."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("inject")
    build(made)
    return made


def run(program: Path, metric: str, seed: int) -> dict[str, list[float]]:
    """The values of one run of A/A memory, by arm."""
    command = [str(program), "run", metric, "memfd", "--control", "memfd", "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["arm"]: line["values"] for line in lines if line["line"] == "values"}


@pytest.mark.parametrize("metric", METRICS)
def test_the_treatment_takes_as_much_longer_as_it_is_told(folder: Path, metric: str) -> None:
    program, book = folder / "told", folder / f"{metric}.book"
    with_shares(build(folder), {metric: SHARE}, program, book)
    ratios = []
    for seed in range(7):
        values = run(program, metric, seed)
        medians = [statistics.median(values[arm]) for arm in ("treatment", "control")]
        ratios.append(medians[0] / medians[1])
    assert statistics.median(ratios) == pytest.approx(1 + SHARE, abs=0.1)
    assert injected(book)[metric] == pytest.approx(SHARE, rel=0.1)
    assert len(book.read_text().splitlines()) == 7


def test_a_source_that_the_patch_does_not_know_is_refused() -> None:
    source = (NATIVE / "metrics" / "create.c").read_text()
    assert "inject_end(start)" in patched("create", source)
    for changed in (source.replace("static int slice", "static int part"), "int x;\n"):
        with pytest.raises(PatchError, match="create: not one function of an arm"):
            patched("create", changed)


def test_two_campaigns_are_measured_once_and_their_table_is_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = inject.PLAN.replace("max_runs = 24", "max_runs = 8")
    monkeypatch.setattr(inject, "PLAN", short)
    said: list[str] = []
    inject.measure(folder, 2, said.append)
    assert said == ["1 of 2: nothing", "2 of 2: the claim"]
    inject.measure(folder, 2, said.append)
    assert len(said) == 2
    found = inject.cases(folder, 2)
    assert sorted({case.metric for case in found}) == sorted(METRICS)
    for case in found:
        assert math.isfinite(case.error)
        assert case.share == 0 or case.kind == inject.CLAIM
    nulls = {case.metric: case.row.ratio for case in found if case.kind == inject.NULL}
    for metric, share in inject.shares(folder, 1).items():
        ratio = nulls[metric]
        assert ratio is not None
        assert share == (ratio.smallest_seen if ratio.seen == "none" else 0)
    lines = list(inject.table(found))
    assert sum(line.startswith("| all |") for line in lines) == 3
    assert not any("nan" in line for line in lines)


def test_a_campaign_that_was_cut_off_is_measured_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inject, "PLAN", inject.PLAN.replace("max_runs = 24", "max_runs = 8"))
    (folder / "0000.jsonl").unlink(missing_ok=True)
    (folder / "0000.part.jsonl").write_text("cut o")
    said: list[str] = []
    inject.measure(folder, 1, said.append)
    assert said == ["1 of 1: nothing"]
    assert (folder / "0000.jsonl").exists()
    assert not (folder / "0000.part.jsonl").exists()


def test_the_header_is_no_source_of_the_core_itself() -> None:
    assert not (NATIVE / "measure" / HEADER.name).exists()
    assert os.access(HEADER, os.R_OK)
