# SPDX-License-Identifier: MIT
"""What the chapter on everyone else says, and what it refuses to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.report import everyone
from analysis.report.block import Grid, Headline, Headlines, Notice, Picture, Prose
from analysis.report.everyone_headlines import absent, headlines
from analysis.report.evidence import Evidence, gather

from ..figures.campaign import GAPS, LOSS_S, Params, campaigns
from ..figures.campaign import everyone as everyone_cells
from ..recording import SyntheticCell
from .test_chapter import blocks, grid, plain

if TYPE_CHECKING:
    from pathlib import Path

FAULTS: Params = {"use": "faults"}
NOTES = {"gaps": GAPS, "share_lost": 0.6}


def evidence(folder: Path, *chosen: SyntheticCell) -> Evidence:
    return gather(campaigns(folder, chosen))


def verdict(folder: Path, *chosen: SyntheticCell) -> dict[str, Headline]:
    """Headlines by the first words of their subject."""
    return {line.subject: line for line in headlines(evidence(folder, *chosen))}


def victim(proved: bool | None, metric: str = "victim-pipe") -> SyntheticCell:
    notes = {"share_in_split_a": 0.002} | ({} if proved is None else {"proved": proved})
    return SyntheticCell(metric, "secret", "memfd", {"pages": 64}, 1e-6, 1.04, 0.002, notes=notes)


def test_a_rate_of_secrets_is_said_as_a_share_of_another_cpu(tmp_path: Path) -> None:
    use: Params = {"use": "secrets"}
    cell = SyntheticCell(
        "neighbour-loss", "secret", "memfd", use, 1e-5, loss=LOSS_S, noise=0.01, notes=NOTES
    )
    line = verdict(tmp_path, cell)["Obtaining 1,000 secrets of 32 bytes per second"]
    share = float(line.number.removeprefix("costs another CPU ").partition(" %")[0])
    assert abs(share - 100 * LOSS_S * 1000) < 0.02
    assert "60,000 secrets in all" in line.rest


def test_a_rate_that_was_not_seen_to_cost_is_said_with_what_would_have_been_seen(
    tmp_path: Path,
) -> None:
    use: Params = {"use": "secrets"}
    cell = SyntheticCell("neighbour-loss", "secret", "memfd", use, 1e-5, notes=NOTES)
    (line,) = verdict(tmp_path, cell).values()
    assert line.number.startswith("no time was seen to be lost on another CPU; 0.02 % of it")


def test_a_first_touch_is_said_with_what_the_control_takes_at_most(tmp_path: Path) -> None:
    cell = SyntheticCell(
        "neighbour-loss", "secret", "memfd", FAULTS, 0.0, loss=LOSS_S, noise=0.01, notes=NOTES
    )
    line = verdict(tmp_path, cell)["One first touch of secret memory"]
    assert line.number == "takes 8.99 us over memfd [+8.92, +9.08] from another CPU"
    assert (
        line.rest == "of memfd nothing above 200 ns; at full rate that CPU loses 60 % of its time"
    )


def test_both_states_of_the_other_cpus_are_said(tmp_path: Path) -> None:
    cells = [
        SyntheticCell(
            "neighbour-loss", "secret", "memfd", {**FAULTS, "others": others}, 0.0, loss=loss_s,
            noise=0.01, notes=NOTES,
        )
        for others, loss_s in (("idle", 5e-6), ("busy", 7e-6))
    ]  # fmt: skip
    found = verdict(tmp_path, *cells)
    assert found["One first touch of secret memory"].number.startswith("takes 5.0 us")
    busy = found["One first touch of secret memory, a process spinning on each CPU"]
    assert busy.number.startswith(("takes 6.9", "takes 7.0"))


def test_flushes_and_splits_are_said_as_counts(tmp_path: Path) -> None:
    found = verdict(tmp_path, *everyone_cells())
    flush = found["One first touch of secret memory, counted in interrupts"]
    assert flush.number == "interrupts another CPU once to flush its TLB"
    assert flush.rest == "other modes: memfd 0"
    split = found["2M mappings of the direct map that 8 MiB of secret memory split"]
    assert split.number == "9 when touched, 0 when touched again after release"
    assert split.rest == "best possible 4, worst 2,048; again: pool not exhausted"


def test_how_far_one_user_gets_is_said_with_the_rule_and_what_is_left(tmp_path: Path) -> None:
    found = verdict(tmp_path, *everyone_cells())
    reach = found["One user with 4 processes and 8 MiB of RLIMIT_MEMLOCK"]
    assert reach.number == "gets 32 MiB of secret memory"
    assert reach.rest == (
        "per process: each gets the whole limit; 95,000 processes allowed by RLIMIT_NPROC; "
        "61 2M mappings split by it here; 12,000 left to split"
    )


def test_the_cost_of_a_split_is_said_with_its_pages(tmp_path: Path) -> None:
    cell = SyntheticCell(
        "first-touch",
        "secret",
        "memfd",
        {"classes": "on"},
        2e-6,
        5,
        runs=3,
        classes=[0, 0, 0, 1, 1],
    )
    (line,) = verdict(tmp_path, cell).values()
    assert line.subject == "A first touch that splits a 2M mapping of the direct map"
    assert line.rest == "6 such pages in 3 runs: no interval"


def test_a_split_that_costs_nothing_visible_is_said_with_the_smallest_visible_cost(
    tmp_path: Path,
) -> None:
    touch = SyntheticCell(
        "first-touch", "secret", "memfd", {"classes": "on"}, 2e-6, 5, classes=[0, 0, 0, 1, 1]
    )
    (line,) = verdict(tmp_path, touch).values()
    assert line.number.startswith("not seen to take longer than one that splits nothing; ")
    assert line.number.endswith(" ns would be")


def test_only_proved_victims_become_headlines(tmp_path: Path) -> None:
    assert [line.number[:5] for line in verdict(tmp_path, victim(proved=True)).values()] == [
        "1.040"
    ]
    assert verdict(tmp_path, victim(proved=False)) == {}
    assert verdict(tmp_path, victim(proved=None)) == {}


def test_an_unproved_victim_is_marked_in_its_notes(tmp_path: Path) -> None:
    chapter = everyone.chapter(evidence(tmp_path, victim(proved=False)))
    notes = grid(chapter, "victim-pipe: what its runs noted")
    assert plain(notes.rows)[0][1] == "not proved: no finding"
    assert notes.rows[0][0].tone == "bad"
    assert ["share in split a", "0.002"] in [row[1:] for row in plain(notes.rows)]


def test_a_metric_that_nobody_knows_gets_a_table_and_its_notes(tmp_path: Path) -> None:
    walk = SyntheticCell("walk-cost", "anon", "memfd", {}, 2e-8, notes={"backend": "timing"})
    chapter = everyone.chapter(evidence(tmp_path, walk))
    assert "Further measurements" in [section.title for section in chapter.sections]
    assert grid(chapter, "walk-cost: synthetic walk-cost").rows
    assert ["backend", "timing"] in [
        row[1:] for row in plain(grid(chapter, "walk-cost: what its runs noted").rows)
    ]


def test_what_was_not_measured_is_said_in_one_line_each(tmp_path: Path) -> None:
    said = absent(evidence(tmp_path, *everyone_cells()))
    assert said == ()
    said = absent(evidence(tmp_path, *everyone_cells()[:2]))
    assert "Walks of the page tables after TLB misses: not measured in these records." in said
    assert "What one user without privileges can split: not measured in these records." in said


def test_what_could_not_be_measured_is_said_with_its_reason(tmp_path: Path) -> None:
    alone = SyntheticCell(
        "neighbour-loss", "secret", "memfd", {}, status="unsupported", reason="one CPU", runs=1
    )
    chapter = everyone.chapter(evidence(tmp_path, alone))
    (notice,) = blocks(chapter, Notice)
    assert "Time taken from other CPUs: no run succeeded: one CPU." in notice.sentences
    assert blocks(chapter, Headlines) == []


def test_a_record_of_the_owner_alone_says_that_the_question_was_not_asked(tmp_path: Path) -> None:
    chapter = everyone.chapter(evidence(tmp_path, SyntheticCell("create", "secret", "memfd")))
    (said,) = blocks(chapter, Prose)
    assert said.text.startswith("Not measured in these records.")


def test_every_table_of_the_chapter_is_as_long_as_its_head(tmp_path: Path) -> None:
    chapter = everyone.chapter(evidence(tmp_path, *everyone_cells(), victim(None, "walk-cost")))
    tables = blocks(chapter, Grid)
    assert len(tables) >= 6
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.caption
    drawn = [each.figure.plate.name for each in blocks(chapter, Picture)]
    shown = ["splits", "exposure", "neighbour", "gaps", "victims", "simulated", "stages", "walks"]
    assert drawn == shown


def test_the_splits_of_each_run_stand_with_the_state_of_the_boot(tmp_path: Path) -> None:
    rows = plain(grid(everyone.chapter(evidence(tmp_path, *everyone_cells())), "splits, run").rows)
    assert rows[0] == [
        "secret, first", "8 MiB", "9", "1", "228", "18 MiB", "18 MiB", "40,960 B", "133",
        "47,115", "",
    ]  # fmt: skip
    assert rows[1][-1] == "pool not exhausted"
    assert rows[2][-1] == ""


def test_the_share_of_a_cpu_that_is_lost_is_shown_for_both_arms(tmp_path: Path) -> None:
    rows = plain(grid(everyone.chapter(evidence(tmp_path, *everyone_cells())), "Share of the").rows)
    assert [row[2:] for row in rows] == [["60 %", "memfd", "1 %", "0: 8970, 2: 9010"]] * 5
