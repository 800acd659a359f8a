# SPDX-License-Identifier: MIT
"""What pictures weigh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analysis.figures import frontier_owner
from analysis.figures.drawing.figure import Figure
from analysis.figures.drawing.gallery import material
from analysis.output.error import UsageError
from analysis.read.load import load
from analysis.read.modes import Modes
from analysis.result.compute import results
from analysis.secrecy.matrix import Matrix, abouts, matrix
from analysis.secrecy.weight import Weights, share, weights

from ..command import analysis
from ..recording import Synthetic, SyntheticCell, write
from ..ways import owner, trial, untried, ways

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.result.cell import CellResult


def rows(folder: Path, *chosen: SyntheticCell) -> tuple[CellResult, ...]:
    return results(load([write(folder / "synthetic.jsonl", Synthetic(chosen))]))


def shares(folder: Path, given: Weights) -> tuple[Matrix, dict[str, float]]:
    found = matrix(rows(folder, *ways()), Modes({}))
    return found, {mode: share(found, mode, given).closed for mode in found.ranks}


def test_a_group_shares_out_its_weight(tmp_path: Path) -> None:
    found, by_mode = shares(tmp_path, Weights({"other processes": 1.0, "kernel's hands": 3.0}))
    assert by_mode["memfd"] == 0
    assert by_mode["secret"] == pytest.approx((3 / 5 + 3 * 1 / 2) / 4)
    rest = share(found, "guarded", Weights({"other processes": 1.0}))
    assert rest.at_rest == pytest.approx(1 / 5)


def test_a_way_that_weighs_nothing_counts_nothing(tmp_path: Path) -> None:
    group = {"kernel's hands": 1.0}
    _, by_mode = shares(tmp_path, Weights(group, {"write": 0.0}))
    assert by_mode["secret"] == 1
    _, none = shares(tmp_path, Weights(group, {"write": 0.0, "vmsplice": 0.0}))
    assert none["secret"] == 0


def test_what_was_not_tried_is_neither_closed_nor_open(tmp_path: Path) -> None:
    cells = [trial("fork", "memfd", 1), untried("fork", "secret", "other processes")]
    found = matrix(rows(tmp_path, *cells, trial("swap", "secret", 0)), Modes({}))
    part = share(found, "secret", Weights({"other processes": 1.0}))
    assert (part.closed, part.at_rest, part.not_tried) == (0.5, 0.0, 0.5)


def test_the_weights_that_come_with_the_analysis_cover_every_group(tmp_path: Path) -> None:
    given = weights()
    loaded = load([write(tmp_path / "s.jsonl", Synthetic(ways()))])
    found = matrix(results(loaded), loaded.modes, abouts(loaded))
    assert {way.group for way in found.ways} <= set(given.group)
    assert given.way["write"] == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[group]\nrest = -1\n", "weight of 'rest' is -1: give a number from 0"),
        ("[group]\nrest = nan\n", "weight of 'rest' is nan: give a number from 0"),
        ("[group]\nrest = true\n", "weight of 'rest' is True: give a number from 0"),
        ("[group]\nrest = 0\n", "no group has a weight above 0"),
        ("", "no group has a weight above 0"),
        ("[groups]\nrest = 1\n", "'groups' is unknown: the tables are [group] and [way]"),
        ("group = 1\n", "'group' is unknown"),
        ("[group", "malformed TOML"),
        ("[group]\nrest = inf\n", "weight of 'rest' is inf: give a number from 0 to 1e+09"),
        (f"[group]\nrest = {'9' * 5000}\n", "a number of thousands of digits"),
        ("a = " + "[" * 5000, "nested too deeply"),
    ],
)
def test_bad_weights_are_refused_in_one_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "weight.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as raised:
        weights(path)
    assert reason in str(raised.value)


def test_weights_change_the_bars_and_not_the_marks(tmp_path: Path) -> None:
    loaded = load([write(tmp_path / "s.jsonl", Synthetic([*ways(), *owner()]))])
    own, other = (
        frontier_owner.draw(material(loaded, given=given))
        for given in (weights(), Weights({"rest": 1.0}))
    )
    assert isinstance(own, Figure)
    assert isinstance(other, Figure)
    share_, price, beaten = map(own.table.columns.index, ("weighted share", "price", "beaten by"))
    assert {row[share_] for row in other.table.rows} == {"100 %", "0 %"}
    assert "100 %" not in {row[share_] for row in own.table.rows}
    marks = [{(r[0], r[price]): r[beaten] for r in each.table.rows} for each in (own, other)]
    assert marks[0] == marks[1]
    assert set(marks[0].values()) > {"none"}


def test_weights_that_cannot_be_read_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    record = write(tmp_path / "s.jsonl", Synthetic(ways()))
    done = analysis("report", record, "-o", tmp_path / "out", "--weights", tmp_path / "none.toml")
    assert done.returncode == 2
    assert "cannot be read (No such file or directory)" in done.stderr
    assert not (tmp_path / "out").exists()
