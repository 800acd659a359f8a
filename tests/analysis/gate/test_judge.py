# SPDX-License-Identifier: MIT
"""`analysis gate` on record files whose truth is known."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from ..command import analysis, inside
from ..recording import Synthetic, SyntheticCell, write

if TYPE_CHECKING:
    from pathlib import Path

SMALL: dict[str, int | str] = {"len_bytes": 16384}
LATENCY = "access-latency/secret:memfd/len_bytes=16384"


def cells(**changed: float) -> list[SyntheticCell]:
    """Four cells; `changed` are the ratios or counts that differ from the usual."""

    def cell(metric: str, base: float, ratio: float, **params: int | str) -> SyntheticCell:
        noise, runs = changed.get("noise", 0.01), int(changed.get("runs", 20))
        return SyntheticCell(metric, "secret", "memfd", params, base, ratio, noise, runs=runs)

    return [
        cell("access-latency", 1e-9, changed.get("latency", 1.5), **SMALL),
        cell("bandwidth", 8e9, changed.get("bandwidth", 0.8), op="read"),
        cell("create", 1e-6, changed.get("create", 2.0)),
        SyntheticCell("density", "secret", None, base=changed.get("density", 100), runs=2),
    ]


def record(
    path: Path, *, first: int = 4, environment: dict[str, Any] | None = None, **changed: float
) -> Path:
    rows, name = cells(**changed)[:first], path.stem.encode().hex().ljust(16, "0")[:16]
    return write(path, Synthetic(rows, id=name, environment=environment or {}))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return record(tmp_path / "base.jsonl")


def gate(*words: str | Path) -> tuple[int, dict[str, Any], str]:
    done = inside("gate", *words, "--json")
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {row["metric"]: row["verdict"] for row in found["cells"]}


def refused(*words: str | Path) -> str:
    """The one line that a gate says which cannot judge."""
    done = inside("gate", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_equal_campaigns_pass(base: Path, tmp_path: Path) -> None:
    code, found, said = gate(base, record(tmp_path / "same.jsonl"))
    assert (code, found["verdict"], said) == (0, "pass", "")
    assert set(verdicts(found).values()) == {"pass"}


def test_what_got_worse_is_named_and_nothing_else(base: Path, tmp_path: Path) -> None:
    code, found, _ = gate(base, record(tmp_path / "slow.jsonl", latency=1.65))
    assert code == 1
    assert verdicts(found) == {
        "access-latency": "regressed", "bandwidth": "pass", "create": "pass", "density": "pass",
    }  # fmt: skip
    (row,) = [row for row in found["cells"] if row["verdict"] == "regressed"]
    assert row["estimate"] == pytest.approx(1.1, rel=0.02)
    assert row["low"] < row["estimate"] < row["high"]
    assert (row["margin"], row["runs"]) == (0.05, 20)
    assert row["p"] <= row["p_level"]
    again = f"python -m bench gate synthetic --baseline {base} --family 3 --attempt 2"
    assert row["again"] == f"{again} --cell {LATENCY}"


def test_worse_is_lower_where_more_is_better(base: Path, tmp_path: Path) -> None:
    code, found, _ = gate(base, record(tmp_path / "c.jsonl", bandwidth=0.7, create=1.7))
    assert code == 1
    assert verdicts(found)["bandwidth"] == "regressed"
    assert verdicts(found)["create"] == "improved"


def test_an_improvement_is_no_failure(base: Path, tmp_path: Path) -> None:
    code, found, _ = gate(base, record(tmp_path / "fast.jsonl", latency=1.3))
    assert (code, found["verdict"]) == (0, "improved")


def test_a_count_is_compared_exactly_within_its_tolerance(base: Path, tmp_path: Path) -> None:
    fewer = record(tmp_path / "fewer.jsonl", density=101)
    code, found, _ = gate(base, fewer)
    assert (code, verdicts(found)["density"]) == (1, "regressed")
    policy = tmp_path / "policy.toml"
    policy.write_text("[tolerances]\ndensity = 1\n")
    assert gate(base, fewer, "--policy", policy)[0] == 0


def test_doubt_is_inconclusive_with_the_runs_that_would_end_it(base: Path, tmp_path: Path) -> None:
    noisy = record(tmp_path / "noisy.jsonl", noise=0.2)
    code, found, _ = gate(base, noisy)
    assert (code, found["verdict"]) == (3, "inconclusive")
    (row,) = [row for row in found["cells"] if row["metric"] == "create"]
    assert row["further_runs"] > 20
    policy = tmp_path / "policy.toml"
    for word, expected in (("fail", 3), ("pass", 0), ("report", 0)):
        policy.write_text(f'inconclusive = "{word}"\n')
        assert gate(base, noisy, "--policy", policy)[0] == expected


def test_one_file_holds_modes_against_their_controls(tmp_path: Path) -> None:
    like = [
        SyntheticCell("create", "anon", "memfd", {}, 1e-6, 1.0, 0.01),
        SyntheticCell("release", "secret", "memfd", {}, 1e-6, 1.2, 0.01),
    ]
    code, found, _ = gate(write(tmp_path / "one.jsonl", Synthetic(like)))
    assert (code, found["way"]) == (1, "control")
    assert verdicts(found) == {"create": "pass", "release": "regressed"}


def test_a_loss_is_held_to_a_margin_in_its_unit(tmp_path: Path) -> None:
    def loss(name: str, loss_s: float) -> Path:
        cell = SyntheticCell("neighbour-loss", "secret", "memfd", {}, 0.0, loss=loss_s, noise=0.01)
        return write(tmp_path / name, Synthetic([cell], id=name.ljust(16, "0")))

    base, more = loss("a", 9e-6), loss("b", 11e-6)
    code, found, _ = gate(base, more)
    assert code == 1
    assert found["cells"][0]["estimate"] == pytest.approx(2e-6, rel=0.05)
    policy = tmp_path / "policy.toml"
    policy.write_text("[margins]\nneighbour-loss = 5e-6\n")
    assert gate(base, more, "--policy", policy)[0] == 0


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("kernel_release", "6.19.0"), ("cpu_model_name", "Other"), ("cpus_online", "0-7"),
        ("cpu_invlpgb", True), ("hypervisor", "KVM"), ("thp_enabled", "never"),
        ("mitigation_retbleed", "Vulnerable"),
    ],
)  # fmt: skip
def test_another_environment_is_refused_by_name_unless_it_is_under_test(
    base: Path, tmp_path: Path, fact: str, value: object
) -> None:
    other = record(tmp_path / "other.jsonl", environment={fact: value})
    assert f"{fact}: " in refused(base, other)
    policy = tmp_path / "policy.toml"
    policy.write_text(f'under_test = ["{fact}"]\n')
    code, found, _ = gate(base, other, "--policy", policy)
    assert code == 0
    assert [each["fact"] for each in found["under_test"]] == [fact]


def test_times_of_emulated_machines_are_not_judged(base: Path, tmp_path: Path) -> None:
    def emulated(source: Path, name: str) -> Path:
        first, rest = source.read_text().split("\n", 1)
        head = json.loads(first)
        head["machine"]["emulated"], head["id"] = True, name.ljust(16, "0")
        (tmp_path / name).write_text(json.dumps(head) + "\n" + rest)
        return tmp_path / name

    one = emulated(base, "one.jsonl")
    assert "emulated: False against True" in refused(base, one)
    code, found, _ = gate(one, emulated(base, "two.jsonl"))
    assert code == 0
    assert verdicts(found) == {"density": "pass"}
    assert len(found["left_out"]) == 3


def test_absolute_times_inform_and_cannot_pass(base: Path, tmp_path: Path) -> None:
    same = record(tmp_path / "same.jsonl")
    code, found, _ = gate(base, same, "--absolute")
    assert (code, found["way"], found["verdict"]) == (3, "absolute", "inconclusive")
    assert all("for information, never a verdict" in row["reason"] for row in found["cells"])


def test_added_and_removed_cells_are_listed(base: Path, tmp_path: Path) -> None:
    fewer = record(tmp_path / "fewer.jsonl", first=2)
    code, found, said = gate(base, fewer)
    assert (code, found["removed"]) == (3, ["create/secret:memfd", "density/secret"])
    assert "only in the baseline: create/secret:memfd and 1 more" in said
    code, found, said = gate(fewer, base)
    assert (code, found["added"]) == (3, ["create/secret:memfd", "density/secret"])
    assert "only in the candidate" in said


def test_too_few_runs_say_how_many_are_needed(tmp_path: Path) -> None:
    def many(name: str, ratio: float) -> Path:
        rows = [
            SyntheticCell("create", "secret", "memfd", {"p": place}, 1e-6, ratio, 0.05, runs=5)
            for place in range(100)
        ]
        return write(tmp_path / name, Synthetic(rows, id=name.ljust(16, "0")))

    code, found, said = gate(many("a", 1.0), many("b", 1.5))
    assert (code, found["fewest_runs"]) == (3, 11)
    assert "too few runs (least 5) to show a regression among 100: 11 are needed" in said


def test_equal_values_pass_and_zero_or_negative_ones_have_no_ratio(tmp_path: Path) -> None:
    def constant(name: str, base: float) -> Path:
        path = tmp_path / name
        cell = SyntheticCell("create", "secret", "memfd", {}, runs=12)
        write(path, Synthetic([cell], id=name.ljust(16, "0")))
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines:
            if line["kind"] == "run":
                line["values"] = {"treatment": [base] * 3, "control": [base] * 3}
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    assert gate(constant("a", 1e-9), constant("b", 1e-9))[0] == 0
    for name, value in (("zero", 0.0), ("negative", -1e-9)):
        code, found, said = gate(tmp_path / "a", constant(name, value))
        assert (code, found["cells"][0]["verdict"]) == (3, "inconclusive")
        assert "no run with a ratio: values are zero or negative" in said
    nan = (tmp_path / "a").read_text().replace("1e-09", "NaN", 1)
    (tmp_path / "nan").write_text(nan)
    assert "is malformed" in refused(tmp_path / "nan", tmp_path / "b")


def test_files_that_are_no_baseline_are_refused(base: Path, tmp_path: Path) -> None:
    candidate = record(tmp_path / "c.jsonl")
    assert "cannot be read" in refused(tmp_path / "missing.jsonl", candidate)
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    assert "empty" in refused(empty, candidate)
    newer = tmp_path / "newer.jsonl"
    newer.write_text(base.read_text().replace('"schema": 1', '"schema": 2', 1))
    assert "has schema 2, newer than 1" in refused(newer, candidate)
    other = json.loads(base.read_text().splitlines()[0]) | {"id": "e" * 16, "plan": "other"}
    (tmp_path / "other.jsonl").write_text(
        "\n".join([json.dumps(other), *base.read_text().splitlines()[1:]]) + "\n"
    )
    said = refused(base, tmp_path / "other.jsonl", candidate)
    assert "no baseline together with" in said
    assert "plan: synthetic against other" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[margins]\nacces-latency = 0.1", "did you mean 'access-latency'?"),
        ("[margins]\ndefault = nan", "correct"),
        ("[margins]\ndefault = 0", "correct"),
        ("[margin]\ndefault = 0.1", "unknown field `margin`"),
        ('inconclusive = "maybe"', "correct that key"),
        ("margins = [", "malformed TOML"),
        ('under_test = ["kernel"]', "did you mean 'kernel_release'?"),
        ('[[ignore]]\ncell = "*"\nreason = "old"\nuntil = 2020-01-01', "ended on 2020-01-01 (old)"),
        ('[[ignore]]\ncell = "*"\nreason = ""\nuntil = 2999-01-01', "correct that key"),
    ],
)
def test_a_wrong_policy_is_refused(base: Path, tmp_path: Path, text: str, said: str) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(text)
    assert said in refused(base, record(tmp_path / "c.jsonl"), "--policy", policy)


def test_an_ignored_cell_is_listed_and_does_not_fail(base: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    policy.write_text(
        f'[[ignore]]\ncell = "access-latency/*"\nreason = "known"\nuntil = {tomorrow}\n'
    )
    slow = record(tmp_path / "slow.jsonl", latency=1.65)
    code, found, _ = gate(base, slow, "--policy", policy)
    assert (code, found["ignored"][0]["cell"]) == (0, LATENCY)
    assert found["family"] == 2


def test_every_output_says_all_of_every_cell(base: Path, tmp_path: Path) -> None:
    slow = record(tmp_path / "slow.jsonl", latency=1.65)
    summary, junit = tmp_path / "summary.md", tmp_path / "junit.xml"
    summary.write_text("before\n")
    words = ("gate", base, slow, "--markdown", summary, "--junit", junit, "--github")
    done = analysis(*words)
    assert done.returncode == 1
    suite = ET.fromstring(junit.read_text())  # noqa: S314  our own
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "0")
    (failure,) = suite.iter("failure")
    texts = (done.stdout, summary.read_text(), failure.get("message", "") + str(failure.text))
    for text in texts:
        for part in ("regressed", "1.1", "5 %", "20", f"--cell {LATENCY}"):
            assert part in text
    assert summary.read_text().startswith("before\n### Gate: regressed")
    assert all(row in done.stdout for row in ("bandwidth/", "create/", "density/"))
    (error,) = [line for line in done.stdout.splitlines() if line.startswith("::error ")]
    assert error.startswith("::error title=regressed%3A access-latency/secret%3Amemfd/len_bytes")


def test_annotations_are_of_the_ten_worst(tmp_path: Path) -> None:
    def many(name: str, slower: float) -> Path:
        rows = [
            SyntheticCell(
                "create", "secret", "memfd", {"p": place}, 1e-6, 1 + slower * (1 + place / 10),
                0.001, runs=12,
            )
            for place in range(14)
        ]  # fmt: skip
        return write(tmp_path / name, Synthetic(rows, id=name.ljust(16, "0")))

    done = analysis("gate", many("a", 0), many("b", 0.2), "--github")
    errors = [line for line in done.stdout.splitlines() if line.startswith("::error ")]
    assert len(errors) == 10
    assert "p=13" in errors[0]
    assert "p=0:" not in " ".join(errors)


def test_two_sides_are_judged_pair_by_pair(tmp_path: Path) -> None:
    """Each pair has a level of its own, far larger than what differs between the sides."""

    def side(letter: str, slower: float) -> Path:
        path = tmp_path / f"{letter}.jsonl"
        cell = SyntheticCell("create", "secret", "memfd", {}, runs=14)
        write(
            path,
            Synthetic([cell], id=letter.ljust(16, "0"), environment={"kernel_release": letter}),
        )
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        lines[0]["ab"] = {"id": "ab" * 8, "side": letter}
        runs = [line for line in lines if line["kind"] == "run"]
        for line in runs:
            pair = line["pair"] = (line["run"] * 5) % 14 if letter == "A" else line["run"]
            level = 1e-6 * 3 ** (pair % 5) * slower * (1 + 0.001 * ((pair * 7 + len(letter)) % 3))
            line["values"] = {"treatment": [level] * 3, "control": [1e-6] * 3}
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    code, found, _ = gate(side("B", 1.1), side("A", 1.0))
    assert (code, found["way"]) == (1, "pairs")
    assert found["cells"][0]["estimate"] == pytest.approx(1.1, rel=0.01)
    assert [each["fact"] for each in found["under_test"]] == ["kernel_release"]
