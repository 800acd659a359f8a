# SPDX-License-Identifier: MIT
"""Pairs of boots and of builds, on a scripted core and without a guest."""

from __future__ import annotations

import io
import time
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from bench.campaign.beginning import CampaignOptions, begin, prepare
from bench.campaign.history import read
from bench.campaign.loop import Budget, go
from bench.campaign.schedule import Schedule, states
from bench.compare.builds import both
from bench.compare.pairs import Pairs
from bench.core import Core
from bench.machines.running_kernel import RunningKernel
from tests.bench import fake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.campaign.recording import Recording
    from bench.record.line import Run

FOREVER_S = 1e6


class Boots(RunningKernel):
    """A machine that notes in what order boots of it end."""

    def __init__(self, core: Core, name: str, log: list[str]) -> None:
        super().__init__(core)
        self._name, self._log = name, log

    def close(self) -> None:
        self._log.append(self._name)


class Decided:
    """A judge that has decided a cell once it has looked."""

    def __init__(self, left_open: tuple[str, ...]) -> None:
        self.asked: list[int] = []
        self._left_open = left_open

    def open_cells(self, runs: int) -> tuple[str, ...]:
        self.asked.append(runs)
        return self._left_open


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def recordings(plan: Path, tmp_path: Path, log: list[str]) -> Iterator[list[Recording]]:
    """Sides A and B; secret memory is unsupported on B."""
    (tmp_path / "b").mkdir()
    cores = (fake.make(tmp_path), fake.make(tmp_path / "b", secret=fake.UNSUPPORTED))
    sites = [Boots(Core(core), name, log) for core, name in zip(cores, "AB", strict=True)]
    options = CampaignOptions(out=str(tmp_path / "out.jsonl"), seed=5)
    found = begin([prepare(site, str(plan)) for site in sites], options)
    yield found
    for recording in found:
        recording.close()


def runs_of(recording: Recording) -> list[Run]:
    return list(read(io.BytesIO(recording.path.read_bytes()), recording.path).runs)


def test_each_pair_is_one_boot_of_each_side_with_every_cell_once(
    recordings: list[Recording], log: list[str]
) -> None:
    said: list[str] = []
    pairs = Pairs(recordings, 6, said.append, None)
    ends = go(recordings, pairs, pairs.ran, Budget(time.monotonic(), FOREVER_S))
    a, b = map(runs_of, recordings)
    cells = {cell.cell for cell in recordings[0].campaign.cells}
    orders = defaultdict(list)
    for mine, other in zip(a, b, strict=True):
        # The same work in the same order on both sides.
        assert (mine.cell, mine.pair, mine.seed) == (other.cell, other.pair, other.seed)
        orders[mine.pair].append(mine.cell)
    assert list(orders) == list(range(6))
    assert all(len(order) == len(cells) and set(order) == cells for order in orders.values())
    assert len({tuple(order) for order in orders.values()}) > 1
    # Either side may come first; its boot has ended when the other's begins.
    boots = [set(log[at : at + 2]) for at in range(0, 12, 2)]
    assert boots == [{"A", "B"}] * 6
    assert {log[at] for at in range(0, 12, 2)} == {"A", "B"}
    assert [end.status for end in ends] == ["complete", "complete"]
    name = "count/secret"
    assert [(end.cells[name].stop, end.cells[name].runs) for end in ends] == [
        ("runs", 6),
        ("runs", 0),
    ]
    assert sum(line.startswith("pair ") for line in said) == 6
    assert f"B: {name}: unsupported: no secrets here: boot with X" in said


def test_a_pair_is_not_begun_if_the_longest_so_far_would_not_fit(
    recordings: list[Recording],
) -> None:
    pairs = Pairs(recordings, 6, lambda _: None, None)
    cells = len(recordings[0].campaign.cells)
    left_s = 100.0
    dealt = 0
    while pairs.turn(left_s) is not None:
        dealt += 1
        left_s -= 30.0 / (2 * cells)
    assert dealt == 3 * 2 * cells
    assert pairs.open_cells()
    assert {end.stop for end in pairs.ends("budget", 0).values()} == {"budget"}


def test_a_gate_ends_cells_from_the_third_pair_on_and_all_when_none_is_left(
    recordings: list[Recording],
) -> None:
    looks = Decided(())
    pairs = Pairs(recordings, 6, lambda _: None, looks)  # type: ignore[arg-type]
    (end, _) = go(recordings, pairs, pairs.ran, Budget(time.monotonic(), FOREVER_S))
    assert looks.asked == [2]
    assert end.status == "complete"
    assert {run.pair for run in runs_of(recordings[0])} == {0, 1}


def test_two_builds_have_each_run_one_directly_after_the_other(
    recordings: list[Recording], log: list[str]
) -> None:
    line = recordings[-1].campaign
    schedule = Schedule(states(line), line.seed, sides=both)
    go(recordings, schedule, lambda _run, _left_s: None, Budget(time.monotonic(), FOREVER_S))
    a, b = map(runs_of, recordings)
    assert [(run.cell, run.pair, run.seed) for run in a] == [
        (run.cell, run.pair, run.seed) for run in b
    ]
    assert all(run.pair == run.round for run in (*a, *b))
    firsts = {mine.started <= other.started for mine, other in zip(a, b, strict=True)}
    assert firsts == {True, False}
    assert log == []


def test_both_sides_get_one_seed_and_say_that_they_belong_together(
    recordings: list[Recording],
) -> None:
    a, b = (recording.campaign for recording in recordings)
    assert (a.seed, a.ab.id) == (b.seed, b.ab.id)  # type: ignore[union-attr]
    assert (a.ab.side, b.ab.side) == ("A", "B")  # type: ignore[union-attr]
    assert [recording.path.name for recording in recordings] == ["out-A.jsonl", "out-B.jsonl"]
