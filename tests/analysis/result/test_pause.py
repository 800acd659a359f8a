# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest

from analysis.read.campaigns import Campaigns
from analysis.read.load import load
from analysis.result.pause import floor_s, histogram, parse

from ..recording import Synthetic, SyntheticCell, write

NOTE = "200 ns: 30, 800 ns: 4, 3200 ns: 5000"


def loaded(folder: Path, **notes: str) -> tuple[Campaigns, str]:
    cell = SyntheticCell("neighbour-loss", "secret", "memfd", {}, runs=3, notes=notes)
    return load([write(folder / "a.jsonl", Synthetic([cell]))]), cell.name


def test_a_note_is_read_bucket_by_bucket() -> None:
    assert parse(NOTE) == {200: 30, 800: 4, 3200: 5000}


@pytest.mark.parametrize("note", [None, True, 3.5, "", "no gaps", "-200 us: x"])
def test_a_note_that_is_no_histogram_is_empty(note: str | float | None) -> None:
    assert parse(note) == {}


def test_a_histogram_counts_for_each_operation_over_all_runs(tmp_path: Path) -> None:
    campaigns, cell = loaded(tmp_path, gaps=NOTE)
    found = histogram(campaigns, cell)
    assert found is not None
    assert found.operations == 3 * 5000
    assert found.from_ns == (200, 800, 3200)
    assert found.per_operation == pytest.approx((0.006, 0.0008, 1.0))


def test_each_arm_has_a_histogram_of_its_own(tmp_path: Path) -> None:
    campaigns, cell = loaded(tmp_path, gaps_control="200 ns: 5000")
    assert histogram(campaigns, cell) is None
    control = histogram(campaigns, cell, "control")
    assert control is not None
    assert control.per_operation == (1.0,)


def test_the_shortest_pause_that_counts_is_where_the_first_bucket_begins(tmp_path: Path) -> None:
    campaigns, cell = loaded(tmp_path, gaps=NOTE)
    assert floor_s(campaigns.runs_of(cell)) == pytest.approx(2e-7)
    assert floor_s([]) == 0
