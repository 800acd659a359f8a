# SPDX-License-Identifier: MIT
"""Exit code 1 is not what an accident gives, and an error is one line, whatever it is."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bench.ending import INTERRUPTED, OK, USAGE, VARIABLE, ended
from bench.error import BenchError

from .conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

RAISED: list[tuple[BaseException, int, str]] = [
    (BenchError("a: b: c"), USAGE, "bench: a: b: c\n"),
    (BenchError("two\nlines"), USAGE, "bench: two\\nlines\n"),
    (KeyError("lost"), USAGE, "bench: unforeseen, so nothing was decided: KeyError: 'lost': "),
    (ValueError(), USAGE, "bench: unforeseen, so nothing was decided: ValueError: "),
    (RecursionError("deep"), USAGE, "bench: what was read is nested too deeply: "),
    (MemoryError(), USAGE, "bench: there is not enough memory: "),
    (OSError(errno.ENOSPC, "No space", "a"), USAGE, "bench: a: No space: make room"),
    (OSError(errno.EMFILE, "Too many open files"), USAGE, "bench: Too many open files: raise"),
    (ExceptionGroup("of several", [ValueError("x")]), USAGE, "bench: unforeseen"),
    (SystemExit(1), USAGE, ""),
    (SystemExit("said by a library"), USAGE, "bench: said by a library\n"),
    (SystemExit(3), INTERRUPTED, ""),
    (SystemExit(), OK, ""),
    (KeyboardInterrupt(), INTERRUPTED, "bench: interrupted"),
    (GeneratorExit(), USAGE, "bench: unforeseen"),
]


@pytest.mark.parametrize(("error", "code", "said"), RAISED, ids=lambda each: type(each).__name__)
def test_whatever_is_raised_is_one_line_and_never_exit_code_1(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    def run() -> None:
        raise error

    assert ended("bench", run) == code
    stderr = capsys.readouterr().err
    assert stderr.startswith(said)
    assert stderr.count("\n") == (1 if said else 0)


def test_a_long_error_keeps_its_beginning_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run() -> None:
        raise BenchError(f"begins {'9' * 10**6} ends")

    ended("bench", run)
    said = capsys.readouterr().err
    assert len(said) < 1100
    assert said.startswith("bench: begins 999")
    assert said.endswith("999 ends\n")


def test_what_a_verb_returns_is_its_exit_code() -> None:
    assert [ended("bench", iter([code]).__next__) for code in (0, 1, 3, None)] == [0, 1, 3, 0]


def test_where_an_unforeseen_error_arose_is_shown_if_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_here() -> None:
        raise KeyError

    monkeypatch.setenv(VARIABLE, "1")
    assert ended("bench", fails_here) == USAGE
    assert "in fails_here" in capsys.readouterr().err


def test_the_option_shows_it_too_and_without_it_nothing_is_shown(tmp_path: Path) -> None:
    core = tmp_path / "core"
    core.write_text("")
    core.chmod(0o755)
    code = (
        "import sys, bench.core\n"
        "def find(*_): raise KeyError('unforeseen')\n"
        "bench.core.find = find\n"
        "from bench.__main__ import main\n"
        "sys.exit(main())"
    )
    for words, shown in ((["list"], False), (["--traceback", "list"], True)):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == USAGE
        assert ("Traceback" in done.stderr) == shown
        assert done.stderr.splitlines()[-1].startswith("bench: unforeseen")


def start(words: list[str], closed: int) -> subprocess.CompletedProcess[str]:
    """The program with one of its three streams closed, as the shell's `>&-` does it."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}>&-', "sh", sys.executable, "-m", "bench", *words],
        cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "GIT_DIR": "/none"},
    )  # fmt: skip


@pytest.mark.parametrize("closed", range(3))
def test_a_finished_campaign_is_finished_whoever_reads_along(
    fake_core: Path, plan: Path, tmp_path: Path, closed: int
) -> None:
    out = tmp_path / "out.jsonl"
    done = start(["run", str(plan), "--core", str(fake_core), "--out", str(out)], closed)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    # The record is not mixed with what was meant for the stream.
    assert all(row.startswith('{"kind":') for row in out.read_text().splitlines())
    assert '"status":"complete"' in out.read_text()


@pytest.mark.parametrize("stream", [1, 2])
def test_readers_that_have_gone_change_no_exit_code(
    fake_core: Path, plan: Path, tmp_path: Path, stream: int
) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    words = [sys.executable, "-m", "bench", "run", str(plan), "--core", str(fake_core)]
    out = tmp_path / "out.jsonl"
    done = subprocess.run(
        [*words, "--out", str(out)], cwd=ROOT, check=False, stdin=subprocess.DEVNULL,
        stdout=theirs if stream == 1 else subprocess.DEVNULL,
        stderr=theirs if stream == 2 else subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    assert done.returncode == 0
    assert '"status":"complete"' in out.read_text()
