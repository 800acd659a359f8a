# SPDX-License-Identifier: MIT
"""What is advised, and the numbers that it rests on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from analysis.advice.rule import CASES, Advice, Case, advise
from analysis.advice.words import answer, reasons
from analysis.output.error import UsageError
from analysis.read.load import load
from analysis.result.compute import results
from analysis.secrecy.matrix import matrix

from ..command import analysis
from ..recording import Synthetic, SyntheticCell, write
from ..ways import LIFE_S, LOSS_S, USE_S, owner, prices, ways

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CASE = Case("a test", 300, 1000.0, ("process-vm-readv",))


def advised(folder: Path, case: Case, chosen: Sequence[SyntheticCell] | None = None) -> Advice:
    cells = [*ways(), *prices()] if chosen is None else chosen
    loaded = load([write(folder / "s.jsonl", Synthetic(cells))])
    rows = results(loaded)
    return advise(rows, matrix(rows, loaded.modes), case)


def standings(found: Advice) -> dict[str, str]:
    return {each.mode: each.standing for each in found.assessments}


def test_only_a_mode_that_closes_what_must_be_closed_is_chosen(tmp_path: Path) -> None:
    found = advised(tmp_path, CASE)
    assert found.chosen == "secret"
    left = "leaves open"
    assert standings(found) == {"secret": "chosen", "guarded": left, "anon": left, "memfd": left}
    assert next(o for o in found.assessments if o.mode == "guarded").why == ("process-vm-readv",)


def test_the_numbers_are_those_of_the_record(tmp_path: Path) -> None:
    first = advised(tmp_path, CASE).assessments[0]
    assert first.cpu_share
    assert first.setup_s
    assert first.others_s
    assert first.cpu_share.estimate == pytest.approx(1000 * USE_S["secret"], rel=0.05)
    assert first.cpu_share.cell == "secret-use/secret:memfd"
    assert first.setup_s.estimate == pytest.approx(300 * LIFE_S["secret"], rel=0.05)
    assert first.others_s.estimate == pytest.approx(300 * LOSS_S["secret"], rel=0.05)
    assert first.fits == {"page": 400, "slab": 262144}
    assert first.leaves_open == ("fork", "pidfd-getfd", "write")


def test_more_secrets_than_fit_are_said(tmp_path: Path) -> None:
    said = " ".join(reasons(advised(tmp_path, Case("a test", 401, 1.0, ("vmsplice",)))))
    assert "only 400 fit 8 MiB of RLIMIT_MEMLOCK" in said
    assert "pack them (262,144 fit)" in said
    assert "400 fit" not in " ".join(reasons(advised(tmp_path, CASE)))


def test_a_mode_whose_uses_take_too_much_is_too_dear(tmp_path: Path) -> None:
    often = Case("a test", 1, 6000.0, ("fork",))
    assert standings(advised(tmp_path, often))["guarded"] == "too dear"
    assert advised(tmp_path, often).chosen is None
    seldom = advised(tmp_path, Case("a test", 1, 100.0, ("fork",)))
    assert seldom.chosen == "guarded"


def test_the_most_secret_of_what_is_left_is_chosen_and_the_rest_is_named(tmp_path: Path) -> None:
    found = advised(tmp_path, Case("a test", 1, 1.0))
    assert found.chosen == "secret"
    assert standings(found)["memfd"] == "beaten"
    said = " ".join(reasons(found))
    assert "Instead guarded, for under 0.001 % of one CPU: leaves open ptrace-peek" in said
    assert "besides; closes fork, pidfd-getfd as well." in said


def test_a_host_that_allows_strangers_is_advised_by_what_they_take(tmp_path: Path) -> None:
    host = CASES[2]
    assert host.strangers
    found = advised(tmp_path, host)
    assert found.chosen == "guarded"
    modes = ("guarded", "secret", "anon")
    assert [standings(found)[m] for m in modes] == ["chosen", "too dear", "not measured"]
    shares = {each.mode: each.others_share for each in found.assessments}
    assert shares["secret"]
    assert shares["secret"].estimate == pytest.approx(LOSS_S["secret"] * 5e4)


def test_a_way_that_was_tried_on_no_mode_decides_nothing_and_is_said(tmp_path: Path) -> None:
    found = advised(tmp_path, Case("a test", 1, 1.0, ("vmsplice", "kcore")))
    assert found.chosen == "secret"
    assert found.undecided == ("kcore",)
    assert "Tried on no mode here, so not known: kcore." in reasons(found)


def test_a_way_that_was_not_tried_on_a_mode_is_not_closed_by_it(tmp_path: Path) -> None:
    cells = [c for c in ways() if (c.metric, c.mode) != ("way-vmsplice", "secret")]
    found = advised(tmp_path, Case("a test", 1, 1.0, ("vmsplice",)), [*cells, *prices()])
    assert standings(found).items() >= {"secret": "not tried"}.items()
    assert found.chosen is None


def test_a_cost_that_was_not_measured_is_no_advice(tmp_path: Path) -> None:
    rest = [cell for cell in owner() if cell.metric != "secret-use"]
    found = advised(tmp_path, CASE, [*ways(), *rest])
    assert found.chosen is None
    assert answer(found) == "not decided, a cost was not measured"


def test_records_that_tried_nothing_give_no_advice(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing says what a mode closes"):
        advised(tmp_path, CASE, prices())


def test_the_three_kinds_of_user_name_ways_and_rates() -> None:
    assert len(CASES) == 3
    assert [bool(case.must_close) for case in CASES] == [True, True, False]
    assert CASES[0].secrets >= 100
    assert CASES[1].secrets == 1


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return write(tmp_path / "s.jsonl", Synthetic([*ways(), *prices()]))


def test_the_verb_prints_the_advice_with_its_numbers(record: Path) -> None:
    case = ["--secrets", "500", "--uses-per-second", "3", "--must-close", "way-vmsplice,swap"]
    done = analysis("advise", record, *case)
    assert done.returncode == 0, done.stderr
    assert "advice: secret\n" in done.stdout
    assert "must close: vmsplice, swap" in " ".join(done.stdout.split())
    assert "leaves open vmsplice" in done.stdout
    assert "How it is chosen" in done.stdout


def test_the_verb_gives_json_with_the_cells_behind_its_numbers(record: Path) -> None:
    done = analysis("advise", record, "--secrets", "5", "--uses-per-second", "1000", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["chosen"] == "secret"
    assert found["case"]["must_close"] == []
    first = found["options"][0]
    assert first["cpu_share"]["cell"] == "secret-use/secret:memfd"
    assert first["setup_s"]["estimate"] == pytest.approx(5 * LIFE_S["secret"], rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--secrets", "5"], "Missing option '--uses-per-second'"),
        (["--secrets", "0", "--uses-per-second", "1"], "0 is not in the range 1<=x"),
        (["--secrets", "5", "--uses-per-second", "-1"], "-1.0 is not in the range"),
        (["--secrets", "5", "--uses-per-second", "nan"], "'nan' is no number"),
        (
            ["--secrets", "5", "--uses-per-second", "1", "--must-close", "vmspice"],
            "--must-close 'vmspice' is no way in these files: did you mean 'vmsplice'?",
        ),
    ],
)
def test_a_wrong_case_is_one_line(record: Path, arguments: list[str], reason: str) -> None:
    done = analysis("advise", record, *arguments)
    assert done.returncode == 2
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
