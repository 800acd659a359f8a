# SPDX-License-Identifier: MIT
"""What the report and the summary say of who lies in split memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from analysis.read.load import load
from analysis.report import everyone
from analysis.report.block import Grid, Headlines, Picture, Prose
from analysis.report.evidence import Evidence, gather

from ..command import analysis
from ..exposures import ladder
from ..recording import Synthetic, SyntheticCell, lines
from .test_chapter import blocks, plain

if TYPE_CHECKING:
    from pathlib import Path

KIB64, MIB = 65536, 1 << 20
FINDING = "put 50 % of the kernel's page tables and 10 % of its slab into 4K mappings"
SECRET = SyntheticCell(
    "split-exposure", "secret", "memfd", {"last_bytes": MIB}, 0.2, runs=1,
    notes={"splits_since_boot": 3}, tables=ladder({KIB64: (30, 2), MIB: (60, 9)}),
)  # fmt: skip


def recorded(folder: Path, *cells: SyntheticCell, kernel: str = "", name: str = "own") -> Path:
    environment = {"kernel_release": kernel} if kernel else {}
    identity = name.encode().hex().ljust(16, "0")[:16]
    found = lines(Synthetic(cells, id=identity, environment=environment))
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    return path


def evidence(folder: Path, *cells: SyntheticCell) -> Evidence:
    return gather(load([recorded(folder, *cells)]))


def test_the_finding_is_a_headline_with_what_was_before(tmp_path: Path) -> None:
    found = evidence(tmp_path, SECRET)
    (headlines,) = blocks(everyone.chapter(found), Headlines)
    (line,) = headlines.lines
    assert (line.subject, line.number) == ("The first 1 MiB of secret memory", FINDING)
    assert line.rest.startswith("10 % and 20 % lay there before; of page cache and anonymous")
    assert line.anchor == found.anchor(SECRET.name)


def test_the_section_has_the_picture_the_doses_and_the_reach(tmp_path: Path) -> None:
    chapter = everyone.chapter(evidence(tmp_path, SECRET))
    (section,) = [each for each in chapter.sections if each.title == "Who lies in split memory"]
    picture, doses, reach = section.blocks
    assert isinstance(picture, Picture)
    assert isinstance(doses, Grid)
    assert isinstance(reach, Grid)
    assert plain(doses.rows)[1][1:] == ["1 MiB", "1", "9", "36 KiB", "9", "0", "0 %"]
    rows = {row[0]: row[1:] for row in plain(reach.rows)}
    assert rows["page tables of processes"] == ["100", "20 %", "50 %"]
    assert rows["page cache"] == ["100", "0 %", "0 %"]


def test_another_kernel_is_a_sentence_and_no_headline(tmp_path: Path) -> None:
    own = recorded(tmp_path, SyntheticCell("create", "secret", "memfd"))
    guest = recorded(tmp_path, SECRET, kernel="6.1.0-guest", name="guest")
    chapter = everyone.chapter(gather(load([own], beside=[guest])))
    assert blocks(chapter, Headlines) == []
    said = [each.text for each in blocks(chapter, Prose)]
    assert any("Linux 6.1.0-guest, 3.8 GiB" in text and FINDING in text for text in said)


def test_where_it_is_unsupported_the_reason_is_said(tmp_path: Path) -> None:
    reason = "the kernel's page tables cannot be read: needs root"
    cell = SyntheticCell(
        "split-exposure", "secret", "memfd", status="unsupported", reason=reason, runs=1
    )
    chapter = everyone.chapter(evidence(tmp_path, cell))
    assert any(reason in each.text for each in blocks(chapter, Prose))


def test_the_summary_has_the_finding_and_the_shares_dose_by_dose(tmp_path: Path) -> None:
    path = recorded(tmp_path, SECRET)
    said = " ".join(analysis("summary", path).stdout.split())
    assert f"The first 1 MiB of secret memory {FINDING}" in said
    assert "page tables of processes 10 % 30 % 60 % 60 %" in said
    found = json.loads(analysis("summary", path, "--json").stdout)
    (exposure,) = found["exposures"]
    assert exposure["rungs"][1]["reach"]["slab"]["middle"] == pytest.approx(0.1)
    assert exposure["splits_before"]["low"] == 3
