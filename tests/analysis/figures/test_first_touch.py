# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from analysis.figures import first_touch
from analysis.figures.drawing.figure import Figure
from analysis.figures.drawing.gallery import material

from ..recording import SyntheticCell
from .campaign import Params, campaigns

if TYPE_CHECKING:
    from pathlib import Path


def drawn(folder: Path, *cells: SyntheticCell) -> Figure:
    figure = first_touch.draw(material(campaigns(folder, cells)))
    assert isinstance(figure, Figure)
    return figure


def touch(mode: str, ratio: float, **params: int | str) -> SyntheticCell:
    every: Params = {"backing": "host-backed", "classes": "off", "threads": 1, **params}
    return SyntheticCell("first-touch", mode, "memfd", every, 2e-6, ratio, values=200)


def test_each_set_of_parameters_is_a_panel_with_secret_memory_on_top(tmp_path: Path) -> None:
    figure = drawn(
        tmp_path,
        touch("anon", 0.6),
        touch("secret", 5.0),
        touch("secret", 6.0, threads=2),
        touch("secret", 3.0, backing="host-cold"),
    )
    assert [row[:2] for row in figure.table.rows] == [
        ("timed: host-backed, 1 thread", "secret"),
        ("timed: host-backed, 1 thread", "anon"),
        ("timed: host-backed, 2 threads", "secret"),
        ("timed: host-cold, 1 thread", "secret"),
    ]


def test_two_cells_that_differ_in_pages_alone_are_both_drawn(tmp_path: Path) -> None:
    figure = drawn(tmp_path, touch("secret", 5.0, pages=128), touch("secret", 5.0, pages=512))
    assert len(figure.table.rows) == 2
    assert "512 pages" in figure.svg


def test_the_numbers_come_from_all_pages_though_only_some_are_drawn(tmp_path: Path) -> None:
    cell = touch("secret", 5.0)
    figure = drawn(tmp_path, cell)
    (row,) = figure.table.rows
    assert int(row[2]) == cell.runs * cell.values > first_touch.DOTS
    loaded = campaigns(tmp_path, [cell])
    medians = [float(np.median(run.values.treatment)) for run in loaded.runs_of(cell.name)]
    assert float(row[4].removesuffix(" us")) == pytest.approx(np.median(medians) * 1e6, rel=0.01)


def test_shares_of_the_classes_add_up(tmp_path: Path) -> None:
    every: Params = {"classes": "on"}
    counted = [0] * 150 + [1] * 40 + [2] * 10
    figure = drawn(
        tmp_path,
        SyntheticCell("first-touch", "secret", "memfd", every, values=200, classes=counted),
    )
    shares = [float(row[3].removesuffix(" %")) for row in figure.table.rows]
    assert shares == [75.0, 20.0, 5.0]
