# SPDX-License-Identifier: MIT
"""Only a verdict is a verdict: a judge that comes to none is an error, whatever its exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from bench.compare.judge import Judge, Judged
from bench.error import BenchError

if TYPE_CHECKING:
    from pathlib import Path


def judge(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Judge:
    """One whose Python is a script."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))
    return Judge(["a.jsonl"], Judged(), "")


@pytest.mark.parametrize(("code", "means"), [(0, 0), (101, 1), (2, 2), (3, 3)])
def test_a_verdict_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, means: int
) -> None:
    assert judge(tmp_path, monkeypatch, f"exit {code}").last_word(()) == means


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 1", "no verdict: exit code 1"),
        ("exit 120", "no verdict: exit code 120"),
        ("kill -9 $$", "no verdict: killed by SIGKILL"),
        ("kill -11 $$", "no verdict: killed by SIGSEGV"),
    ],
)
def test_an_accident_of_the_judge_is_never_a_regression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    with pytest.raises(BenchError, match=said):
        judge(tmp_path, monkeypatch, script).last_word(())


def test_a_judge_that_says_nothing_when_asked_for_the_state_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BenchError, match="exit 1"):
        judge(tmp_path, monkeypatch, "exit 1").state()
