# SPDX-License-Identifier: MIT
"""Every key that a verb prints as JSON is in its help, in its place."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from ..command import inside
from ..figures.campaign import cells
from ..gate.test_history import folder as history_folder
from ..gate.test_judge import record
from ..recording import Synthetic, SyntheticCell, write
from ..result.test_pair import side

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Sections = dict[str, dict[str, str]]
"""Where in the JSON, empty for the root -> key -> the marks and the shared name behind it."""

campaigns_of_a_history = history_folder


def sections(help_text: str) -> Sections:
    """The keys that a help names."""
    text = help_text.partition("Keys of --json")[2]
    text = text.partition(":\n")[2].partition("\n\n")[0]
    found: Sections = {}
    for line in re.sub(r"\n {6,}", " ", text).strip("\n").splitlines():
        head, colon, items = line.strip().rpartition(": ")
        names = re.findall(r"(\w+)((?:\[\]|\{\})*)(?: (<[\w ]+>))?(?: \(.*?\))?(?:, |$)", items)
        assert ", ".join(f"{a}{b}{f' {c}' if c else ''}" for a, b, c in names) == re.sub(
            r" \(.*?\)", "", items
        )
        found[head if colon else ""] = {name: marks + shared for name, marks, shared in names}
    return found


def hold(value: object, marks: str) -> list[Any]:
    """What is within so many lists and objects by name."""
    if not marks or value is None:
        return [] if value is None else [value]
    inner = value if marks.startswith("[]") else list(value.values())  # type: ignore[attr-defined]
    return [each for item in inner for each in hold(item, marks[2:])]  # type: ignore[attr-defined]


def check(value: Mapping[str, Any], where: str, known: Sections) -> int:
    """Hold an object against the section for it; how many keys were met."""
    assert list(value) == list(known[where])
    met = len(value)
    for key, what in known[where].items():
        marks, bracket, shared = what.partition("<")
        below = f"<{shared}" if bracket else f"{where}.{key}{marks}".lstrip(".")
        for each in hold(value[key], marks):
            assert isinstance(each, dict) == (below in known), below
            met += check(each, below, known) if isinstance(each, dict) else 0
    return met


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """A record with data for every key."""
    by_class = SyntheticCell(
        "first-touch", "secret", "memfd", {"classes": "on"}, 2e-6, 5, classes=[0, 0, 0, 1, 2]
    )
    lacks = SyntheticCell("create", "hugetlb", None, status="unsupported", reason="none")
    return write(
        tmp_path / "all.jsonl",
        Synthetic([*cells(), by_class, lacks], unsupported={"hugetlb": "none"}),
    )


def test_the_help_of_summary_names_every_key(everything: Path) -> None:
    assert printed("summary", everything) > 1000


def test_the_help_of_compare_names_every_key(everything: Path, tmp_path: Path) -> None:
    assert printed("compare", side(tmp_path, "A"), side(tmp_path, "B")) > 100
    other = tmp_path / "other.jsonl"
    other.write_text(
        everything.read_text().replace("0123456789abcdef", "f" * 16).replace("6.18", "7")
    )
    assert printed("compare", everything, other) > 1000


def test_the_help_of_gate_names_every_key(tmp_path: Path) -> None:
    kernel = {"kernel_release": "7.0"}
    policy = tmp_path / "policy.toml"
    policy.write_text('under_test = ["kernel_release"]\n')
    base = record(tmp_path / "base.jsonl", first=2)
    candidate = record(tmp_path / "slow.jsonl", latency=1.65, environment=kernel)
    assert printed("gate", base, candidate, "--policy", policy) > 50


def test_the_help_of_advise_names_every_key(everything: Path) -> None:
    assert printed("advise", everything, "--secrets", "5", "--uses-per-second", "9") > 50


@pytest.mark.usefixtures("campaigns_of_a_history")
def test_the_help_of_history_names_every_key(tmp_path: Path) -> None:
    assert printed("history", tmp_path) > 50


def test_the_help_of_the_list_of_baselines_names_every_key(tmp_path: Path) -> None:
    store = tmp_path / "store"
    inside("baseline", "accept", record(tmp_path / "base.jsonl"), "--store", store)
    known = sections(inside("baseline", "list", "--help").stdout)
    rows = json.loads(inside("baseline", "list", "--store", store, "--json").stdout)
    assert [check(row, "", known) for row in rows] == [10]


def printed(verb: str, *words: str | Path) -> int:
    """Hold what a verb prints against its help; how many keys it printed."""
    known = sections(inside(verb, "--help").stdout)
    return check(json.loads(inside(verb, *words, "--json").stdout), "", known)


def test_a_key_that_the_help_lacks_is_found() -> None:
    known = sections("Keys of --json:\n    one[] <effect>, two (a, b), three{}\n    <effect>: low")
    assert known == {"": {"one": "[]<effect>", "two": "", "three": "{}"}, "<effect>": {"low": ""}}
    assert check({"one": [{"low": 1}], "two": "a", "three": {"x": 2}}, "", known) == 4
    with pytest.raises(AssertionError):
        check({"one": [{"low": 1, "high": 2}], "two": "a", "three": {}}, "", known)
