# SPDX-License-Identifier: MIT
"""Every version that is installed is written down in constraints.txt."""

import re
import tomllib
from importlib.metadata import distributions

from packaging.utils import canonicalize_name

from .command import CHECKOUT

_SEEDED = {"pip", "setuptools", "wheel"}
"""What a new venv may bring along."""


def pinned() -> dict[str, str]:
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


def names(requirements: list[object]) -> set[str]:
    texts = [entry for entry in requirements if isinstance(entry, str)]
    return {canonicalize_name(re.split(r"[^\w.-]", text)[0]) for text in texts}


def project() -> dict[str, dict[str, list[object]]]:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text())


def test_every_line_pins_one_release_and_names_no_place() -> None:
    for line in (CHECKOUT / "constraints.txt").read_text().splitlines():
        assert line.startswith("#") or re.fullmatch(r"[\w.-]+==[\d.]+(post\d+)?", line), line


def test_everything_installed_here_has_the_version_that_is_pinned() -> None:
    installed = {canonicalize_name(d.name): d.version for d in distributions()}
    ours = {name: version for name, version in installed.items() if name not in _SEEDED}
    assert ours.items() <= pinned().items()


def test_everything_asked_for_is_pinned() -> None:
    groups = project()["dependency-groups"]
    asked = names([entry for group in groups.values() for entry in group])
    assert asked | {"tox"} <= pinned().keys()


def test_the_matrix_has_just_what_the_installed_project_asks_for() -> None:
    # so that every `make matrix` also tries the analysis half with no more than that
    assert names(project()["dependency-groups"]["matrix"]) == names(
        project()["project"]["dependencies"]
    )
