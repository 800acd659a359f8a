# SPDX-License-Identifier: MIT
"""Each source file names its licence, and it is the one that LICENSE says."""

import re
import subprocess
import tomllib
from pathlib import PurePath

import pytest

from .document import ROOT

SPDX = re.compile(r"SPDX-License-Identifier: (.*?)(?: \*/)?$", re.MULTILINE)
MODULE = ("GPL-2.0-only", "GPL-2.0-only WITH Linux-syscall-note")
BPF = ("GPL-2.0-only OR MIT",)
LINES = 3
"""Lines from the top among which the licence stands: the first, or behind what must be first."""

SUFFIXES = {".c", ".h", ".py", ".sh"}
NAMES = {"Makefile", "Kbuild", "dkms.conf", ".ci/run"}
"""Plans and other settings (TOML, YAML, INI) and the report's templates need no line."""


def source_files() -> list[str]:
    """Return the files of the project that are code: C, Python, shell, make."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    return [
        name
        for name in names
        if PurePath(name).suffix in SUFFIXES or PurePath(name).name in NAMES or name in NAMES
    ]


def licences(name: str) -> tuple[str, ...]:
    """Return the licences that a file may have."""
    target = (ROOT / name).resolve().relative_to(ROOT.resolve())
    if target.is_relative_to("bench/kmod"):
        return MODULE
    if str(target) == "bench/native/kernel/bpf.c" or target.name.endswith(".bpf.c"):
        return BPF
    return ("MIT",)


def named(text: str) -> str | None:
    """Return the licence that the first lines of a file name."""
    found = SPDX.search("\n".join(text.splitlines()[:LINES]))
    return found[1] if found else None


def test_every_source_file_names_the_licence_of_its_place() -> None:
    files = source_files()
    assert len(files) > 400
    wrong = [
        f"{name}: {found}"
        for name in files
        if (found := named((ROOT / name).read_text())) not in licences(name)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("// SPDX-License-Identifier: MIT\nint x;\n", "MIT"),
        ("/* SPDX-License-Identifier: GPL-2.0 WITH X */\n", "GPL-2.0 WITH X"),
        ("#!/bin/sh\n# SPDX-License-Identifier: MIT\n", "MIT"),
        ("\n\n\n// SPDX-License-Identifier: MIT\n", None),
        ("int x;\n", None),
    ],
)
def test_a_licence_is_found_at_the_top_alone(text: str, licence: str | None) -> None:
    assert named(text) == licence


def test_the_project_names_its_licence_and_version_alike_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = (ROOT / "CITATION.cff").read_text()
    assert (ROOT / "LICENSE").read_text().startswith(f"{project['license']} License\n")
    assert f"\nlicense: {project['license']}\n" in citation
    assert f"\nversion: {project['version']}\n" in citation
    assert f" {project['version']}" in (ROOT / "CHANGELOG.md").read_text()
