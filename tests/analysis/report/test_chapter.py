# SPDX-License-Identifier: MIT
"""What the chapters hold, before the template gives it shape."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from analysis.read.load import load
from analysis.report import everyone, machine, owner, trust
from analysis.report import runs as source
from analysis.report.block import Block, Chapter, Entry, Grid, RunTable
from analysis.report.cell_table import LONG
from analysis.report.evidence import Evidence, gather, moment

from ..figures.campaign import Params, campaigns
from ..recording import Synthetic, SyntheticCell, lines
from ..recording import write as write_record

if TYPE_CHECKING:
    from pathlib import Path

_Kind = TypeVar("_Kind", bound=Block)

CREATE = SyntheticCell("create", "secret", "memfd", {"len_bytes": 4096}, 1e-6, 1.3, 0.002)
FLOOR = SyntheticCell("create", "memfd", "memfd", {"len_bytes": 4096}, 1e-6, 1.0, 0.002)


def evidence(folder: Path, *chosen: SyntheticCell) -> Evidence:
    return gather(campaigns(folder, chosen))


def blocks(chapter: Chapter, kind: type[_Kind]) -> list[_Kind]:
    return [b for section in chapter.sections for b in section.blocks if isinstance(b, kind)]


def grid(chapter: Chapter, words: str) -> Grid:
    """The only table whose caption has these words."""
    (found,) = [each for each in blocks(chapter, Grid) if words in each.caption]
    return found


def plain(rows: tuple[tuple[Entry, ...], ...]) -> list[list[str]]:
    return [[entry.text for entry in row] for row in rows]


def test_every_row_of_every_table_is_as_long_as_its_head(tmp_path: Path) -> None:
    touch = SyntheticCell(
        "first-touch", "secret", "memfd", {"classes": "on"}, 2e-6, 5, classes=[0, 0, 0, 1, 2]
    )
    every = evidence(tmp_path, CREATE, FLOOR, touch)
    chapters = [m.chapter(every) for m in (machine, trust, owner, everyone, source)]
    tables = [table for chapter in chapters for table in blocks(chapter, Grid)]
    assert len(tables) > 8
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.caption
    for each in blocks(chapters[-1], RunTable):
        assert {len(row) for row in each.rows} == {len(each.columns)}


def test_the_machine_shows_what_matters_first_and_everything_when_opened(tmp_path: Path) -> None:
    environment = {"smt_active": False, "cpu_governor": None, "uptime": 12.5}
    record = Synthetic([CREATE], environment=environment)
    chapter = machine.chapter(gather(load([write_record(tmp_path / "a.jsonl", record)])))
    first = grid(chapter, "matter most")
    assert ["smt_active", "no"] in plain(first.rows)
    assert ["cpu_governor", "unknown"] in plain(first.rows)
    assert not first.folded
    every = grid(chapter, "recorded facts")
    assert ["uptime", "12.5"] in plain(every.rows)
    assert every.folded


def test_the_direct_map_is_shown_before_and_after(tmp_path: Path) -> None:
    chapter = machine.chapter(evidence(tmp_path, CREATE))
    rows = plain(grid(chapter, "direct map").rows)
    assert ["splits of 2M pages", "3", "4", "+1"] in rows
    assert ["direct map in 4K pages, kB", "100", "104", "+4"] in rows


def test_without_an_end_the_direct_map_afterwards_is_not_made_up(tmp_path: Path) -> None:
    record = Synthetic([CREATE], ended=False)
    chapter = machine.chapter(gather(load([write_record(tmp_path / "cut.jsonl", record)])))
    assert ["splits of 2M pages", "3", "not recorded", ""] in plain(
        grid(chapter, "direct map").rows
    )


def test_readiness_says_what_to_do_only_where_something_is_wrong(tmp_path: Path) -> None:
    found = lines(Synthetic([CREATE]))
    found[0]["readiness"] = [
        {"fact": "good", "ok": True, "text": "fine", "hint": "never shown"},
        {"fact": "load", "ok": False, "text": "1.8 on 2 CPUs", "hint": "stop other work"},
    ]
    path = tmp_path / "ready.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    chapter = trust.chapter(gather(load([path])))
    readiness = grid(chapter, "Readiness before ready: 1 of 2 checks not passed")
    assert plain(readiness.rows) == [
        ["good", "ok", "fine", ""],
        ["load", "not ok", "1.8 on 2 CPUs", "stop other work"],
    ]
    verdicts = {row[0]: row[1:] for row in plain(grid(chapter, "for and against").rows)}
    assert verdicts["machine was ready"] == ["caution", "1 of 2 checks passed; not: load"]
    assert verdicts["campaign ready"][0] == "ok"


def test_cells_wider_than_planned_stand_with_what_was_wanted(tmp_path: Path) -> None:
    wide = SyntheticCell("create", "secret", "memfd", {}, 1e-6, 1.3, 0.1, stop="budget")
    chapter = trust.chapter(evidence(tmp_path, wide))
    ((cell, stop, runs, reached, wanted),) = plain(grid(chapter, "wider interval").rows)
    assert (cell, stop, runs) == ("create of secret against memfd", "budget", "12")
    assert wanted == "+-2 %"
    assert float(reached.removeprefix("+-").removesuffix(" %")) > 2


def test_failed_runs_stand_with_their_last_words_once(tmp_path: Path) -> None:
    dead = SyntheticCell("create", "secret", "memfd", status="failed", reason="signal 11", runs=3)
    chapter = trust.chapter(evidence(tmp_path, dead))
    assert plain(grid(chapter, "Last words").rows) == [
        ["create of secret against memfd", "3", "signal 11"]
    ]


def test_a_table_names_the_control_beside_each_value(tmp_path: Path) -> None:
    chapter = owner.chapter(evidence(tmp_path, CREATE, FLOOR))
    table = grid(chapter, "create (4 KiB): synthetic create")
    rows = {row[1].text: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert rows["secret"]["mode"].tone == "strong"
    assert rows["memfd (A/A)"]["mode"].tone == ""
    assert rows["secret"]["ratio to control"].text.startswith("1.30")
    assert rows["secret"]["ratio to control"].anchor == "cell-0"
    assert rows["secret"]["control"].text.endswith(("ns", "us"))
    assert rows["secret"]["stopped by"].text == "target"


def test_a_warning_of_a_run_becomes_a_footnote_of_its_row(tmp_path: Path) -> None:
    warned = SyntheticCell("create", "secret", "memfd", {}, warnings=["no real time"])
    table = grid(owner.chapter(evidence(tmp_path, warned)), "synthetic create")
    assert "[1]" in table.rows[0][table.columns.index("runs")].text
    assert table.footnotes == ("[1] 12 of 12 runs: no real time",)


def test_long_tables_are_folded_and_short_ones_are_not(tmp_path: Path) -> None:
    many = [
        SyntheticCell("release", "secret", "memfd", {"len_bytes": 4096 * size}, runs=1)
        for size in range(1, LONG + 2)
    ]
    chapter = owner.chapter(evidence(tmp_path, CREATE, *many))
    assert grid(chapter, "release: synthetic").folded
    assert not grid(chapter, "create (4 KiB)").folded


def test_classes_are_shown_with_their_shares(tmp_path: Path) -> None:
    touch = SyntheticCell(
        "first-touch", "secret", "memfd", {"classes": "on"}, 2e-6, 5, classes=[0, 0, 0, 1, 2]
    )
    rows = plain(grid(owner.chapter(evidence(tmp_path, touch)), "by class").rows)
    assert [row[2:4] for row in rows] == [
        ["plain", "60 %"],
        ["split-2M", "20 %"],
        ["split-1G", "20 %"],
    ]


def test_placement_is_shown_for_what_depends_on_it(tmp_path: Path) -> None:
    size: Params = {"len_bytes": 16384}
    hot = SyntheticCell("access-latency", "secret", "memfd", size, 1e-9, 1.01, 0.001)
    (row,) = plain(grid(owner.chapter(evidence(tmp_path, hot, CREATE)), "placement").rows)
    assert row[1:] == ["secret", "4", "2", "50 %", "memfd", "2", "50 %"]


def test_a_source_lists_every_run_also_the_one_that_failed(tmp_path: Path) -> None:
    dead = SyntheticCell("create", "secret", "memfd", status="failed", reason="signal 11", runs=2)
    (each,) = blocks(source.chapter(evidence(tmp_path, dead)), RunTable)
    assert [row[-1] for row in each.rows] == ["failed: signal 11"] * 2
    assert each.rows[0][1] == "-"


def test_a_source_shows_medians_their_ratio_and_placement_of_both_arms(tmp_path: Path) -> None:
    size: Params = {"len_bytes": 64, "order": "line-random", "slices": 1}
    exact = SyntheticCell("access-latency", "secret", "memfd", size, 1e-9, 1.25)
    (each,) = blocks(source.chapter(evidence(tmp_path, exact)), RunTable)
    run = dict(zip(each.columns, each.rows[0], strict=True))
    assert run["ratio"] == "1.25x"
    assert run["2M blocks"] == "2 / 2"
    assert run["next follows"] == "0.5 / 0.5"
    assert ("parameters", "len bytes 64 B, order line-random, 1 slice") in each.facts


def test_what_all_runs_noted_is_said_once(tmp_path: Path) -> None:
    noted = SyntheticCell("create", "secret", "memfd", {}, notes={"split_pages": 7})
    (each,) = blocks(source.chapter(evidence(tmp_path, noted)), RunTable)
    assert ("split pages", "7") in each.facts


def test_a_shortened_source_counts_what_it_left_out(tmp_path: Path) -> None:
    chapter = source.chapter(evidence(tmp_path, CREATE))
    (each,) = blocks(source.shortened(source.shortened(chapter, 8), 5), RunTable)
    assert len(each.rows) == 5
    assert each.left_out == 7


def test_a_moment_is_a_date_and_a_time_of_day() -> None:
    assert moment("2026-11-03T07:08:09.123Z") == "3 November 2026, 07:08 UTC"
