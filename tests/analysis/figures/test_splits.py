# SPDX-License-Identifier: MIT
"""Split curves of other kernels beside a campaign's own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from analysis.figures import splits
from analysis.figures.drawing.figure import Figure
from analysis.figures.drawing.gallery import material
from analysis.output.error import UsageError
from analysis.read.load import load
from analysis.result.split import curves

from ..command import analysis
from ..recording import Synthetic, SyntheticCell, lines

if TYPE_CHECKING:
    from pathlib import Path

OWN, GUEST = "6.18.0-synthetic", "6.1.0-guest"


def recorded(folder: Path, kernel: str, *, boots: bool) -> Path:
    """Splits of secret memory and of memfd; in a guest each run has a boot of its own."""
    notes = {"splits_since_boot": 0, "free_unmovable_pages": 900}
    cells = [
        SyntheticCell(
            "splits", mode, None, {"step_bytes": 1 << 20, "phase": "first"},
            counts=counts, runs=2, notes=notes,
        )
        for mode, counts in (("secret", [1, 2, 4]), ("memfd", [0, 0, 0]))
    ]  # fmt: skip
    identity = ("b" if boots else "a") * 16
    found = lines(Synthetic(cells, id=identity, environment={"kernel_release": kernel}))
    if boots:
        found[0]["machine"].update(kind="guest", emulated=True)
        for line in found[1:-1]:
            line["boot"] = line["run"]
    path = folder / f"{kernel}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    return path


def both(folder: Path) -> tuple[Path, Path]:
    return recorded(folder, OWN, boots=False), recorded(folder, GUEST, boots=True)


def test_curves_of_another_kernel_are_drawn_under_its_name_with_their_boots(
    tmp_path: Path,
) -> None:
    own, guest = both(tmp_path)
    drawn = splits.draw(material(load([own], beside=[guest])))
    assert isinstance(drawn, Figure)
    named = [
        text for text in re.findall(r"<!-- (.*?) -->|>([^<>]+)</text>", drawn.svg) if any(text)
    ]
    said = ["".join(text) for text in named]
    assert f"secret, first on Linux {GUEST} (2 fresh boots): 0 splits since boot" in said
    assert "secret, first (2 runs): 0 splits since boot, 900 free pages" in said
    # What any memory does to the map is nothing, there as here: one line for it is enough.
    assert not any(text.startswith(f"memfd, first on Linux {GUEST}") for text in said)
    assert drawn.table.columns[0] == "kernel"
    assert {row[0] for row in drawn.table.rows} == {OWN, GUEST}


def test_a_campaign_alone_names_no_kernel(tmp_path: Path) -> None:
    own, _ = both(tmp_path)
    drawn = splits.draw(material(load([own])))
    assert isinstance(drawn, Figure)
    assert drawn.table.columns[0] == "mode"
    assert OWN not in drawn.svg


def test_only_a_run_alone_on_its_boot_is_fresh(tmp_path: Path) -> None:
    own, guest = both(tmp_path)
    found = curves(load([own], beside=[guest]))
    assert [curve.fresh for curve in found if not curve.beside] == [False] * 4
    assert [curve.fresh for curve in found if curve.beside] == [True] * 4


def test_a_record_is_not_shown_beside_itself(tmp_path: Path) -> None:
    own, _ = both(tmp_path)
    with pytest.raises(UsageError, match="the same campaign"):
        load([own], beside=[own])


def test_the_report_shows_other_kernels_and_takes_nothing_else_from_their_records(
    tmp_path: Path,
) -> None:
    own, guest = both(tmp_path)
    done = analysis("report", own, "--curves", guest, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / f"{OWN}.html").read_text()
    assert "splits on other kernels, from records of their own" in page
    assert f"secret, first on Linux {GUEST}" in page
    headline: Any = re.search(r"2M mappings of the direct map that 3 MiB of secret.*?</", page)
    assert headline
    assert page.count(f"<td>{GUEST}</td>") >= 2
