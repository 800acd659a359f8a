# SPDX-License-Identifier: MIT
"""Which ways are closed, which mode is at least as secret as which, and what does not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.read.load import load
from analysis.read.modes import Modes
from analysis.result.compute import results
from analysis.secrecy.matrix import TRIAL_RESULTS, Matrix, Rank, abouts, matrix

from ..recording import Synthetic, SyntheticCell, write
from ..ways import trial, untried, ways

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WAYS = ("a", "b", "c")
outcomes = st.lists(st.sampled_from(TRIAL_RESULTS), min_size=3, max_size=3)


def found(folder: Path, *chosen: SyntheticCell) -> Matrix:
    loaded = load([write(folder / "synthetic.jsonl", Synthetic(chosen))])
    return matrix(results(loaded), loaded.modes, abouts(loaded))


def rank(mode: str, outcome: Sequence[str]) -> Rank:
    """The rank of a mode on which the ways a, b, c came out so."""
    sets = [
        frozenset(w for w, o in zip(WAYS, outcome, strict=True) if o == r)
        for r in TRIAL_RESULTS[:3]
    ]
    return Rank(mode, *sets)


def test_a_matrix_says_what_was_tried_on_which_mode(tmp_path: Path) -> None:
    one = found(tmp_path, *ways())
    by_name = {way.name: way for way in one.ways}
    assert by_name["process-vm-readv"].result("secret") == "closed"
    assert by_name["fork"].result("secret") == "open"
    assert by_name["kcore"].result("secret") == "not tried"
    assert by_name["kcore"].trials["secret"].reason == "no such file"
    assert by_name["vmsplice"].group == "kernel's hands"
    assert by_name["vmsplice"].about == "what vmsplice means to an attacker"
    assert by_name["vmsplice"].trials["secret"].evidence == "EFAULT"
    assert [way.name for way in one.counted] == [w.name for w in one.ways if w.name != "kcore"]


def test_what_is_open_during_a_use_is_not_closed(tmp_path: Path) -> None:
    one = found(tmp_path, *ways())
    by_name = {way.name: way for way in one.ways}
    assert by_name["process-vm-readv"].result("guarded") == "at rest"
    assert by_name["process-vm-readv"].trials["guarded"].cell.endswith("state=in-use")
    assert by_name["core-dump"].result("guarded") == "closed"
    assert one.of("guarded", "at rest") == ("process-vm-readv",)


def test_a_check_whose_control_is_closed_shows_nothing(tmp_path: Path) -> None:
    loaded = load([write(tmp_path / "s.jsonl", Synthetic([trial("fork", "secret", 0)]))])
    text = (tmp_path / "s.jsonl").read_text().replace('"control": [1.0]', '"control": [0.0]')
    (tmp_path / "s.jsonl").write_text(text)
    assert matrix(results(loaded), loaded.modes).ways[0].result("secret") == "closed"
    spoilt = matrix(results(load([tmp_path / "s.jsonl"])), loaded.modes)
    assert spoilt.ways[0].result("secret") == "not tried"
    assert "closed on memfd too" in spoilt.ways[0].trials["secret"].reason
    assert spoilt.ranks == {}


def test_a_check_without_a_control_shows_nothing(tmp_path: Path) -> None:
    alone = SyntheticCell("way-fork", "secret", None, base=0, runs=2)
    (way,) = found(tmp_path, alone).ways
    assert way.result("secret") == "not tried"
    assert "a check that cannot fail shows nothing" in way.trials["secret"].reason


def test_a_way_that_is_open_in_one_run_is_open(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", Synthetic([trial("fork", "secret", 0)]))
    path.write_text(path.read_text().replace('"treatment": [0.0]', '"treatment": [1.0]', 1))
    (way,) = matrix(results(load([path])), Modes({})).ways
    assert way.result("secret") == "open"
    assert way.trials["secret"].reason == "not in every run"


def test_a_failed_check_is_not_tried(tmp_path: Path) -> None:
    dead = SyntheticCell("way-fork", "secret", "memfd", status="failed", reason="signal 9", runs=1)
    (way,) = found(tmp_path, dead).ways
    assert way.result("secret") == "not tried"
    assert way.trials["secret"].reason == "the check failed: signal 9"


def test_a_control_without_a_cell_of_its_own_is_open(tmp_path: Path) -> None:
    one = found(tmp_path, trial("fork", "secret", 0))
    assert one.modes == ("memfd", "secret")
    assert one.ways[0].result("memfd") == "open"
    assert one.ways[0].trials["memfd"].evidence == "32 bytes read"


def test_a_mode_that_only_says_it_is_secret_is_caught(tmp_path: Path) -> None:
    """Plain anonymous memory under the name of a secret mode closes what anon closes."""
    truth = [cell for cell in ways() if cell.mode == "anon"]
    fake = [
        trial(cell.metric.removeprefix("way-"), "secret-fake", int(cell.base))
        if cell.status == "ok"
        else untried(cell.metric.removeprefix("way-"), "secret-fake", "")
        for cell in truth
    ]
    one = found(tmp_path, *ways(), *fake)
    assert one.ranks["anon"].at_least(one.ranks["secret-fake"])
    assert not one.ranks["secret-fake"].at_least(one.ranks["secret"])
    caught = one.ranks["secret-fake"].open & one.ranks["secret"].closed
    assert caught == {"process-vm-readv", "ptrace-peek", "core-dump", "vmsplice", "swap"}


def test_a_mode_that_nobody_heard_of_stands_by_what_its_record_says_it_promises(
    tmp_path: Path,
) -> None:
    cells = [trial("fork", mode, 0) for mode in ("secret", "novel", "anon")]
    orders = []
    for name, looks in (("silent", {}), ("said", {"novel": {"order": 5, "promise": 5}})):
        loaded = load([write(tmp_path / f"{name}.jsonl", Synthetic(cells, looks=looks))])
        orders.append(matrix(results(loaded), loaded.modes).modes)
    assert orders == [
        ("anon", "memfd", "novel", "secret"),
        ("novel", "anon", "memfd", "secret"),
    ]


def test_other_parameters_make_another_way(tmp_path: Path) -> None:
    one = found(
        tmp_path,
        SyntheticCell("way-fork", "secret", "memfd", {"when": "early"}, 0, runs=1),
        SyntheticCell("way-fork", "secret", "memfd", {"when": "late"}, 1, runs=1),
    )
    assert [way.name for way in one.ways] == ["fork when=early", "fork when=late"]
    assert [way.result("secret") for way in one.ways] == ["closed", "open"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("closed", "closed", "open"), ("closed", "open", "open"), True),
        (("closed", "open", "open"), ("closed", "closed", "open"), False),
        (("closed", "open", "open"), ("open", "closed", "open"), False),
        (("not tried", "open", "open"), ("open", "open", "open"), True),
        (("not tried", "open", "open"), ("closed", "open", "open"), False),
        (("open", "open", "open"), ("not tried", "open", "open"), False),
        (("not tried", "closed", "open"), ("not tried", "open", "open"), True),
        (("at rest", "open", "open"), ("open", "open", "open"), True),
        (("at rest", "open", "open"), ("closed", "open", "open"), False),
        (("at rest", "open", "open"), ("not tried", "open", "open"), False),
        (("not tried", "open", "open"), ("at rest", "open", "open"), False),
    ],
)
def test_at_least_as_secret(one: Sequence[str], other: Sequence[str], *, expected: bool) -> None:
    assert rank("one", one).at_least(rank("other", other)) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("closed", "open", "open"), ("open", "open", "open"), True),
        (("closed", "open", "open"), ("at rest", "open", "open"), True),
        (("at rest", "open", "open"), ("open", "open", "open"), True),
        (("closed", "open", "open"), ("not tried", "open", "open"), False),
        (("not tried", "open", "open"), ("open", "open", "open"), False),
        (("closed", "open", "open"), ("closed", "open", "open"), False),
        (("closed", "open", "open"), ("open", "closed", "open"), False),
    ],
)
def test_more_secret_is_what_both_were_tried_for(
    one: Sequence[str], other: Sequence[str], *, expected: bool
) -> None:
    assert rank("one", one).above(rank("other", other)) is expected


@given(outcomes, outcomes, outcomes)
def test_the_order_is_a_partial_order(
    one: Sequence[str], other: Sequence[str], third: Sequence[str]
) -> None:
    a, b, c = rank("a", one), rank("b", other), rank("c", third)
    assert a.at_least(a)
    if a.at_least(b) and b.at_least(c):
        assert a.at_least(c)
    if a.at_least(b) and b.at_least(a):
        assert one == other


@given(outcomes, outcomes, st.sampled_from(TRIAL_RESULTS[:3]), st.integers(0, 2))
def test_no_way_tried_later_on_one_mode_refutes_the_order(
    one: Sequence[str], other: Sequence[str], late: str, place: int
) -> None:
    """What was said while a way was tried on one of the two alone stays true."""
    a, b = rank("a", one), rank("b", other)
    if not a.at_least(b) or (one[place] == "not tried") == (other[place] == "not tried"):
        return
    filled = [list(one), list(other)]
    for each in filled:
        if each[place] == "not tried":
            each[place] = late
    assert rank("a", filled[0]).at_least(rank("b", filled[1]))
