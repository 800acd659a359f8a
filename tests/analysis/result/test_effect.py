# SPDX-License-Identifier: MIT
"""One definition on both sides: what the bench stops by is what the analysis reports."""

import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.read.load import load
from analysis.result.cell import CellResult
from analysis.result.compute import recontrolled, results
from analysis.stats.interval import hodges_lehmann, over_runs
from analysis.stats.one_run import difference
from analysis.words.effect import rests_words
from analysis.words.row import Footnotes, notes, words
from bench.campaign import interval as of_bench
from bench.campaign.history import read
from bench.campaign.schedule import CellState, Schedule, Turn
from bench.campaign.widening import width
from bench.record.line import Cell, MetricInfo, Run, Target

from ...coverage.noise import Noise
from ..recording import Synthetic, SyntheticCell, write
from .series import record, result

LOSSES = st.lists(st.floats(0, 1e-3), min_size=1, max_size=9)
NAN = math.nan
FOREVER_S = math.inf


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


SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "independent": lambda noise: noise,
    "wandering": np.cumsum,
    "drifting": lambda noise: noise + 0.3 * np.arange(noise.size),
    "tied": np.round,
    "tied and drifting": lambda noise: np.round(noise + 0.3 * np.arange(noise.size)),
    "alike": lambda noise: 0 * noise,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("runs", [6, 7, 8, 9, 13, 16, 21, 33, 40, 61])
def test_bench_and_analysis_widen_alike(shape: str, runs: int) -> None:
    rng = np.random.default_rng(runs)
    for _ in range(20):
        effects = SHAPES[shape](rng.normal(size=runs))
        here, there = width(effects.tolist()), over_runs(effects)
        on = there.rests_on
        assert here is not None
        assert on is not None
        assert here.estimate == pytest.approx(there.estimate, abs=1e-12)
        assert here.half_width() == pytest.approx(there.half_width, abs=1e-12)
        assert (here.lag, here.trend) == pytest.approx((on.lag, on.trend), abs=1e-12)
        assert here.widening == pytest.approx(on.widened)


@pytest.mark.parametrize("runs", range(1, 6))
def test_below_six_runs_bench_knows_no_width_and_analysis_warns(runs: int) -> None:
    assert width([0.1 * number for number in range(runs)]) is None
    assert over_runs(np.arange(runs) / 10).warning


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


@pytest.mark.parametrize("target", [0.6, 0.75, 1.0])
@pytest.mark.parametrize("lag", [0.0, 0.6])
def test_the_row_of_a_cell_says_what_its_end_line_says(
    tmp_path: Path, lag: float, target: float
) -> None:
    for number, effects in enumerate(Noise("", lag).draw(12, 40, np.random.default_rng(5))):
        of_cell = Cell("m/a:c", "m", "a", "c", {}, Target(target, 8, 40))
        metric = MetricInfo("", "owner", "s", "lower", "nothing", paired=False)
        schedule = Schedule([CellState(of_cell, metric)], 1)
        taken = 0
        while turn := schedule.turn(FOREVER_S):
            schedule.enter(one_run(turn, float(effects[taken])))
            taken += 1
        end = schedule.ends("budget")["m/a:c"]
        # Of an end by its runs it is the width of these, of one by the width that of its looks.
        row = result(
            record(tmp_path / f"{number}.jsonl", effects[:taken].tolist(), stop=end.stop)
        ).ratio
        assert row is not None
        assert row.rests_on is not None
        assert row.half_width == pytest.approx(end.half_width)
        assert row.rests_on.widened == pytest.approx(end.widened)
        assert row.rests_on.lag == pytest.approx(end.lag, abs=1e-6)
        assert row.rests_on.trend == pytest.approx(end.trend, abs=1e-6)
        assert row.rests_on.effective_runs == pytest.approx(end.effective_runs)


def one_run(turn: Turn, effect: float) -> Run:
    values = {"treatment": [math.exp(effect)], "control": [1.0]}
    return Run(
        run=0, cell=turn.cell.cell, round=turn.round, seed=turn.seed, started="", elapsed_s=1.0,
        core_s=0, timed_s=0, status="ok", reason="", values=values,
    )  # fmt: skip


def test_a_cell_that_went_from_one_side_to_the_other_is_not_called_better(tmp_path: Path) -> None:
    """As on a boot where 23 runs went from .74 to 1.036 and were printed as better."""
    rng = np.random.default_rng(6)
    ratios = np.linspace(0.74, 1.036, 23) * np.exp(rng.normal(0, 0.02, 23))
    row = result(record(tmp_path / "a.jsonl", np.log(ratios).tolist()))
    assert row.ratio is not None
    assert (row.ratio.seen, row.ratio.drifted) == ("moved", True)
    assert row.ratio.began == pytest.approx(0.75, abs=0.03)
    assert row.ratio.ended == pytest.approx(1.04, abs=0.03)
    assert words(row, Footnotes())[3].startswith("moved, 0.7")


def test_a_cell_that_moved_on_one_side_says_from_where_to_where(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    ratios = np.linspace(0.7, 0.8, 23) * np.exp(rng.normal(0, 0.01, 23))
    row = result(record(tmp_path / "a.jsonl", np.log(ratios).tolist()))
    assert row.ratio is not None
    assert row.ratio.seen == "better"
    assert any("moved with time" in text and "0.7" in text for text in notes(row))


def test_runs_that_depend_are_said_to(tmp_path: Path) -> None:
    effects = 0.01 * Noise("", 0.9).draw(1, 40, np.random.default_rng(8))[0]
    row = result(record(tmp_path / "a.jsonl", effects.tolist()))
    assert row.ratio is not None
    assert row.ratio.dependent
    on = row.ratio.rests_on
    assert on is not None
    assert any(rests_words(on) in text for text in notes(row))
    assert words(row, Footnotes())[4] == f"40/{on.effective_runs:.0f} [1]"


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
