# SPDX-License-Identifier: MIT
"""Figures that the documents quote are those of the records that they come from.

`<!-- quotes PLAN -->` begins a part of a document, `<!-- quotes -->` ends it: each figure in
backticks between the two stands in what `analysis` prints of the record of that plan. Where two
machines have a record of one plan, further words tell them apart: they stand in the record's path.
Cells of a table that hold nothing but a figure, one beside the other, belong to one row there too.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import lru_cache

import pytest

from .document import DOCUMENTS, ROOT, text_of

MARK = re.compile(r"^ *<!-- quotes ?(.*?) -->$", re.MULTILINE)
FIGURE = re.compile(r"`([^`]+)`")
RECORDS = sorted((ROOT / "results/reference").glob("*/*.jsonl.xz"))
# The plan `noise` has a verb of its own.
VERBS = {"noise": ("summary", "noise")}


def parts(document: str) -> list[tuple[str, str]]:
    """Return what a document quotes: the words of the mark, and the text behind it."""
    found = MARK.split(text_of(document))
    return [(words, text) for words, text in zip(found[1::2], found[2::2], strict=True) if words]


def figures(text: str) -> list[str]:
    """Return the figures in backticks; those that lie side by side in a table as one."""
    found = []
    for line in text.splitlines():
        row = ""
        for cell in line.split("|"):
            alone = FIGURE.fullmatch(cell.strip())
            if alone:
                row = f"{row} {alone[1]}".lstrip()
                continue
            found += [row] if row else []
            found += FIGURE.findall(cell)
            row = ""
        found += [row] if row else []
    return found


QUOTED = [
    pytest.param(words, text, id=f"{document}:{words}:{number}")
    for document in DOCUMENTS
    for number, (words, text) in enumerate(parts(document))
]


@lru_cache
def printed(words: str) -> str:
    """Return what is printed of the one record that the words of a mark name."""
    plan, *places = words.split()
    (record,) = [
        path
        for path in RECORDS
        if path.name.partition("-")[2] == f"{plan}.jsonl.xz"
        and all(word in str(path) for word in places)
    ]
    said = ""
    for verb in VERBS.get(plan, ("summary",)):
        said += subprocess.run(
            [sys.executable, "-m", "analysis", verb, str(record)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return re.sub(r"\s+", " ", said)


@pytest.mark.parametrize(("words", "text"), QUOTED)
def test_a_document_quotes_the_reference_as_it_is(words: str, text: str) -> None:
    quoted = figures(text)
    assert quoted
    assert [each for each in quoted if each not in printed(words)] == []


def test_the_documents_that_quote_are_held_to_it() -> None:
    quoting = {document for document in DOCUMENTS if parts(document)}
    assert {"README.md", "results/reference/README.md"} <= quoting


def test_figures_side_by_side_belong_to_one_row() -> None:
    assert figures("| a | `1 ns` | `2x` | b `3` |\nand `4`, `5`") == ["1 ns 2x", "3", "4", "5"]


def test_a_figure_that_the_record_has_not_is_found() -> None:
    said = printed("reads")
    assert "817 ns 1.002x memfd [0.994, 1.009]" in said
    assert "817 ns 1.027x memfd [1.023, 1.033]" not in said
