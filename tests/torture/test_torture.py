# SPDX-License-Identifier: MIT
"""A little of the torture, so that it stays alive; `python -m tests.torture` is all of it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bench.campaign.history import read
from tests.analysis.command import inside
from tests.bench.conftest import ROOT

from . import fuzz, material
from .deprivation import deprive
from .feed import fed
from .kill import kill
from .mutation import CHANGES, mutated, resealed
from .tally import Tally, complaint

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module", autouse=True)
def _core() -> None:
    """The real native core, built."""
    subprocess.run(["make", "-C", "bench/native"], cwd=ROOT, check=True, capture_output=True)


# In a process of its own: a worker of the tests is larger than all that a reader may take.
FEED = """
import json
from tests.torture.feed import fed
from tests.torture.tally import Tally
tally = Tally()
fed(tally, "a part of the tests", 400)
print(json.dumps([tally.failures, tally.trials, sorted(tally.counts)]))
"""


def test_inputs_made_wrong_are_read_or_refused_in_a_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FEED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    failures, trials, kinds = json.loads(done.stdout)
    assert failures == []
    assert trials == 400
    assert set(kinds) >= set(fuzz.KINDS) - {"records, slow verbs", "records, packed"}


def test_killed_campaigns_lose_nothing_and_leave_nothing_behind() -> None:
    tally = Tally()
    for number in range(6):
        kill(tally, "a part of the tests", 0.0, number)
    assert tally.failures == []
    assert tally.trials == 6


def test_deprived_verbs_end_as_they_should() -> None:
    tally = Tally()
    for number in range(12):
        deprive(tally, "a part of the tests", 0.0, number)
    assert tally.failures == []
    assert tally.trials == 12


def test_each_change_is_made_and_follows_from_the_dice() -> None:
    data = material.records()[0]
    for change in CHANGES:
        made = [change(random.Random(seed), data, material.plans()) for seed in range(40)]  # noqa: S311
        again = [change(random.Random(seed), data, material.plans()) for seed in range(40)]  # noqa: S311
        assert made == again
        assert len(set(made) - {data}) > 15
    assert mutated(random.Random(1), b"", [b""]) is not None  # noqa: S311


def test_the_material_is_good_before_it_is_made_wrong(tmp_path: Path) -> None:
    for number, data in enumerate(material.records()):
        assert resealed(data) == data
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(data)
        with path.open("rb") as stream:
            assert read(stream, path).damaged == ()
        assert inside("summary", path).returncode == 0


@pytest.mark.parametrize(
    ("code", "said", "wrong"),
    [
        (0, "", False), (2, "analysis: a: b\n", False), (3, "", False), (1, "", True),
        (2, "", True), (2, "a\nb\n", True), (0, "Traceback (most recent call last)", True),
        (2, "bench: unforeseen, so nothing was decided: KeyError", True), (-11, "", True),
    ],
)  # fmt: skip
def test_what_is_wrong_is_called_so(code: int, said: str, *, wrong: bool) -> None:
    assert bool(complaint(code, said)) == wrong


def test_a_failure_comes_with_what_gives_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_dice: random.Random, _folder: Path) -> str:
        raise KeyError("lost")

    monkeypatch.setattr("tests.torture.feed.KINDS", {"records": (fail, 1.0)})
    tally = Tally()
    fed(tally, "s", 1)
    assert tally.failures[0].startswith("records, seed s --only feed --number 0: KeyError: 'lost'")
    assert tally.lines()[-1].startswith("FAILED: records")
