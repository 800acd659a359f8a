# SPDX-License-Identifier: MIT
"""Series over many campaigns: what moved, and whether the environment moved with it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
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


def campaign(folder: Path, turn: int, made: Synthetic) -> Path:
    """One of many campaigns, a day after the last."""
    day = date(2026, 1, 1) + timedelta(days=turn)
    path = write(folder / f"{day:%Y%m%d}T000000Z-nightly-{made.id}.jsonl", made)
    lines = path.read_text().splitlines()
    first = json.loads(lines[0]) | {"created": f"{day}T00:00:00.000Z"}
    path.write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for turn in range(CAMPAIGNS):
        kernel = "6.19.0-synthetic" if turn >= 8 else "6.18.0-synthetic"
        environment = {"kernel_release": kernel}
        campaign(tmp_path, turn, Synthetic(cells(turn), id=f"{turn:016x}", environment=environment))
    return tmp_path


def test_history_tells_what_moved_with_the_kernel_from_what_moved_alone(folder: Path) -> None:
    done = inside("history", folder, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["files"] == CAMPAIGNS
    assert found["settings"] == {
        "alpha": 0.05, "min_magnitude": 0.01, "shortest": 4, "longest_episode": 10,
    }  # fmt: skip
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
    assert "analysis.stats.steps: alpha 0.05, min_magnitude 0.01" in done.stdout
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


def series_of(
    folder: Path,
    ratios: list[float],
    environments: list[dict[str, Any]] | None = None,
    noisy: int | None = None,
) -> list[dict[str, Any]]:
    """What is said of one cell whose campaigns had these ratios, one of which is hardly known."""
    for turn, ratio in enumerate(ratios):
        noise = 0.3 if turn == noisy else 0.002
        cell = SyntheticCell("create", "secret", "memfd", {}, 1e-6, ratio, noise)
        environment = environments[turn] if environments else {}
        campaign(folder, turn, Synthetic([cell], id=f"{turn:016x}", environment=environment))
    done = inside("history", folder, "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["series"]
    return found


def wobble(turn: int) -> float:
    """A ratio that hardly moves."""
    return 1 + 0.003 * (-1, 2, 0, 1, -2)[turn % 5]


def test_an_episode_is_neither_two_steps_nor_a_spike(tmp_path: Path) -> None:
    ratios = [wobble(turn) * (1.3 if 12 <= turn < 17 else 1) for turn in range(30)]
    (found,) = series_of(tmp_path, ratios)
    assert found["change_points"] == found["spikes"] == []
    (episode,) = found["episodes"]
    assert (episode["begin"], episode["end"]) == (12, 17)
    assert episode["ratio"] / episode["around"] == pytest.approx(1.3, rel=0.01)
    out = tmp_path / "figures"
    done = inside("history", tmp_path, "-o", out)
    assert "1.30x for a while" in next(out.glob("*.svg")).read_text()
    assert "1 of 1 series moved" in done.stdout
    assert "2026-01-13T00:00:00.000Z to 2026-01-17T00:00:00.000Z: 1.30x for a while" in done.stdout


def test_a_spike_is_told_and_is_no_move(tmp_path: Path) -> None:
    (found,) = series_of(tmp_path, [wobble(turn) * (1.4 if turn == 9 else 1) for turn in range(20)])
    assert found["change_points"] == found["episodes"] == []
    (spike,) = found["spikes"]
    assert (spike["begin"], spike["end"]) == (9, 10)
    done = inside("history", tmp_path)
    assert "0 of 1 series moved" in done.stdout
    assert "a spike, no move" in done.stdout


def test_a_campaign_with_a_wide_interval_is_no_spike(tmp_path: Path) -> None:
    ratios = [wobble(turn) * (1.15 if turn == 9 else 1) for turn in range(20)]
    (found,) = series_of(tmp_path, ratios, noisy=9)
    assert found["change_points"] == found["episodes"] == found["spikes"] == []


@pytest.mark.parametrize(
    "fact", ["host", "cpu_model_name", "cpu_count", "hypervisor", "kernel_arch"]
)
def test_series_of_two_machines_are_never_one(tmp_path: Path, fact: str) -> None:
    environments = [{fact: ("one", "other")[turn % 2]} for turn in range(32)]
    found = series_of(tmp_path, [wobble(turn) + turn % 2 for turn in range(32)],
                      environments=environments)  # fmt: skip
    assert len(found) == 2
    assert len({each["machine"] for each in found}) == 2
    assert [len(each["points"]) for each in found] == [16, 16]
    assert not any(each["change_points"] for each in found)


def test_two_machines_that_nothing_but_their_boots_tells_apart_are_not_searched(
    tmp_path: Path,
) -> None:
    boots = ("2026-01-01 00:00:00", "2025-12-30 00:00:00")
    environments = [{"boot_time": boots[turn % 2]} for turn in range(12)]
    ratios = [wobble(turn) for turn in range(12)]
    (found,) = series_of(tmp_path, ratios, environments=environments)
    assert found["note"].startswith("campaigns of more than one machine")


def test_a_cell_that_became_another_thing_is_a_series_of_its_own(tmp_path: Path) -> None:
    for turn in range(16):
        cell = SyntheticCell("create", "secret", "memfd", {}, 1e-6, 1.0 + turn // 8, 0.002)
        path = campaign(tmp_path, turn, Synthetic([cell], id=f"{turn:016x}"))
        lines = path.read_text().splitlines()
        first = json.loads(lines[0])
        first["metrics"]["create"]["procedure"] = 1 + turn // 8
        path.write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n")
    found = json.loads(inside("history", tmp_path, "--json").stdout)
    assert [len(each["points"]) for each in found["series"]] == [8, 8]
    assert found["moved"] == []
    assert found["series"][1]["differences"] == ["metric's procedure: 1 against 2"]
    assert "is a series of its own from 2026-01-09" in inside("history", tmp_path).stdout
