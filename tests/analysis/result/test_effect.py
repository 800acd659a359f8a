# SPDX-License-Identifier: MIT
"""One definition on both sides: what the bench stops by is what the analysis reports."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.read.load import load
from analysis.result.cell import CellResult
from analysis.result.compute import recontrolled, results
from analysis.stats.interval import hodges_lehmann
from analysis.stats.one_run import difference
from analysis.words.row import Footnotes, words
from bench.campaign import interval as of_bench
from bench.campaign.history import read
from bench.campaign.schedule import CellState
from bench.record.line import Cell, MetricInfo, Target

from ..recording import Synthetic, SyntheticCell, write

LOSSES = st.lists(st.floats(0, 1e-3), min_size=1, max_size=9)
NAN = math.nan


def loss(mode: str, loss: float, noise: float = 0.0, control: str = "memfd") -> SyntheticCell:
    use: dict[str, int | str] = {"use": "faults"}
    return SyntheticCell("neighbour-loss", mode, control, use, 0.0, loss=loss, noise=noise)


def only(tmp_path: Path, *cells: SyntheticCell) -> CellResult:
    """Result of the first cell of a record made of these."""
    return results(load([write(tmp_path / "one.jsonl", Synthetic(cells))]))[0]


@given(LOSSES, LOSSES, st.booleans())
def test_bench_and_analysis_take_the_same_difference_of_a_run(
    treatment: list[float], control: list[float], paired: bool
) -> None:
    here = of_bench.difference({"treatment": treatment, "control": control}, paired=paired)
    there = difference(np.array(treatment), np.array(control), paired=paired)
    assert here == pytest.approx(there, abs=1e-18)


@given(st.lists(st.floats(-1e-3, 1e-3), min_size=6, max_size=30))
def test_bench_and_analysis_give_the_same_interval_over_runs(effects: list[float]) -> None:
    here = of_bench.interval(effects)
    there = hodges_lehmann(np.array(effects))
    assert here == pytest.approx((there.estimate, there.low, there.high), abs=1e-18)


def test_the_half_width_that_ends_a_cell_is_that_of_its_row(tmp_path: Path) -> None:
    cell = loss("secret", 9e-6, 0.05)
    path = write(tmp_path / "a.jsonl", Synthetic([cell]))
    metric = MetricInfo("", "everyone", "s", "lower", "nothing", paired=False, effect="difference")
    state = CellState(
        Cell(cell.name, cell.metric, "secret", "memfd", {}, Target(None, 8, 40)), metric
    )
    for run in read(io.BytesIO(path.read_bytes()), path).runs:
        state.enter(run)
    row = results(load([path]))[0].difference
    assert row is not None
    assert row.estimate == pytest.approx(state.estimate)
    assert row.half_width == pytest.approx(state.half_width)


def test_a_loss_is_a_difference_in_the_unit_of_the_metric_and_no_ratio(tmp_path: Path) -> None:
    row = only(tmp_path, loss("secret", 9e-6, 0.02))
    assert row.ratio is None
    assert row.difference is not None
    assert row.effect is row.difference
    assert row.difference.low <= 9e-6 <= row.difference.high
    assert (row.difference.seen, row.difference.pairing) == ("worse", "medians")
    assert row.warnings == ()


def test_pauses_that_come_with_any_mode_do_not_count(tmp_path: Path) -> None:
    row = only(tmp_path, loss("memfd", 0.0))
    assert row.difference is not None
    assert (row.difference.estimate, row.difference.seen) == (0, "none")


def test_no_loss_is_never_said_to_be_smaller_than_the_shortest_pause_that_counts(
    tmp_path: Path,
) -> None:
    cell = loss("memfd", 0.0)
    path = write(tmp_path / "a.jsonl", Synthetic([cell]))
    noted = path.read_text().replace(
        '"notes": {}', json.dumps({"notes": {"gaps": "200 ns: 3"}})[1:-1]
    )
    path.write_text(noted)
    row = results(load([path]))[0]
    assert row.difference is not None
    assert row.difference.smallest_seen == pytest.approx(2e-7)
    assert words(row, Footnotes())[2:4] == ("+0 s over memfd [+0, +0]", "none > 200 ns")


def test_another_control_gives_an_unpaired_difference(tmp_path: Path) -> None:
    cells = [loss("secret", 9e-6, 0.01), loss("anon", 1e-6, 0.01)]
    campaigns = load([write(tmp_path / "a.jsonl", Synthetic(cells))])
    secret, anon = recontrolled(campaigns, "anon")
    assert secret.difference is not None
    assert (secret.difference.against, secret.difference.pairing) == ("anon", "unpaired")
    assert secret.difference.estimate == pytest.approx(8e-6, rel=0.02)
    assert anon.difference is None
