"""The native core is built with what the machine has."""

import json
import shutil
from pathlib import Path

import pytest

from .command import CHECKOUT, clean_environment, run


@pytest.fixture
def native(tmp_path: Path) -> Path:
    """A copy of the native core's sources with nothing built."""
    ignored = shutil.ignore_patterns("build")
    return Path(shutil.copytree(CHECKOUT / "bench/native", tmp_path / "native", ignore=ignored))


def modes(native: Path, **variables: str) -> set[str]:
    """Builds the core and has it list its modes."""
    built = run(["make", "-C", native], native, clean_environment(CFLAGS="-O0", **variables))
    assert built.code == 0, built
    listed = run([native / "build/core", "list"], native)
    return {mode["name"] for mode in json.loads(listed.output)["modes"]}


def linked_dynamically(native: Path) -> bool:
    headers = run(["readelf", "--program-headers", native / "build/core"], native)
    assert headers.code == 0, headers
    return "Requesting program interpreter" in headers.output


def test_the_core_is_static_where_the_libc_is(native: Path) -> None:
    assert "secret" in modes(native)
    assert not linked_dynamically(native)


def test_without_a_static_libc_the_core_is_linked_dynamically(native: Path) -> None:
    compiler = native / "cc"
    compiler.write_text(
        '#!/bin/sh\ncase " $* " in *" -static "*) exit 1;; esac\n'
        f'exec {shutil.which("gcc") or shutil.which("clang")} "$@"\n'
    )
    compiler.chmod(0o755)
    assert "secret" in modes(native, CC=str(compiler))
    assert linked_dynamically(native)


def test_clang_builds_it_too(native: Path) -> None:
    assert shutil.which("clang"), "install clang"
    assert "secret" in modes(native, CC="clang")
