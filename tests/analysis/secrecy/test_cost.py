# SPDX-License-Identifier: MIT
"""What each mode costs, one number per price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analysis.read.load import load
from analysis.result.compute import results
from analysis.secrecy.cost import costs
from analysis.secrecy.frontier import beaten_by

from ..recording import Synthetic, SyntheticCell, write
from ..ways import LIFE_S, LOSS_S, USE_S, prices
from .test_frontier import rank

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.result.cell import CellResult


def rows(folder: Path, *chosen: SyntheticCell) -> tuple[CellResult, ...]:
    return results(load([write(folder / "synthetic.jsonl", Synthetic(chosen))]))


def test_an_interval_that_is_not_there_leaves_the_estimate(tmp_path: Path) -> None:
    ratios = {"anon": 1.0, "secret": 2.0}
    single = [SyntheticCell("secret-use", m, "memfd", ratio=r, runs=1) for m, r in ratios.items()]
    use = costs(rows(tmp_path, *single))["use"]
    alike = {mode: rank(mode, "a") for mode in ratios}
    assert beaten_by(alike, [use]) == {"anon": (), "secret": ("anon",)}


def test_every_price_of_every_mode_is_found(tmp_path: Path) -> None:
    found = costs(rows(tmp_path, *prices()))
    for name, truth in {"use": USE_S, "life": LIFE_S, "others-life": LOSS_S}.items():
        assert set(found[name]) == set(truth)
        for mode, seconds in truth.items():
            assert found[name][mode].estimate == pytest.approx(seconds, rel=0.05, abs=1e-9)
    assert found["others-touch"]["secret"].against == "memfd"
    assert found["access"] == {}


def test_the_price_is_that_beside_idle_cpus_in_whatever_order_both_were_measured(
    tmp_path: Path,
) -> None:
    states = {"busy": 5e-6, "idle": 9e-6}
    cells = [
        SyntheticCell("secret-lifecycle", "secret", "memfd", {"others": others}, seconds, 1.0)
        for others, seconds in states.items()
    ]
    life = costs(rows(tmp_path, *cells))["life"]["secret"]
    assert life.estimate == pytest.approx(states["idle"], rel=0.1)


def test_a_control_that_was_never_measured_itself_has_the_price_of_its_arm(tmp_path: Path) -> None:
    cells = [
        SyntheticCell("secret-use", "secret", "memfd", {}, 4e-9, 2.0),
        SyntheticCell("neighbour-loss", "secret", "memfd", {"use": "faults"}, 1e-6, loss=1e-5),
    ]
    found = costs(rows(tmp_path, *cells))
    assert found["use"]["memfd"].estimate == pytest.approx(4e-9, rel=0.1)
    assert found["others-touch"]["memfd"].estimate == 0
