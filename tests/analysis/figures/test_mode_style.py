# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from analysis.figures import overview
from analysis.figures.drawing.figure import Figure
from analysis.figures.drawing.gallery import material
from analysis.figures.drawing.mode_style import BLUE, ORANGE, VERMILION, style_of
from analysis.read.load import load
from analysis.read.modes import Modes

from ..read.test_modes import mode
from ..recording import Synthetic, SyntheticCell, write

if TYPE_CHECKING:
    from pathlib import Path

LOOK: dict[str, Any] = {
    "order": 5, "promise": 5, "hue": "orange", "marker": "^", "line": ":", "hollow": True,
}  # fmt: skip
CELLS = [
    SyntheticCell("create", name, "memfd", {}, 1e-6, 2.0, 0.01) for name in ("secret", "novel")
]


def test_modes_differ_without_colour() -> None:
    known = [
        "secret", "secret-flushed", "memfd", "memfd-locked", "memfd-huge",
        "anon", "anon-locked", "anon-huge", "hugetlb", "packet-ring", "guarded", "pkey", "sodium",
        "openssl-secure", "encrypted-at-rest",
    ]  # fmt: skip
    shapes = {
        (
            style_of(mode, Modes({})).marker,
            style_of(mode, Modes({})).filled,
            style_of(mode, Modes({})).line,
        )
        for mode in known
    }
    assert len(shapes) == len(known)
    assert Modes({}).in_order({"packet-ring", "memfd", "secret"})[0] == "secret"


def test_a_mode_that_nobody_knows_keeps_its_look() -> None:
    assert style_of("secret-uncached", Modes({})) == style_of("secret-uncached", Modes({}))
    assert style_of("secret-uncached", Modes({})).marker != style_of("secret", Modes({})).marker


def test_a_style_is_what_the_record_says() -> None:
    said = style_of("novel", Modes({"novel": mode(**LOOK)}))
    assert (said.color, said.marker, said.line, said.filled) == (ORANGE, "^", ":", False)
    known = style_of("anon", Modes({"anon": mode(order=5)}))
    assert (known.color, known.marker) == (BLUE, "v")


@pytest.mark.parametrize(
    "wrong", [{"hue": "beige"}, {"marker": "round"}, {"marker": " "}, {"line": "wavy"}]
)
def test_what_a_record_says_wrongly_is_replaced_and_stops_nothing(
    wrong: dict[str, str], tmp_path: Path
) -> None:
    looks = {"novel": {**LOOK, **wrong}}
    loaded = load([write(tmp_path / "a.jsonl", Synthetic(CELLS, looks=looks))])
    assert isinstance(overview.draw(material(loaded)), Figure)


def test_a_mode_that_nobody_heard_of_is_drawn_as_its_record_says(tmp_path: Path) -> None:
    figures = []
    for name, looks in (("silent", {}), ("said", {"novel": LOOK})):
        path = write(tmp_path / f"{name}.jsonl", Synthetic(CELLS, looks=looks))
        figure = overview.draw(material(load([path])))
        assert isinstance(figure, Figure)
        figures.append(figure)
    names = [re.findall(r">(secret|novel)<", figure.svg) for figure in figures]
    assert names == [["secret", "novel"], ["novel", "secret"]]
    silent, said = (set(re.findall("#[0-9a-f]{6}", figure.svg)) for figure in figures)
    assert VERMILION in silent & said
    assert ORANGE in said - silent
