# SPDX-License-Identifier: MIT
"""Series over many campaigns: what moved, and whether the environment moved with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ..command import inside
from ..recording import Synthetic, SyntheticCell, write

if TYPE_CHECKING:
    from pathlib import Path

CAMPAIGNS = 16
SMALL: dict[str, int | str] = {"len_bytes": 16384}


def cells(turn: int) -> list[SyntheticCell]:
    """One series that moves with the kernel, one that moves alone, one that stays."""
    with_kernel = 1.3 if turn >= 8 else 1.0
    alone = 1.2 if turn >= 5 else 1.0
    jitter = 1 + 0.002 * (turn % 3)
    return [
        SyntheticCell(
            "access-latency", "secret", "memfd", SMALL, 1e-9, with_kernel * jitter, 0.002
        ),
        SyntheticCell("create", "secret", "memfd", {}, 1e-6, alone * jitter, 0.002),
        SyntheticCell("release", "secret", "memfd", {}, 1e-6, 1.5 * jitter, 0.002),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for turn in range(CAMPAIGNS):
        kernel = "6.19.0-synthetic" if turn >= 8 else "6.18.0-synthetic"
        made = Synthetic(cells(turn), id=f"{turn:016x}", environment={"kernel_release": kernel})
        path = write(tmp_path / f"202601{turn + 1:02d}T000000Z-nightly.jsonl", made)
        lines = path.read_text().splitlines()
        first = json.loads(lines[0]) | {"created": f"2026-01-{turn + 1:02d}T00:00:00.000Z"}
        path.write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n")
    return tmp_path


def test_history_tells_what_moved_with_the_kernel_from_what_moved_alone(folder: Path) -> None:
    done = inside("history", folder, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["files"] == CAMPAIGNS
    assert found["settings"] == {"window_len": 50, "max_pvalue": 0.001, "min_magnitude": 0.05}
    assert found["moved"] == [
        "access-latency/secret:memfd/len_bytes=16384",
        "create/secret:memfd",
    ]
    assert found["moved_alone"] == ["create/secret:memfd"]
    first, second, third = found["series"]
    (with_kernel,) = first["change_points"]
    assert with_kernel["index"] == 8
    assert [each["fact"] for each in with_kernel["coinciding"]] == ["kernel_release"]
    (alone,) = second["change_points"]
    assert (alone["index"], alone["coinciding"]) == (5, [])
    assert alone["after"] / alone["before"] == pytest.approx(1.2, rel=0.01)
    assert third["change_points"] == []


def test_history_says_it_in_words_and_draws_every_series(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures"
    done = inside("history", folder, "-o", out)
    assert done.returncode == 0, done.stderr
    assert "2 of 3 series moved, 1 of them without a change of the environment" in done.stdout
    assert "with kernel_release: 6.18.0-synthetic to 6.19.0-synthetic" in done.stdout
    assert "apache-otava 0.8.0: window_len 50, max_pvalue 0.001" in done.stdout
    drawn = sorted(out.glob("*.svg"))
    assert len(drawn) == 3
    for path in drawn:
        assert ET.fromstring(path.read_text()).tag.endswith("svg")  # noqa: S314  our own
    moved = next(path for path in drawn if path.name.startswith("access-latency")).read_text()
    assert "kernel_release" in moved
    assert "1.30x" in moved


def test_a_short_history_is_shown_and_not_searched(folder: Path) -> None:
    for path in sorted(folder.glob("*.jsonl"))[5:]:
        path.unlink()
    found = json.loads(inside("history", folder, "--json").stdout)
    assert found["moved"] == []
    assert found["series"][0]["note"] == "5 campaigns: 6 are needed"


def test_history_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    done = inside("history", tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no record file below this directory: measure first" in done.stderr
