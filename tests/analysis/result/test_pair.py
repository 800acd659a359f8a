# SPDX-License-Identifier: MIT
"""Two kernels in pairs of boots: known ratios come out, and nothing is paired that was not."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.output.error import UsageError
from analysis.read.campaigns import RecordFile
from analysis.read.load import load
from analysis.result.pair import PairResult, pairs, sides

from ..command import analysis
from ..recording import Synthetic, SyntheticCell, lines

Change = Callable[[list[dict[str, Any]]], object]
SECRET = SyntheticCell("first-touch", "secret", "memfd", base=1e-6, ratio=2, values=3, runs=8)
COUNT = SyntheticCell("splits", "secret", None, counts=[1, 5], runs=8)


def side(folder: Path, mark: str, change: Change | None = None, identity: str = "ab" * 8) -> Path:
    """One side's record; each round is a pair."""
    synthetic = Synthetic([SECRET, COUNT], id=("a" if mark == "A" else "b") * 16, seed=7)
    found = lines(synthetic)
    found[0]["ab"] = {"id": identity, "side": mark}
    for line in found[1:-1]:
        line["pair"] = line["boot"] = line["round"]
    if change:
        change(found)
    path = folder / f"{mark}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    return path


def both(*paths: Path) -> tuple[RecordFile, RecordFile]:
    found = sides(load(paths, mixed=True).files)
    assert found is not None
    return found


def rows(*paths: Path) -> dict[str, PairResult]:
    return {row.cell: row for row in pairs(*both(*paths))}


def slower(found: list[dict[str, Any]]) -> None:
    """Every boot of this side is slower, each by another factor; secret memory by 1.2 besides."""
    for line in found[1:-1]:
        boot = 1.1 + line["pair"] / 100
        arms = line["values"]
        arms["treatment"] = [value * boot * 1.2 for value in arms["treatment"]]
        if "control" in arms:
            arms["control"] = [value * boot for value in arms["control"]]


def test_what_made_a_whole_boot_slower_cancels_in_the_effect(tmp_path: Path) -> None:
    row = rows(side(tmp_path, "A"), side(tmp_path, "B", slower))[SECRET.name]
    assert (row.pairs, row.lost, row.unit, row.better) == (8, 0, "s", "lower")
    assert row.effect_shift is not None
    assert math.exp(row.effect_shift.estimate) == pytest.approx(1.2)
    assert row.effect_shift.half_width == pytest.approx(0, abs=1e-9)
    assert row.log_ratio is not None
    assert math.exp(row.log_ratio.estimate) == pytest.approx(1.2 * 1.135, rel=1e-3)
    assert row.log_ratio.low > math.log(1.2 * 1.1)


def test_a_count_is_compared_by_the_difference_of_what_it_came_to(tmp_path: Path) -> None:
    def more(found: list[dict[str, Any]]) -> None:
        for line in found[1:-1]:
            if line["cell"] == COUNT.name:
                line["values"] = {"treatment": [2, 8]}

    row = rows(side(tmp_path, "A"), side(tmp_path, "B", more))[COUNT.name]
    assert row.shift is not None
    assert (row.shift.estimate, row.shift.low, row.shift.high) == (3, 3, 3)
    assert row.effect_shift is None


def test_a_pair_that_lacks_a_side_is_left_out_and_counted(tmp_path: Path) -> None:
    def lose(found: list[dict[str, Any]]) -> None:
        runs = [line for line in found if line.get("cell") == SECRET.name]
        runs[2].update(status="failed", reason="panic", values={})
        found.remove(runs[4])

    row = rows(side(tmp_path, "A"), side(tmp_path, "B", lose))[SECRET.name]
    assert (row.pairs, row.lost) == (6, 2)


def test_the_sides_are_told_by_their_marks_and_not_by_their_order(tmp_path: Path) -> None:
    found = both(side(tmp_path, "B"), side(tmp_path, "A"))
    assert [file.path.name for file in found] == ["A.jsonl", "B.jsonl"]


def test_sides_of_two_comparisons_are_refused(tmp_path: Path) -> None:
    paths = [side(tmp_path, "A"), side(tmp_path, "B", identity="cd" * 8)]
    with pytest.raises(UsageError, match=r"the same ab\.id"):
        sides(load(paths, mixed=True).files)


def test_an_emulated_side_is_never_compared_with_a_real_one(tmp_path: Path) -> None:
    def emulate(found: list[dict[str, Any]]) -> None:
        found[0]["machine"]["emulated"] = True

    paths = [side(tmp_path, "A"), side(tmp_path, "B", emulate)]
    with pytest.raises(UsageError, match="one side was emulated and the other was not"):
        sides(load(paths, mixed=True).files)


def test_two_ordinary_campaigns_are_no_comparison(tmp_path: Path) -> None:
    def unmark(found: list[dict[str, Any]]) -> None:
        del found[0]["ab"]

    paths = [side(tmp_path, "A", unmark), side(tmp_path, "B", unmark)]
    assert sides(load(paths, mixed=True).files) is None


def test_compare_shows_the_pairs_of_two_sides_with_their_intervals(tmp_path: Path) -> None:
    done = analysis("compare", side(tmp_path, "B", slower), side(tmp_path, "A"))
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith(f"  {SECRET.name} "))
    assert re.search(r" 1\.3\d\dx \[1\.\d+, 1\.\d+\] +1\.200x \[1\.200, 1\.200\] +8$", row)


def emulated(found: list[dict[str, Any]]) -> None:
    del found[0]["ab"]
    found[0]["machine"]["emulated"] = True


def real(found: list[dict[str, Any]]) -> None:
    del found[0]["ab"]


def test_emulated_times_are_left_out_beside_real_ones_and_counts_are_shown(tmp_path: Path) -> None:
    paths = side(tmp_path, "A", real), side(tmp_path, "B", emulated)
    found = json.loads(analysis("compare", "--json", *paths).stdout)
    cells = [[row["metric"] for row in rows] for rows in found["results"]]
    assert cells == [["first-touch", "splits"], ["splits"]]
    assert any(
        text.startswith("B: emulated, so its times are left out") for text in found["warnings"]
    )


def test_real_and_emulated_campaigns_are_never_put_together(tmp_path: Path) -> None:
    done = analysis("summary", side(tmp_path, "A", real), side(tmp_path, "B", emulated))
    assert done.returncode == 2
    assert "one was emulated and the other was not: they are never put together" in done.stderr


def test_every_emulated_time_is_marked_and_no_count(tmp_path: Path) -> None:
    done = analysis("summary", "--json", side(tmp_path, "B", emulated))
    marked = {
        row["metric"]: any("emulated" in text for text in row["warnings"])
        for row in json.loads(done.stdout)["results"]
    }
    assert marked == {"first-touch": True, "splits": False}
