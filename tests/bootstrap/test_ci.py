# SPDX-License-Identifier: MIT
"""What CI's script does on a machine that lacks everything, and on one that lacks nothing."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .command import CHECKOUT, Outcome

LOG = 'echo "$(basename "$0") $*"'


@pytest.fixture
def place() -> Iterator[Path]:
    """A checkout that everybody may read, with a make and an apt-get that only say they ran."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    (place / ".ci").mkdir()
    shutil.copy(CHECKOUT / ".ci/run", place / ".ci/run")
    (place / "bin").mkdir()
    for name in ("apt-get", "make"):
        program(place, name, LOG)
    yield place
    shutil.rmtree(place)


def program(place: Path, name: str, body: str) -> None:
    (place / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
    (place / "bin" / name).chmod(0o755)


def ci(place: Path, user: int | None = None) -> Outcome:
    done = subprocess.run(
        ["bash", ".ci/run"],
        cwd=place,
        env={"PATH": f"{place}/bin:{os.defpath}"},
        user=user,
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root installs or becomes another")


@needs_root
def test_what_is_missing_is_installed_before_the_tests(place: Path) -> None:
    program(place, "dpkg-query", 'case "$*" in *gcc) echo installed;; *) exit 1;; esac')
    update, install, test = ci(place).output.splitlines()
    assert update.startswith("apt-get update")
    assert {"python3-venv", "make", "libc6-dev", "clang"} <= set(install.split())
    assert "gcc" not in install.split()
    assert test == "make test"


def test_a_package_that_was_removed_counts_as_missing(place: Path) -> None:
    program(place, "dpkg-query", "echo config-files")
    outcome = ci(place)
    assert " gcc " in outcome.output + outcome.error


def test_nothing_is_installed_where_nothing_is_missing(place: Path) -> None:
    program(place, "dpkg-query", "printf installed")
    assert ci(place).output == "make test\n"


@needs_root
def test_who_may_not_install_is_told_what_to_install(place: Path) -> None:
    program(place, "dpkg-query", 'case "$*" in *clang) exit 1;; *) printf installed;; esac')
    outcome = ci(place, user=65534)
    assert outcome.code == 2
    assert outcome.output == ""
    assert outcome.error == (".ci/run: missing, and only root may install: apt-get install clang\n")


def test_failing_tests_fail_ci(place: Path) -> None:
    program(place, "dpkg-query", "printf installed")
    program(place, "make", "exit 2")
    assert ci(place).code == 2
