# SPDX-License-Identifier: MIT
"""The venv that make keeps: made once, and made anew where it is no longer whole."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .command import CHECKOUT, clean_environment, run

MATRIX = '[testenv:matrix]\nskip_install = true\ncommands = python -c "print({posargs:0} + 41)"\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our Makefile with a matrix that only prints a number, killed while it installed tox."""
    place = tmp_path_factory.mktemp("place")
    for name in ("Makefile", "constraints.txt"):
        shutil.copy(CHECKOUT / name, place)
    (place / "tox.ini").write_text(MATRIX)
    make = subprocess.Popen(
        ["make", "matrix"], cwd=place, env=clean_environment(), start_new_session=True
    )
    while not (place / ".venv/bin/python").exists():
        assert make.poll() is None
        time.sleep(0.02)
    os.killpg(make.pid, signal.SIGKILL)
    make.wait()
    assert not (place / ".venv/bin/tox").exists()
    return place


def printed(place: Path, *arguments: str) -> tuple[bool, str]:
    """Whether `make matrix` made the venv, and the last line of what it printed."""
    outcome = run(["make", *arguments, "matrix"], place)
    assert outcome.code == 0, outcome
    return "setting up .venv" in outcome.output, outcome.output.splitlines()[-1]


def test_a_venv_that_was_killed_half_way_is_made_anew(place: Path) -> None:
    assert printed(place) == (True, "41")


def test_a_whole_venv_is_kept(place: Path) -> None:
    printed(place)
    assert printed(place) == (False, "41")


def test_a_venv_whose_interpreter_is_gone_is_made_anew(place: Path) -> None:
    printed(place)
    python = place / ".venv/bin/python"
    python.unlink()
    python.symlink_to(place / "gone")
    assert printed(place) == (True, "41")


def test_a_venv_of_another_interpreter_is_made_anew(place: Path) -> None:
    printed(place)
    (place / ".venv/mark").write_text("/usr/bin/python3.10 3.10.1\n")
    assert printed(place) == (True, "41")


def test_plan_is_handed_on_to_the_matrix(place: Path) -> None:
    assert printed(place, "PLAN=1")[1] == "42"
