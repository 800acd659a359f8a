# SPDX-License-Identifier: MIT
"""The figure of who lies in split memory: a machine beside guests, numbers as in the records."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from analysis.figures import exposure
from analysis.figures.drawing.figure import Absent, Figure
from analysis.figures.drawing.gallery import material
from analysis.read.load import load

from ..exposures import ladder
from ..recording import Synthetic, SyntheticCell, lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KIB64, MIB = 65536, 1 << 20
GUEST = "6.1.0-guest"


def recorded(folder: Path, kernel: str, shares: Sequence[int], *, boots: bool) -> Path:
    """Runs whose page tables have so many of 100 pages in 4K with 1 MiB."""
    cells = [
        SyntheticCell(
            "split-exposure", "secret", "memfd", {"last_bytes": MIB, "first_bytes": place}, 0.2,
            runs=1, notes={"splits_since_boot": 0},
            tables=ladder({KIB64: (10, 0), MIB: (pages, 3)}),
        )
        for place, pages in enumerate(shares)
    ]  # fmt: skip
    identity = ("b" if boots else "a") * 16
    found = lines(Synthetic(cells, id=identity, environment={"kernel_release": kernel}))
    if boots:
        found[0]["machine"].update(kind="guest", emulated=True)
        for line in found[1:-1]:
            line["boot"] = line["run"]
    path = folder / f"{identity}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    return path


def drawn(folder: Path, kernel: str = "6.18") -> Figure:
    own = recorded(folder, kernel, [60], boots=False)
    guest = recorded(folder, GUEST, [40, 90, 50], boots=True)
    found = exposure.draw(material(load([own], beside=[guest])))
    assert isinstance(found, Figure)
    return found


def texts(figure: Figure) -> list[str]:
    return re.findall(r">([^<>\n]+)</text>", figure.svg)


def test_a_machine_and_guests_are_named_with_their_boots(tmp_path: Path) -> None:
    said = texts(drawn(tmp_path))
    assert any(text.endswith("1 run on one boot, 0 splits before") for text in said)
    assert any(f"Linux {GUEST}" in text and "3 fresh boots a dose" in text for text in said)
    assert {"page tables of processes", "slab", "page cache", "none", "64 KiB", "1 MiB"} <= set(
        said
    )


def test_one_boot_is_dashed_and_fresh_boots_are_solid(tmp_path: Path) -> None:
    svg = drawn(tmp_path).svg
    lines_of = {
        colour: {bool(dashes) for dashes in re.findall(
            rf'style="fill: none;( stroke-dasharray: [^;]+;)?[^"]*stroke: {colour}', svg)}
        for colour in ("#d55e00", "#0072b2")
    }  # fmt: skip
    assert lines_of == {"#d55e00": {True}, "#0072b2": {False}}


def test_the_table_has_the_numbers_of_the_records(tmp_path: Path) -> None:
    table = drawn(tmp_path).table
    assert table.columns == ("machine", "kind", "pages", "before", "64 KiB", "1 MiB", "released")
    rows = {(row[0].split(",")[0], row[1]): row[2:] for row in table.rows}
    assert rows["Linux 6.18", "page tables of processes"] == ("100", "10 %", "10 %", "60 %", "60 %")
    assert rows[f"Linux {GUEST}", "page tables of processes"][3] == "40 to 90 %"
    assert rows[f"Linux {GUEST}", "splits (a count)"] == ("", "", "0", "3", "")


def test_a_hostile_kernel_stays_text(tmp_path: Path) -> None:
    figure = drawn(tmp_path, "<script>alert(1)</script>\"'&$x^{\x01")
    assert "<script" not in figure.svg
    assert "\x01" not in figure.svg


def test_without_a_census_there_is_no_picture_but_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "none.jsonl"
    found = lines(Synthetic([SyntheticCell("split-exposure", "secret", "memfd")]))
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    absent = exposure.draw(material(load([path])))
    assert isinstance(absent, Absent)
    assert "no run of split-exposure" in absent.reason
