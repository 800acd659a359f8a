# SPDX-License-Identifier: MIT
import json
import math
from pathlib import Path

import pytest

from analysis.output.page import Page
from analysis.read.load import load
from analysis.result.split import curves, split_costs
from analysis.summary.summary import summarise
from analysis.summary.text import text
from analysis.words.row import Footnotes, headings, words
from analysis.words.split import split_words

from ..recording import Synthetic, SyntheticCell, write

POOL = "pool not exhausted"


def stepped(counts: list[int], runs: int = 1, **notes: int | str) -> SyntheticCell:
    params: dict[str, int | str] = {"step_bytes": 1 << 20, "phase": "first"}
    noted = {"splits_2m": counts[-1], **notes}
    return SyntheticCell("splits", "secret", None, params, counts=counts, runs=runs, notes=noted)


def by_class(runs: int, classes: list[int]) -> SyntheticCell:
    return SyntheticCell(
        "first-touch", "secret", "memfd", {"classes": "on"}, 2e-6, 5.0, runs=runs, classes=classes
    )


def slower(path: Path, added_s: float) -> Path:
    """The record with so much added to each page that split something."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if line["kind"] == "run":
            values, codes = line["values"]["treatment"], line["classes"]["treatment"]
            moved = [1e-5 + added_s * (code > 0) for code in codes]
            line["values"]["treatment"] = moved[: len(values)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_curve_holds_what_its_run_counted_and_the_state_before_it(tmp_path: Path) -> None:
    cell = stepped([0, 1, 4], splits_since_boot=133, free_unmovable_pages=47115, splits_1g=1)
    (curve,) = curves(load([write(tmp_path / "a.jsonl", Synthetic([cell]))]))
    assert curve.touched_bytes == (1 << 20, 2 << 20, 3 << 20)
    assert curve.splits == (0, 1, 4)
    assert curve.pages_per_split == 768 / 4
    assert (curve.since_boot, curve.free_unmovable_pages, curve.splits_1g) == (133, 47115, 1)
    assert curve.kept_4k_kb is None


def test_a_pool_that_cannot_be_read_is_unknown_and_no_split_gives_no_rate(tmp_path: Path) -> None:
    cell = stepped([0, 0], free_unmovable_pages=-1)
    (curve,) = curves(load([write(tmp_path / "a.jsonl", Synthetic([cell]))]))
    assert curve.free_unmovable_pages is None
    assert math.isinf(curve.pages_per_split)


def test_the_summary_gives_the_splits_of_a_region_and_not_a_median_of_its_steps(
    tmp_path: Path,
) -> None:
    cell = stepped([0, 0, 9], runs=3, splits_since_boot=133, free_unmovable_pages=7, pool=POOL)
    row = summarise(load([write(tmp_path / "a.jsonl", Synthetic([cell]))])).results[0]
    notes = Footnotes()
    assert headings(row)[1] == "2M splits"
    assert words(row, notes)[1] == "9"
    assert notes.texts == [
        "before: 133 splits since boot, 7 free unmovable pages",
        "pool not exhausted in 3 of 3 runs",
    ]


def test_a_split_adds_the_difference_to_the_plain_pages_of_its_run(tmp_path: Path) -> None:
    cell = by_class(8, [0, 0, 0, 1, 2])
    (cost,) = split_costs(load([slower(write(tmp_path / "a.jsonl", Synthetic([cell])), 4e-6)]))
    plain, small, large = cost.classes
    assert (plain.name, plain.pages, plain.adds) == ("plain", 24, None)
    assert plain.median.estimate == pytest.approx(1e-5)
    for each in (small, large):
        assert each.pages == each.runs == 8
        assert each.adds is not None
        assert each.adds.estimate == pytest.approx(4e-6)
        assert each.adds.warning == ""
        assert split_words(each)[-1] == "+4.00 us [+4.00, +4.00]"


def test_too_few_runs_pool_their_pages_and_state_how_many_instead_of_an_interval(
    tmp_path: Path,
) -> None:
    cell = by_class(3, [0, 0, 0, 1, 1])
    (cost,) = split_costs(load([slower(write(tmp_path / "a.jsonl", Synthetic([cell])), 4e-6)]))
    assert [each.name for each in cost.classes] == ["plain", "split-2M"]
    adds = cost.classes[1].adds
    assert adds is not None
    assert adds.estimate == pytest.approx(4e-6)
    assert math.isnan(adds.low)
    assert split_words(cost.classes[1])[-1] == "+4.00 us (6 such pages in 3 runs: no interval)"


def test_runs_in_which_nothing_split_have_no_cost_to_show(tmp_path: Path) -> None:
    loaded = load([write(tmp_path / "a.jsonl", Synthetic([by_class(8, [0] * 5)]))])
    assert split_costs(loaded) == ()
    assert "split-cost" not in text(summarise(loaded), Page(), loaded.modes)


def test_the_summary_has_a_table_of_what_splits_add(tmp_path: Path) -> None:
    path = slower(write(tmp_path / "a.jsonl", Synthetic([by_class(3, [0, 0, 0, 1, 1])])), 4e-6)
    loaded = load([path])
    said = text(summarise(loaded), Page(), loaded.modes)
    assert "split-cost (what a split of the direct map adds to a first touch)" in said
    assert "split-2M  6      3     14.0 us  +4.00 us (6 such pages in 3 runs" in said
