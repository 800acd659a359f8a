# SPDX-License-Identifier: MIT
"""What the report and the summary say of simulated TLBs and of trips to memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from analysis.figures import simulated as figure
from analysis.figures.drawing.figure import Absent, Figure
from analysis.figures.drawing.gallery import material
from analysis.read.load import load
from analysis.report import everyone
from analysis.report.block import Grid, Picture, Prose
from analysis.report.everyone_simulated import simulated_headlines
from analysis.report.evidence import Evidence, gather
from analysis.words.simulated import counted as said

from ..command import analysis
from ..recording import Synthetic, SyntheticCell, lines
from ..simulations import counted

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.report.block import Block

MIB = 1 << 20
TITLE = "TLB misses caused by splitting the direct map, simulated"


def dose(size: int, work: str, mode: str = "secret", misses: float = 9.0) -> SyntheticCell:
    """A dose that takes `a` from 2 misses to `misses`, and `b` from 3 to 5; no walks."""
    tables = counted({
        "control": {"a": (2.0, 0.0, 0.0), "b": (3.0, 0.0, 0.0)},
        "treatment": {"a": (misses, 0.25, 0.0), "b": (5.0, 0.25, 0.0)},
        "after": {"a": (misses + 1, 0.0, 0.0), "b": (5.5, 0.0, 0.0)},
    })  # fmt: skip
    params: dict[str, int | str] = {"work": work, "dose_bytes": size}
    return SyntheticCell("tlb-simulated-dose", mode, "memfd", params, runs=1, tables=tables)


def ring(mode: str, walks: float) -> SyntheticCell:
    tables = counted({"control": {"a": (1.0, 0.0, 0.0)}, "treatment": {"a": (1.0, walks, 0.0)}})
    params: dict[str, int | str] = {"victim": "packet-ring", "pages": 3584}
    return SyntheticCell("tlb-simulated", mode, "memfd", params, runs=1, tables=tables)


CELLS = (
    dose(16 * MIB, "copy"), dose(MIB, "copy", misses=7.0), dose(16 * MIB, "loopback", misses=4.0),
    dose(16 * MIB, "copy", "memfd", 2.5), ring("secret", 1.003), ring("memfd", 0.0),
)  # fmt: skip


def recorded(
    folder: Path, *cells: SyntheticCell, name: str = "own", kernel: str = "6.18.0-synthetic"
) -> Path:
    identity = name.encode().hex().ljust(16, "0")[:16]
    environment = {"kernel_release": kernel}
    found = lines(Synthetic(cells, id=identity, environment=environment))
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    return path


def drawing(path: Path) -> Figure | Absent:
    campaigns = load([path])
    return figure.draw(material(campaigns))


def section(evidence: Evidence) -> tuple[Block, ...]:
    chapter = everyone.chapter(evidence)
    (found,) = [each for each in chapter.sections if each.title == TITLE]
    return found.blocks


def test_two_sentences_say_what_each_model_counted_and_never_put_them_together(
    tmp_path: Path,
) -> None:
    evidence = gather(load([recorded(tmp_path, *CELLS)]))
    _, picture, *grids = section(evidence)
    assert isinstance(picture, Picture)
    assert [isinstance(each, Grid) for each in grids] == [True, True]
    works, read = simulated_headlines(evidence)
    assert works.subject == "Ordinary kernel work with 16 MiB of secret memory held"
    assert works.number == (
        "takes up to 7 (a), 2 (b) more misses of the first TLB level and 0.25 (a, b) more page "
        "walks for an operation"
    )
    assert "most: copy by a, 2 to 9; an equal dose of memfd: up to 0.5 (a), 2 (b)" in works.rest
    assert "after it was given back: up to 8 (a), 2.5 (b) more misses" in works.rest
    assert read.number == "takes 1.003 (a) page walks in split blocks, and 0 (a) in whole ones"
    assert read.rest.startswith("equals (A/A) differ by 0 (a); counted exactly, by models")
    assert read.rest.endswith("no measurement of a CPU")


def test_another_kernel_stands_beside_in_words_of_its_own(tmp_path: Path) -> None:
    own, other = (
        recorded(tmp_path, *CELLS[:3]),
        recorded(tmp_path, dose(MIB, "copy"), name="other", kernel="6.1.0-other"),
    )
    found = section(gather(load([own], beside=[other])))
    prose = [each.text for each in found if isinstance(each, Prose)]
    said_of = (
        "Linux 6.1.0-other: Ordinary kernel work with 1 MiB of secret memory held takes up to 7"
    )
    assert any(text.startswith(said_of) for text in prose)


def test_the_figure_has_all_that_was_counted_and_says_where_there_is_none(tmp_path: Path) -> None:
    drawn = drawing(recorded(tmp_path, *CELLS))
    assert isinstance(drawn, Figure)
    assert len(drawn.table.rows) == 4 * 2
    # On one scale: above what was counted, and labelled in every panel alike.
    assert all(f"model {model}" in drawn.svg for model in "ab")
    none = drawing(recorded(tmp_path, CELLS[-1], name="none"))
    assert isinstance(none, Absent)


def test_the_summary_has_a_line_for_each_work_count_and_model(tmp_path: Path) -> None:
    printed = analysis("summary", recorded(tmp_path, *CELLS)).stdout
    rows = {" ".join(line.split()) for line in printed.splitlines()}
    assert "ordinary work, with model none 1 MiB 16 MiB given back" in rows
    assert "copy, first-level misses a 2 7 9 10" in rows
    assert "loopback, first-level misses a 2 4 5" in rows
    assert "copy, page walks b 0 0.25 0.25 0" in rows
    assert "packet-ring, 3,584 pages a 1 1 0 1.003" in rows
    assert "packet-ring, 3,584 pages, A/A a 1 1 0 0" in rows
    assert "no measurement of a CPU" in printed


def test_trips_stand_beside_the_controls(tmp_path: Path) -> None:
    tables = counted({"control": {"a": (0.0, 0.0, 0.0)}, "treatment": {"a": (0.0, 0.0, 4096.0)}})
    params: dict[str, int | str] = {"use": "stream", "width_bytes": 1}
    cell = SyntheticCell(
        "trips-simulated", "secret-uncached", "secret-wrapped", params, runs=1, tables=tables
    )
    printed = analysis("summary", recorded(tmp_path, cell)).stdout
    rows = {" ".join(line.split()) for line in printed.splitlines()}
    # Ten each are a process's own.
    assert "stream, 1 B secret-uncached 4,106 secret-wrapped 10" in rows


def test_counts_are_whole_or_to_a_thousandth_and_not_more() -> None:
    numbers = (0.0, 1.0, 4096.0, 1.0034, 0.0004, -0.0004, 12.34, 1020.4)
    assert list(map(said, numbers)) == ["0", "1", "4,096", "1.003", "0", "0", "12.3", "1020"]
