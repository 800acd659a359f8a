# SPDX-License-Identifier: MIT
"""Names in a record lead nowhere: no path above the store, no command to a CI, nothing unseen."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ..command import inside
from ..recording import Synthetic, SyntheticCell, write
from .test_open import changed

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = "::stop-commands::x"
EVIL = (
    COMMAND,
    "a\n::error::x",
    "a%0A::error::x",
    "##[group]x",
    "##vso[task.complete result=Failed]x",
    "a\r::warning::x",
    "a\x1b[31mred",
    "a\u202egnp.exe",
    "a\u2066b\u2069",
    "a\u200bb",
    "a\u2028::error::x",
    "a\x85b",
    "<script>x</script>",
    "|`[x](y)",
)


def evil(path: Path, name: str, ratio: float) -> Path:
    """A record whose metric and cell, and all that is said of them, have this name."""
    made = write(
        path,
        Synthetic(
            [SyntheticCell("create", "secret", "memfd", {}, 1e-6, ratio, 0.01, runs=20)],
            id=path.stem.encode().hex().ljust(16, "0")[:16],
        ),
    )

    def rename(lines: list[dict]) -> None:  # type: ignore[type-arg]
        head, *rest = lines
        head["metrics"] = {name: head["metrics"]["create"] | {"about": name}}
        head["cells"] = [each | {"cell": name, "metric": name} for each in head["cells"]]
        head["plan"] = name
        head["warnings"] = [name]
        for line in rest:
            if line["kind"] == "run":
                line |= {"cell": name, "warnings": [name]}
        (ended,) = rest[-1]["cells"].values()
        rest[-1]["cells"] = {name: ended}

    return changed(made, rename)


def commands(text: str) -> list[str]:
    """Lines that a CI would take as a command."""
    lines = text.replace("\r", "\n").replace("\u2028", "\n").replace("\x85", "\n").split("\n")
    return [each for each in lines if each.lstrip().startswith("::") or "##[" in each
            or "##vso[" in each]  # fmt: skip


@pytest.mark.parametrize("name", EVIL)
def test_no_name_is_a_command_or_unseen_in_any_output(tmp_path: Path, name: str) -> None:
    base, slow = evil(tmp_path / "a.jsonl", name, 1.0), evil(tmp_path / "b.jsonl", name, 1.5)
    junit, summary = tmp_path / "j.xml", tmp_path / "s.md"
    done = inside("gate", base, slow, "--github", "--junit", junit, "--markdown", summary)
    assert done.returncode == 1, done.stderr
    ours = [each for each in commands(done.stdout) if each.startswith("::error title=")]
    assert commands(done.stdout) == ours
    assert len(ours) == 1
    assert commands(ours[0][2:]) == []
    suite = ET.fromstring(junit.read_text(encoding="utf-8"))  # noqa: S314  our own
    assert suite.get("failures") == "1"
    for text in (done.stdout, done.stderr, junit.read_text(), summary.read_text()):
        assert all(char.isprintable() or char == "\n" for char in text)
        assert "\u200b" not in text
    assert "<script>" not in re.sub("`[^`]*`", "", summary.read_text())
    as_json = inside("gate", base, slow, "--json")
    assert commands(as_json.stdout) == []
    assert all(char.isprintable() or char == "\n" for char in as_json.stdout)
    assert json.loads(as_json.stdout)["cells"][0]["cell"] == name


OUTWARD = (
    "..",
    ".",
    "",
    "/",
    "../../x",
    "a/../../b",
    "\x00",
    "a\nb",
    "x" * 5000,
    "..\\..",
    "\u202e",
)


@pytest.mark.parametrize("name", OUTWARD)
def test_no_class_or_plan_or_id_leads_out_of_the_store(tmp_path: Path, name: str) -> None:
    store = tmp_path / "inner" / "store"
    made = write(
        tmp_path / "a.jsonl",
        Synthetic([SyntheticCell("create", "secret", "memfd", {}, runs=12, noise=0.01)]),
    )

    def rename(lines: list[dict]) -> None:  # type: ignore[type-arg]
        lines[0]["machine"]["class"] = name
        lines[0]["plan"] = name or "plan"

    changed(made, rename)
    before = {path for path in tmp_path.rglob("*") if store not in (path, *path.parents)}
    done = inside("baseline", "accept", made, "--store", store)
    assert done.returncode == 0, done.stderr
    after = {path for path in tmp_path.rglob("*") if store not in (path, *path.parents)}
    assert after - before == {store.parent}
    (stored,) = store.rglob("*.jsonl")
    assert len(stored.relative_to(store).parts) == 3
    assert inside("gate", store, made).returncode == 2  # the same campaign is no baseline of itself
