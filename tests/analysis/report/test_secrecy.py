# SPDX-License-Identifier: MIT
"""What the chapter on secrecy says, and what it refuses to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analysis.read.load import load
from analysis.report import runs as source
from analysis.report import secrecy
from analysis.report.block import Grid, Headlines, Notice, Picture, Proof, Prose, Ways
from analysis.report.evidence import Evidence, gather
from analysis.report.html import html

from ..figures.campaign import campaigns
from ..recording import Synthetic, SyntheticCell
from ..recording import write as write_record
from ..ways import MODES, TRUTH, availability, prices, trial, untried, ways
from .page import read
from .test_chapter import blocks, grid, plain

if TYPE_CHECKING:
    from pathlib import Path

ALL = [*ways(), *prices(), *availability()]


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return gather(campaigns(tmp_path_factory.mktemp("secrecy"), ALL))


def evidence(folder: Path, *chosen: SyntheticCell) -> Evidence:
    return gather(campaigns(folder, chosen))


def matrix(every: Evidence) -> Ways:
    (found,) = blocks(secrecy.chapter(every), Ways)
    return found


def test_the_matrix_has_ways_down_by_group_and_modes_across_by_promise(every: Evidence) -> None:
    found = matrix(every)
    assert found.modes == ("anon", "memfd", "guarded", "secret")
    groups = [title for title, _ in found.groups]
    assert groups == ["other processes", "kernel's hands", "direct map", "rest"]
    for _, rows in found.groups:
        assert {len(entries) for _, _, entries in rows} == {len(found.modes)}
    lines = [line for _, rows in found.groups for line in rows]
    by_way = {name: [entry.text for entry in entries] for name, _, entries in lines}
    assert set(by_way) == set(TRUTH)
    assert by_way["process-vm-readv"] == ["open", "open", "at rest", "closed"]
    assert by_way["kcore"] == ["not tried"] * 4
    assert found.counts == ("1 of 8", "0 of 8", "4 of 8", "5 of 8")
    assert ("fork", "what fork means to an attacker") in [line[:2] for line in lines]


def test_every_entry_of_the_matrix_leads_to_its_evidence(every: Evidence) -> None:
    proofs = blocks(source.chapter(every), Proof)
    seen = {anchor: texts for proof in proofs for anchor, texts in proof.rows}
    assert len(seen) == len(ways())
    for _, rows in matrix(every).groups:
        for name, _, entries in rows:
            for mode, entry in zip(MODES, entries, strict=True):
                texts = seen[entry.anchor]
                assert texts[-1].startswith(f"way-{name}/{mode}:memfd")
                expected = "open" if entry.text == "at rest" else entry.text
                assert texts[1] == expected
    (line,) = [t for t in seen.values() if t[-1] == "way-vmsplice/secret:memfd/state=at-rest"]
    assert line[:6] == ("way-vmsplice: secret", "closed", "EFAULT", "memfd", "32 bytes read", "2")
    (line,) = [t for t in seen.values() if t[-1].startswith("way-kcore/secret:")]
    assert line[:3] == ("way-kcore: secret", "not tried", "no such file")


def test_the_order_says_which_mode_is_above_and_which_are_not_ordered(every: Evidence) -> None:
    rows = {row[0]: row for row in plain(grid(secrecy.chapter(every), "The order").rows)}
    assert rows["secret"][1:] == ["memfd", "none", "anon, guarded"]
    assert rows["guarded"][1:] == ["anon, memfd", "none", "secret"]
    assert rows["memfd"][1:] == ["none", "none", "none"]
    apart = {row[0]: row[1:] for row in plain(grid(secrecy.chapter(every), "What tells").rows)}
    assert apart["guarded"] == ["fork, pidfd-getfd", "process-vm-readv, ptrace-peek, vmsplice"]
    assert apart["memfd"][0] == "nothing"


def test_what_secret_memory_closes_and_leaves_open_comes_first(every: Evidence) -> None:
    (found,) = blocks(secrecy.chapter(every), Headlines)
    assert found.lines[0].number == "5 of 8 are closed"
    assert found.lines[1].number == "fork, pidfd-getfd, write"


def test_what_no_memory_closes_is_said(every: Evidence) -> None:
    (said,) = [n for n in blocks(secrecy.chapter(every), Notice) if "no memory" in n.title]
    assert "a root user who may load a module" in said.sentences[0]


def test_the_frontier_is_drawn_for_the_owner_and_for_everyone(every: Evidence) -> None:
    drawn = [each.figure.plate.name for each in blocks(secrecy.chapter(every), Picture)]
    assert drawn == ["frontier-owner", "frontier-everyone"]
    rows = plain(grid(secrecy.chapter(every), "What each mode costs").rows)
    assert [row[0] for row in rows] == ["secret", "guarded", "memfd", "anon"]
    assert rows[-1][-1] == "not measured"


def test_three_kinds_of_user_are_advised_with_linked_numbers(every: Evidence) -> None:
    titles = [n.title for n in blocks(secrecy.chapter(every), Notice) if n.tone == "good"]
    assert titles == [
        "A password manager with hundreds of secrets: secret",
        "A signing service with one hot key: secret",
        "A multi-tenant host that allows it to strangers: guarded",
    ]
    table = grid(secrecy.chapter(every), "A signing service")
    assert table.rows[0][0].text == "secret"
    assert table.rows[0][2].anchor == every.anchor("secret-use/secret:memfd")


def test_what_a_mode_keeps_others_from_is_no_way_in(every: Evidence) -> None:
    rows = plain(grid(secrecy.chapter(every), "Not a way in").rows)
    assert rows == [
        ["hibernation", "no", "memfd", "/sys/power/state: disk"],
        ["hibernation", "yes", "secret", "/sys/power/state: mem"],
    ]
    assert "hibernation" not in {way.name for way in every.ways.ways}


def test_reasons_for_what_was_not_tried_are_listed_once(tmp_path: Path) -> None:
    cells = [
        *(untried("kcore", mode, "direct map", "no /proc/kcore") for mode in ("memfd", "secret")),
        untried("swap", "secret", "rest", "no swap"),
        trial("swap", "memfd", 1, "rest"),
    ]
    rows = plain(grid(secrecy.chapter(evidence(tmp_path, *cells)), "Not tried").rows)
    assert rows == [["no /proc/kcore", "kcore", "every mode"], ["no swap", "swap", "secret"]]


def test_uncached_memory_that_was_not_to_be_had_says_so_in_its_place(tmp_path: Path) -> None:
    cells = [trial("fork", "secret", 1), untried("fork", "secret-uncached", "other processes")]
    reason = "memory type not honoured here"
    record = Synthetic(cells, unsupported={"secret-uncached": reason})
    every = gather(load([write_record(tmp_path / "s.jsonl", record)]))
    (notice,) = [n for n in blocks(secrecy.chapter(every), Notice) if "secret-uncached" in n.title]
    assert notice.sentences == (reason,)
    assert matrix(every).modes == ("memfd", "secret", "secret-uncached")


def test_modes_that_were_not_tried_at_all_have_no_column(tmp_path: Path) -> None:
    lacking = untried("fork", "pkey", "other processes", "no PKU")
    every = evidence(tmp_path, trial("fork", "secret", 1), lacking)
    assert matrix(every).modes == ("memfd", "secret")
    assert ["no PKU", "fork", "pkey"] in plain(grid(secrecy.chapter(every), "Not tried").rows)


def test_ways_without_costs_say_that_they_were_not_measured(tmp_path: Path) -> None:
    text = read(html(campaigns(tmp_path, ways()))).text
    assert "is not drawn: no mode that was tried has a value of secret-use" in text
    assert "not decided, a cost was not measured" in text
    assert "What secret memory buys" in text


def test_costs_without_ways_leave_the_question_open(tmp_path: Path) -> None:
    (said,) = blocks(secrecy.chapter(evidence(tmp_path, *prices())), Prose)
    assert "Nothing on this page says that a way is closed." in said.text


def test_every_table_of_the_chapter_is_as_long_as_its_head(every: Evidence) -> None:
    tables = blocks(secrecy.chapter(every), Grid)
    assert len(tables) >= 6
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.caption
    for proof in blocks(source.chapter(every), Proof):
        assert {len(texts) for _, texts in proof.rows} == {len(proof.columns)}
