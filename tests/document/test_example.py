"""What the documents tell the reader to do, done."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A line of C that is more than a brace, a comment or an include.
PLAIN = re.compile(r"^\s*(//.*|/?\*.*|[{};]*)$")


def files_in(document: str) -> dict[str, str]:
    """Return the blocks of a document that are marked as a file, by its path."""
    text = (ROOT / document).read_text()
    marked = [(re.search(r"file=(\S+)", m[2]), m[3]) for m in BLOCK.finditer(text)]
    return {mark[1]: body for mark, body in marked if mark}


def command_blocks(document: str) -> list[str]:
    """Return the shell blocks of a document that are not marked as slow."""
    text = (ROOT / document).read_text()
    return [m[3] for m in BLOCK.finditer(text) if m[1] == "sh" and "slow" not in m[2]]


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


@pytest.mark.parametrize("document", ["README.md", "METHODOLOGY.md", "CONTRIBUTING.md"])
def test_every_quick_command_in_the_documents_works(document: str) -> None:
    for block in command_blocks(document):
        done = in_checkout("bash", "-euc", f'python() {{ "{sys.executable}" "$@"; }}\n{block}')
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"


def test_readme_has_quick_commands_to_be_tested() -> None:
    assert len(command_blocks("README.md")) >= 2


def test_every_file_that_a_document_shows_is_there() -> None:
    for document in ("README.md", "METHODOLOGY.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text()
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (ROOT / target).exists(), f"{document}: {target}"


def test_methodology_has_no_table_left_to_fill() -> None:
    text = (ROOT / "METHODOLOGY.md").read_text()
    assert not re.findall(r"\b[A-Z]{4,}$", text, re.MULTILINE)
