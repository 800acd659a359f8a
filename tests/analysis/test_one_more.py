# SPDX-License-Identifier: MIT
"""One more verb, figure or output is one more file: the walks of CONTRIBUTING, done in a copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.document.document import files_in

from .gate.test_judge import record as gated
from .recording import Synthetic, SyntheticCell, write

ROOT = Path(__file__).parents[2]

WALKS = files_in("CONTRIBUTING.md")
FIGURE = WALKS["analysis/figures/runs.py"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of the analysis that may be added to."""
    shutil.copytree(
        ROOT / "analysis", tmp_path / "analysis", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def started(copy: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The analysis of the copy, started as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "analysis", *map(str, words)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def a_record(folder: Path) -> Path:
    return write(folder / "one.jsonl", Synthetic([SyntheticCell("create", "secret", "memfd")]))


def test_one_more_verb_is_one_more_file(copy: Path) -> None:
    (copy / "analysis/verb/cells.py").write_text(WALKS["analysis/verb/cells.py"])
    assert "  cells     Print the names of all cells, one a line.\n" in started(copy, "-h").stdout
    done = started(copy, "cells", a_record(copy))
    assert (done.returncode, done.stdout, done.stderr) == (0, "create/secret:memfd\n", "")


def test_one_more_figure_is_one_more_file(copy: Path) -> None:
    (copy / "analysis/figures/runs.py").write_text(FIGURE)
    done = started(copy, "figures", a_record(copy), "-o", copy / "out")
    assert done.returncode == 0, done.stderr
    written = [Path(line) for line in done.stdout.splitlines()]
    assert [path.name for path in written] == ["overview.svg", "runs.svg"]
    assert '<title id="runs-title">Runs of each cell</title>' in written[1].read_text()


@pytest.mark.parametrize(
    ("chapter", "cell"),
    [
        ("owner", SyntheticCell("create", "secret", "memfd")),
        ("everyone", SyntheticCell("flush-count", "secret", None, base=1.0)),
        ("secrecy", SyntheticCell("way-fork", "secret", "memfd", base=0, about="rest: a test")),
        ("trust", SyntheticCell("create", "secret", "memfd")),
    ],
)
def test_the_report_shows_one_more_figure_in_its_chapter(
    copy: Path, chapter: str, cell: SyntheticCell
) -> None:
    assert FIGURE.count('chapter="owner"') == 1
    text = FIGURE.replace('chapter="owner"', f'chapter="{chapter}"')
    (copy / "analysis/figures/runs.py").write_text(text)
    path = write(copy / "one.jsonl", Synthetic([cell]))
    done = started(copy, "report", path, "-o", copy / "out")
    assert done.returncode == 0, done.stderr
    _, _, after = Path(done.stdout.strip()).read_text().partition(f'id="{chapter}"')
    inside, _, _ = after.partition('<section class="chapter"')
    assert '<figure id="figure-runs">' in inside


def test_one_more_output_of_the_gate_is_one_more_file(copy: Path) -> None:
    (copy / "analysis/gate/output/word.py").write_text(WALKS["analysis/gate/output/word.py"])
    asked = started(copy, "gate", "--help").stdout
    assert "  --word FILE      Write the verdict as one word.\n" in asked
    terms = json.loads(started(copy, "gate", "--terms").stdout)
    flag = {"flag": "--word", "metavar": "FILE", "help": "Write the verdict as one word."}
    assert flag in terms["outputs"]
    base, slow = gated(copy / "base.jsonl"), gated(copy / "slow.jsonl", latency=1.65)
    done = started(copy, "gate", base, slow, "--word", copy / "word.txt")
    assert done.returncode == 1
    assert (copy / "word.txt").read_text() == "regressed\n"
