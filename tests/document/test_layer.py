# SPDX-License-Identifier: MIT
"""ARCHITECTURE.md shows the layers as the contracts hold them."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from tests.native.test_layers import LAYERS

from .document import ROOT, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable


def drawn(part: str) -> list[set[str]]:
    """Return the layers that the picture gives a part, from the top."""
    (line,) = re.findall(rf"^- \*\*{part}\*\*: (.+)$", text_of("ARCHITECTURE.md"), re.MULTILINE)
    return [set(layer.split(", ")) for layer in line.split(" > ")]


def held(part: str) -> list[set[str]]:
    """Return the layers that import-linter holds, but for `__main__` on top of all."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts: Iterable[dict[str, object]] = project["tool"]["importlinter"]["contracts"]
    (found,) = [each["layers"] for each in contracts if each.get("containers") == [part]]
    assert isinstance(found, list)
    return [set(layer.split(" | ")) for layer in found if layer != "__main__"]


def test_the_layers_of_bench_and_analysis_are_the_contracts() -> None:
    assert drawn("bench") == held("bench")
    assert drawn("analysis") == held("analysis")


def test_the_layers_of_the_native_core_are_those_of_its_includes() -> None:
    assert drawn("native core") == list(LAYERS)
