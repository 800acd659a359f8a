# SPDX-License-Identifier: MIT
"""What the documents tell the reader to do, done."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from .document import DOCUMENTS, ROOT, command_blocks, files_in

if TYPE_CHECKING:
    from pathlib import Path

# A line of C that is more than a brace, a comment or an include.
PLAIN = re.compile(r"^\s*(//.*|/?\*.*|[{};]*)$")


def in_checkout(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )


def test_the_walk_in_contributing_gives_a_mode_and_a_metric(tmp_path: Path) -> None:
    files = files_in("CONTRIBUTING.md")
    native = tmp_path / "native"
    shutil.copytree(ROOT / "bench/native", native)
    (native / "modes/anon_dontdump.c").write_text(files["modes/anon_dontdump.c"])
    (native / "metrics/protect.c").write_text(files["metrics/protect.c"])
    built = in_checkout("make", "-s", "-C", str(native))
    assert built.returncode == 0, built.stderr

    plan, record = tmp_path / "plan.toml", tmp_path / "record.jsonl"
    plan.write_text(files["plan.toml"])
    options = ("--core", str(native / "build/core"), "--out", str(record), "--quiet")
    ran = in_checkout(sys.executable, "-m", "bench", "run", str(plan), *options)
    assert ran.returncode == 0, ran.stderr
    summary = in_checkout(sys.executable, "-m", "analysis", "summary", str(record))
    assert summary.returncode == 0, summary.stderr
    assert "anon-dontdump" in summary.stdout
    assert "protect" in summary.stdout


@pytest.mark.parametrize(
    ("path", "promised"), [("modes/anon_dontdump.c", 20), ("metrics/protect.c", 60)]
)
def test_the_walk_is_as_short_as_it_says(path: str, promised: int) -> None:
    lines = files_in("CONTRIBUTING.md")[path].splitlines()
    assert sum(not PLAIN.match(line) for line in lines) <= promised


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if command_blocks(each)])
def test_every_quick_command_in_the_documents_works(document: str) -> None:
    for block in command_blocks(document):
        done = in_checkout("bash", "-euc", f'python() {{ "{sys.executable}" "$@"; }}\n{block}')
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"


def test_readme_has_quick_commands_to_be_tested() -> None:
    assert len(command_blocks("README.md")) >= 2
