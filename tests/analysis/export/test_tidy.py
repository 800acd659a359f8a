# SPDX-License-Identifier: MIT
from pathlib import Path

from analysis.export.tidy import tidy
from analysis.read.load import load

from ..read.test_load import CELL, written
from ..recording import Synthetic, lines


def test_the_tidy_table_has_a_row_per_value_with_its_cell_run_arm_and_class(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "a.jsonl")
    campaigns = load([path])
    table = tidy(campaigns.files)
    assert list(table.columns) == [
        *("campaign", "cell", "metric", "mode", "control", "run"),
        *("round", "arm", "index", "value", "class"),
    ]
    assert len(table) == 3 * 10 + 2 * 10 + 5
    assert all(table[name].dtype == "category" for name in ("campaign", "cell", "arm", "class"))
    one = table[(table["run"] == 0) & (table["arm"] == "treatment")]
    assert one["value"].tolist() == lines(Synthetic([CELL]))[1]["values"]["treatment"]
    assert one["index"].tolist() == [0, 1, 2, 3, 4]
    assert one["class"].isna().all()
    classed = table[(table["metric"] == "first-touch") & (table["arm"] == "treatment")]
    assert classed["class"].tolist()[:5] == ["plain", "plain", "split-2M", "split-1G", "plain"]
    assert table[table["metric"] == "density"]["control"].isna().all()
