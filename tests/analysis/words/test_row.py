# SPDX-License-Identifier: MIT
from analysis.words.row import Footnotes


def test_the_same_footnote_has_one_number() -> None:
    notes = Footnotes()
    assert notes.marks(["a", "b"]) == "[1][2]"
    assert notes.marks(["c", "a"]) == "[1][3]"
    assert notes.texts == ["a", "b", "c"]
