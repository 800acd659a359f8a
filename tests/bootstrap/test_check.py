# SPDX-License-Identifier: MIT
"""What make says before it downloads anything, where something is missing."""

import shutil
import sys
from pathlib import Path

import pytest

from .command import CHECKOUT, clean_environment, run

MAKE = shutil.which("make") or "make"
BASE_PYTHON = Path(getattr(sys, "_base_executable", sys.executable))


def script(path: Path, body: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def python_that_first(path: Path, statement: str) -> None:
    """A python3 that is the real one, but for one statement that it runs first."""
    script(path, f'shift; code=$1; shift; exec {BASE_PYTHON} -c "{statement}\n$code" "$@"')


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout whose PATH, in bin, holds python3, gcc and apt-get, and nothing else."""
    for name in ("Makefile", "tox.ini", "constraints.txt"):
        shutil.copy(CHECKOUT / name, tmp_path)
    script(tmp_path / "bin/apt-get", "exit 1")
    script(tmp_path / "bin/gcc", "exit 0")
    (tmp_path / "bin/python3").symlink_to(BASE_PYTHON)
    return tmp_path


def complaint(place: Path, *arguments: str) -> str:
    """What `make matrix` complains of: one line, exit code 2 and nothing made."""
    outcome = run([MAKE, *arguments, "matrix"], place, clean_environment(PATH=str(place / "bin")))
    assert outcome.code == 2, outcome
    assert not (place / ".venv").exists()
    ours, *makes_own = outcome.error.splitlines()
    assert len(makes_own) == 1
    assert makes_own[0].startswith("make: *** ")
    return ours.removeprefix("make: ")


def test_a_missing_compiler_is_named_with_its_package(place: Path) -> None:
    (place / "bin/gcc").unlink()
    assert complaint(place) == "missing a C compiler (gcc): apt-get install gcc libc6-dev"


def test_a_missing_compiler_that_was_asked_for_is_named_with_its_own_package(place: Path) -> None:
    expected = "missing a C compiler (clang): apt-get install clang libc6-dev"
    assert complaint(place, "CC=clang") == expected


def test_clang_is_taken_where_there_is_no_gcc(place: Path) -> None:
    (place / "bin/gcc").rename(place / "bin/clang")
    outcome = run([MAKE, "check"], place, clean_environment(PATH=str(place / "bin")))
    assert outcome.code == 0, outcome


def test_missing_headers_are_named_with_their_package(place: Path) -> None:
    script(place / "bin/gcc", "exit 1")
    assert complaint(place) == "missing the C library's headers: apt-get install libc6-dev"


def test_the_compiler_is_asked_to_read_a_header_of_the_c_library(place: Path) -> None:
    empty = place / "empty"
    empty.mkdir()
    script(place / "bin/gcc", f'exec {shutil.which("gcc")} -nostdinc -I{empty} "$@"')
    assert "headers" in complaint(place)


def test_a_missing_venv_module_is_named_with_its_package(place: Path) -> None:
    (place / "bin/python3").unlink()
    python_that_first(place / "bin/python3", "import sys; sys.modules['ensurepip'] = None")
    assert complaint(place) == "missing python3's venv module: apt-get install python3-venv"


def test_a_missing_python_is_named_with_its_package(place: Path) -> None:
    (place / "bin/python3").unlink()
    expected = "missing python3 (Python 3.11 or newer): apt-get install python3 python3-venv"
    assert complaint(place) == expected


def test_all_that_is_missing_is_named_at_once(place: Path) -> None:
    (place / "bin/python3").unlink()
    (place / "bin/gcc").unlink()
    assert complaint(place).endswith(": apt-get install python3 python3-venv gcc libc6-dev")


def test_dnf_is_named_where_it_is_the_one_there(place: Path) -> None:
    (place / "bin/gcc").unlink()
    (place / "bin/apt-get").rename(place / "bin/dnf")
    assert complaint(place) == "missing a C compiler (gcc): dnf install gcc glibc-devel"


def test_without_apt_and_dnf_the_packages_are_named_all_the_same(place: Path) -> None:
    (place / "bin/gcc").unlink()
    (place / "bin/apt-get").unlink()
    assert complaint(place).endswith(": install what Debian calls gcc libc6-dev")


def test_a_python_that_is_too_old_is_told_which_version_is_needed(place: Path) -> None:
    (place / "bin/python3").unlink()
    python_that_first(place / "bin/python3", "import sys; sys.version_info = (3, 9, 2)")
    text = complaint(place)
    assert text.startswith("python3 is Python 3.9, and 3.11 or newer is needed")
    assert "PYTHON=" in text


def test_another_interpreter_is_taken_when_named(place: Path) -> None:
    (place / "bin/python3").rename(place / "bin/python-of-mine")
    path = clean_environment(PATH=str(place / "bin"))
    assert run([MAKE, "check", "PYTHON=python-of-mine"], place, path).code == 0
    assert run([MAKE, "check"], place, path | {"PYTHON": "python-of-mine"}).code == 0
