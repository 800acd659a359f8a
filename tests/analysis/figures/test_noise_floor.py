# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from analysis.figures import noise_floor
from analysis.figures.drawing.figure import Absent, Figure
from analysis.figures.drawing.gallery import material
from analysis.read.load import load

from ..recording import Synthetic, SyntheticCell, lines
from .campaign import campaigns

if TYPE_CHECKING:
    from pathlib import Path

FLOOR = SyntheticCell("create", "memfd", "memfd", {}, 1e-6, 1.0, 0.01, runs=60)


def drawn(folder: Path, *cells: SyntheticCell) -> Figure | Absent:
    return noise_floor.draw(material(campaigns(folder, cells)))


def test_only_controls_against_themselves_are_noise(tmp_path: Path) -> None:
    other = SyntheticCell("create", "secret", "memfd", {}, 1e-6, 5.0)
    figure = drawn(tmp_path, FLOOR, other)
    assert isinstance(figure, Figure)
    assert [row[0] for row in figure.table.rows] == ["create/memfd:memfd"]
    assert isinstance(drawn(tmp_path, other), Absent)


def test_the_spread_of_the_runs_is_the_true_one(tmp_path: Path) -> None:
    figure = drawn(tmp_path, FLOOR)
    assert isinstance(figure, Figure)
    ((_, runs, _, _, spread),) = figure.table.rows
    assert runs == "60"
    assert float(spread.removesuffix(" %")) == pytest.approx(1.0, rel=0.3)


@pytest.mark.parametrize(("last", "unit"), [("03:05:05", "seconds"), ("03:24:05", "minutes")])
def test_the_time_axis_suits_the_length_of_the_campaign(
    tmp_path: Path, last: str, unit: str
) -> None:
    found = lines(Synthetic([FLOOR]))
    found[-2]["started"] = f"2026-01-02T{last}Z"
    path = tmp_path / "long.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    figure = noise_floor.draw(material(load([path])))
    assert isinstance(figure, Figure)
    assert f">{unit} since the campaign began<" in figure.svg


def test_many_dots_become_one_image(tmp_path: Path) -> None:
    many = [
        SyntheticCell("create", "memfd", "memfd", {"len_bytes": size}, noise=0.01, runs=70)
        for size in range(1, 8)
    ]
    few, cloud = drawn(tmp_path, FLOOR), drawn(tmp_path, *many)
    assert isinstance(few, Figure)
    assert isinstance(cloud, Figure)
    assert "<image" not in few.svg
    assert "<image" in cloud.svg
