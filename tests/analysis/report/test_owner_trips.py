# SPDX-License-Identifier: MIT
"""What the report makes of trips to memory: a finding, a prediction, and the check of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analysis.read.load import load
from analysis.report.block import Grid, Prose
from analysis.report.evidence import Evidence, gather
from analysis.report.owner_trips import blocks, trips_headlines

from ..recording import Synthetic, SyntheticCell, write
from ..simulations import counted

if TYPE_CHECKING:
    from pathlib import Path

TRIP_S = 1e-7


def trips(mode: str, use: str, width: int, number: float) -> SyntheticCell:
    """So many trips, of which the control makes none."""
    steps = {"control": {"a": (0.0, 0.0, 0.0)}, "treatment": {"a": (0.0, 0.0, number)}}
    tables = counted(steps, user=0)
    params: dict[str, int | str] = {"use": use, "width_bytes": width}
    return SyntheticCell("trips-simulated", mode, "memfd", params, runs=1, tables=tables)


CELLS = (
    trips("secret-uncached", "load", 1, 1), trips("secret-uncached", "load", 8, 1),
    trips("secret-uncached", "use", 8, 4), trips("secret-flushed", "load", 8, 1),
)  # fmt: skip


def evidence(folder: Path, measured: float | None) -> Evidence:
    """Of a guest, beside a machine that timed a trip, and one load of secret-flushed."""
    guest = write(folder / "guest.jsonl", Synthetic(CELLS))
    if measured is None:
        return gather(load([guest]))
    params: dict[str, int | str] = {"op": "load", "width_bytes": 8}
    timed = (
        SyntheticCell("memory-trip", "secret", "memfd", {}, TRIP_S),
        SyntheticCell("access-width", "secret-flushed", "memfd", params, measured),
    )
    machine = write(folder / "machine.jsonl", Synthetic(timed, id="fedcba9876543210"))
    return gather(load([guest], beside=[machine]))


def test_the_finding_has_each_use_and_the_control_beside_it(tmp_path: Path) -> None:
    (line,) = trips_headlines(evidence(tmp_path, None))
    assert line.number == "a load 1, a use of 32 bytes 4"
    assert line.rest.startswith("memfd: a load 0, a use of 32 bytes 0; by model a, counted")
    assert line.rest.endswith("no measurement of a CPU")


def test_without_the_time_of_a_trip_nothing_is_predicted(tmp_path: Path) -> None:
    prose, grid = blocks(evidence(tmp_path, None))
    assert isinstance(prose, Prose)
    assert "nothing is predicted" in prose.text
    assert isinstance(grid, Grid)
    assert {row[5].text for row in grid.rows} == {"-"}


@pytest.mark.parametrize(
    ("measured", "said"),
    [(1.1e-7, "so the prediction holds there"), (2e-7, "The prediction does NOT hold there")],
)
def test_a_prediction_is_held_against_what_was_measured(
    tmp_path: Path, measured: float, said: str
) -> None:
    words, check, grid = blocks(evidence(tmp_path, measured))
    assert isinstance(words, Prose)
    assert "PREDICTION, no measurement" in words.text
    assert isinstance(check, Prose)
    assert said in check.text
    assert isinstance(grid, Grid)
    rows = {(row[0].text, row[1].text): [cell.text for cell in row] for row in grid.rows}
    # Both widths came to the same.
    predicted = {name: cells[5].split() for name, cells in rows.items()}
    load, use = (predicted[use, "secret-uncached"] for use in ("load by 1, 8 B", "use"))
    assert (load[1], use[1]) == ("ns", "ns")
    assert float(load[0]) == pytest.approx(100, rel=0.05)
    assert float(use[0]) == pytest.approx(400, rel=0.05)
    assert rows["use", "secret-uncached"][6:8] == ["-", "-"]
    held = float(rows["load by 8 B", "secret-flushed"][7])
    assert held == pytest.approx(measured / TRIP_S, rel=0.05)
