# SPDX-License-Identifier: MIT
"""The layers of the native core, held over its `#include` lines."""

from __future__ import annotations

import graphlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .command import NATIVE

LAYERS = (
    {"main"},
    {"verb", "guest"},
    {"modes", "metrics", "victims", "ways"},
    {"testbed"},
    {"attempt"},
    {"backing", "kernel"},
    {"measure"},
    {"memory"},
)
"""From the top: a file may include its own folder and lower layers, never a sibling."""

DEPTH = {folder: depth for depth, folders in enumerate(LAYERS) for folder in folders}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
PROTOTYPE = re.compile(r"^(?!typedef|extern|static)[a-z][\w\s*]*?\w+\((?!\w+\)\()")
HEADERS = sorted(path.relative_to(NATIVE) for path in NATIVE.glob("*/*.h"))


def sources(root: Path) -> list[Path]:
    """Return the files of the core, relative to its root."""
    found = [*root.glob("*.[ch]"), *(path for path in root.glob("*/*.[ch]"))]
    return sorted(path.relative_to(root) for path in found)


def folder(path: Path) -> str:
    """Return the folder of a file; `main.c` is one by itself."""
    return path.parent.name or path.stem


def faults(root: Path) -> list[str]:
    """Return each include that breaks a layer, and the circle of rooms if there is one.

    A room is a source with its header: `owner.c` that includes `plant.h` and `plant.c`
    that includes `owner.h` are a circle though no header includes itself.
    """
    found: list[str] = []
    rooms: dict[str, set[str]] = {}
    for path in sources(root):
        for target in INCLUDE.findall((root / path).read_text()):
            if ".." in target or not (root / target).is_file():
                found.append(f"{path}: {target} is not written from the core's root")
                continue
            own, other = folder(path), folder(Path(target))
            if own != other and DEPTH[other] <= DEPTH[own]:
                found.append(f"{path}: {target} is no lower layer")
            if path.with_suffix("") != Path(target).with_suffix(""):
                room = rooms.setdefault(str(path.with_suffix("")), set())
                room.add(target.removesuffix(".h"))
    try:
        graphlib.TopologicalSorter(rooms).prepare()
    except graphlib.CycleError as error:
        found.append("circle: " + " -> ".join(error.args[1]))
    return found


def test_every_file_lies_in_a_layer() -> None:
    assert {folder(path) for path in sources(NATIVE)} == set(DEPTH)


def test_includes_run_down_the_layers_and_in_no_circle() -> None:
    assert faults(NATIVE) == []


@pytest.mark.parametrize(
    ("place", "target", "said"),
    [
        ("memory/page.c", "measure/arch.h", "memory/page.c: measure/arch.h is no lower layer"),
        ("kernel/bpf.c", "backing/sodium.h", "kernel/bpf.c: backing/sodium.h is no lower layer"),
        ("metrics/create.c", "verb/json.h", "metrics/create.c: verb/json.h is no lower layer"),
        ("verb/list.c", "guest/guest.h", "verb/list.c: guest/guest.h is no lower layer"),
        ("ways/fork.c", "../memory/page.h", "is not written from the core's root"),
        ("ways/fork.c", "page.h", "is not written from the core's root"),
        ("attempt/owner.c", "attempt/plant.h", "circle: attempt/"),
        ("memory/page.h", "memory/frame.h", "circle: memory/"),
    ],
)
def test_a_wrong_include_is_found(tmp_path: Path, place: str, target: str, said: str) -> None:
    copy = tmp_path / "native"
    shutil.copytree(NATIVE, copy, ignore=shutil.ignore_patterns("build"))
    planted = copy / place
    planted.write_text(f'#include "{target}"\n{planted.read_text()}')
    (fault,) = faults(copy)
    assert said in fault


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_a_header_includes_all_that_it_uses(header: Path) -> None:
    flags = ("-D_GNU_SOURCE", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I.")
    compiler = shutil.which("gcc") or "clang"
    done = subprocess.run(
        [compiler, *flags, "-fsyntax-only", "-x", "c", "-include", str(header), "/dev/null"],
        cwd=NATIVE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_function_of_a_header_is_explained() -> None:
    """By the comment above it, which several that stand together may share."""
    unexplained = []
    for header in HEADERS:
        above = ""
        for line in (NATIVE / header).read_text().splitlines():
            if PROTOTYPE.match(line) and not above.endswith(("*/", ";")):
                unexplained.append(f"{header}: {line}")
            above = line
    assert unexplained == []
