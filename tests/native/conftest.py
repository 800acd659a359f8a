# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.document.document import files_in

from .command import NATIVE, build, call

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def core() -> Path:
    done = build(NATIVE)
    assert done.returncode == 0, done.stderr
    return NATIVE / "build" / "core"


@pytest.fixture(scope="session")
def sanitized() -> Path:
    done = build(NATIVE, "sanitized")
    assert done.returncode == 0, done.stderr
    return NATIVE / "build" / "core-sanitized"


@pytest.fixture(scope="session")
def walked(core: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A core with every file that CONTRIBUTING adds to it."""
    native = tmp_path_factory.mktemp("walked") / "native"
    shutil.copytree(core.parents[1], native)
    for path, text in files_in("CONTRIBUTING.md").items():
        if path.endswith(".c"):
            (native / path).write_text(text)
    done = build(native)
    assert done.returncode == 0, done.stderr
    return native / "build" / "core"


OF_A_LIBRARY = {"sodium", "openssl-secure", "encrypted-at-rest"}


@pytest.fixture(scope="session")
def absent(core: Path) -> dict[str, str]:
    """Modes that are not to be had because their library is not installed, and the core's words."""
    modes = json.loads(call(core, "list").stdout)["modes"]
    return {
        mode["name"]: mode["reason"]
        for mode in modes
        if mode["name"] in OF_A_LIBRARY and "is not installed" in mode["reason"]
    }


@pytest.fixture(autouse=True)
def _library(request: pytest.FixtureRequest) -> None:
    """Skip what needs a library that is not installed: by the mode in a parameter or a mark."""
    given = getattr(request.node, "callspec", None)
    names = {each for mark in request.node.iter_markers("library") for each in mark.args}
    names |= {each for each in (given.params if given else {}).values() if isinstance(each, str)}
    for name in sorted(names & OF_A_LIBRARY):
        if reason := request.getfixturevalue("absent").get(name):
            pytest.skip(reason)
