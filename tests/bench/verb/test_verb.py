# SPDX-License-Identifier: MIT
"""A verb is one file in bench/verb, and nothing else knows of it."""

import subprocess
import sys
from pathlib import Path

from tests.bench.conftest import ROOT
from tests.document.document import files_in

ALSO = """
import sys
import bench.{package}
bench.{package}.__path__.append({folder!r})
from bench.__main__ import main
sys.exit(main())
"""
GREET = files_in("CONTRIBUTING.md")["bench/verb/greet.py"]


def bench_with(package: str, folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run `bench` as if the files of a folder lay in a package of it."""
    code = ALSO.format(package=package, folder=str(folder))
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_a_file_in_the_folder_is_a_verb(tmp_path: Path) -> None:
    (tmp_path / "greet.py").write_text(GREET)
    done = bench_with("verb", tmp_path, "greet", "you")
    assert (done.returncode, done.stdout) == (0, "hello, you\n"), done.stderr
    assert "greet   Say hello." in bench_with("verb", tmp_path, "--help").stdout


def test_a_file_without_a_verb_is_none(tmp_path: Path) -> None:
    (tmp_path / "greet.py").write_text(GREET.replace("def verb", "def other"))
    done = bench_with("verb", tmp_path, "greet", "you")
    assert (done.returncode, "No such command 'greet'" in done.stderr) == (2, True)
