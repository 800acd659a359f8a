# SPDX-License-Identifier: MIT
"""The limits of the house on functions and modules, of Python and C alike."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from .command import CHECKOUT

MODULES = sorted(
    path
    for top in ("analysis", "bench", "tests")
    for path in (CHECKOUT / top).rglob("*")
    if path.suffix in {".c", ".h", ".py"}
)


@pytest.fixture(scope="module")
def functions() -> list[list[str]]:
    """One row of lizard's table for each function."""
    measured = subprocess.run(
        [sys.executable, "-m", "lizard", "--modified", "--csv", *MODULES],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = list(csv.reader(measured.stdout.splitlines()))
    assert len(rows) > len(MODULES) / 2
    return rows


def test_no_function_is_longer_branchier_or_wider_than_the_house_allows(
    functions: list[list[str]],
) -> None:
    too_large = [
        f"{place} {name}: {length} lines, complexity {complexity}, {parameters} parameters"
        for _, complexity, _, parameters, length, _, place, name, *_ in functions
        if int(length) > 50
        or int(parameters) > 5
        # ruff counts Python's branches: lizard takes every `or` and `for` within brackets for one
        or (int(complexity) > 10 and not place.endswith(".py"))
    ]
    assert too_large == []


@pytest.mark.parametrize("python", [False, True])
def test_most_functions_are_short(functions: list[list[str]], *, python: bool) -> None:
    """Nineteen of twenty have at most 28 lines, over all of the language."""
    lengths = sorted(int(row[4]) for row in functions if row[6].endswith(".py") == python)
    assert lengths[len(lengths) * 95 // 100] <= 28


@pytest.mark.parametrize("suffix", [".c", ".h", ".py"])
def test_no_module_is_longer_than_400_lines(suffix: str) -> None:
    lengths = {
        str(path.relative_to(CHECKOUT)): len(path.read_text().splitlines())
        for path in MODULES
        if path.suffix == suffix
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_the_measure_finds_what_is_too_large(tmp_path: Path) -> None:
    source = tmp_path / "long.c"
    source.write_text("int f(int a)\n{\n" + "\tif (a) a++;\n" * 70 + "\treturn a;\n}\n")
    measured = subprocess.run(
        [sys.executable, "-m", "lizard", "--csv", source],
        capture_output=True,
        text=True,
        check=True,
    )
    row = next(csv.reader(measured.stdout.splitlines()))
    assert (int(row[1]), int(row[4])) == (71, 74)
