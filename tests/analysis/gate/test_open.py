# SPDX-License-Identifier: MIT
"""Nothing fails open: what was not judged, is missing, or is another thing never passes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ..command import inside
from ..recording import Synthetic, SyntheticCell, write
from .test_judge import cells, gate, record, refused, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CREATE = "create/secret:memfd"
Lines = list[dict[str, Any]]


def changed(path: Path, change: Callable[[Lines], object]) -> Path:
    """Rewrite a record."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return record(tmp_path / "base.jsonl")


@pytest.fixture
def lenient(tmp_path: Path) -> Path:
    path = tmp_path / "lenient.toml"
    path.write_text('inconclusive = "pass"\n')
    return path


def many(path: Path, slower: float, runs: int = 8, noise: float = 0.001) -> Path:
    """A hundred cells, the first of which is slower."""

    def cell(place: int) -> SyntheticCell:
        ratio = 1.0 if place else slower
        params = {"p": place}
        return SyntheticCell("create", "secret", "memfd", params, 1e-6, ratio, noise, runs=runs)

    rows = [cell(place) for place in range(100)]
    return write(path, Synthetic(rows, id=path.stem.encode().hex().ljust(16, "0")[:16]))


def test_a_cell_three_times_as_slow_in_every_run_is_never_let_pass(
    tmp_path: Path, lenient: Path
) -> None:
    base, slow = many(tmp_path / "a.jsonl", 1.0), many(tmp_path / "b.jsonl", 3.0)
    for words in ((), ("--policy", lenient)):
        code, found, _ = gate(base, slow, *words)
        assert code == 3
        (row,) = [row for row in found["cells"] if row["beyond"]]
        assert row["cell"].endswith("p=0")
        assert "never let pass" in row["reason"]


def test_with_enough_runs_it_is_regressed(tmp_path: Path) -> None:
    base, slow = (many(tmp_path / name, slower, 12) for name, slower in (("a", 1.0), ("b", 3.0)))
    code, found, _ = gate(base, slow)
    assert code == 1
    assert [r["cell"] for r in found["cells"] if r["verdict"] == "regressed"] == [f"{CREATE}/p=0"]


def test_a_gate_that_judged_no_cell_is_never_0(tmp_path: Path, lenient: Path) -> None:
    """Nothing but a count, which needs a baseline; and cells that the policy all ignores."""
    count = write(tmp_path / "c.jsonl", Synthetic(cells()[3:]))
    assert gate(count, "--policy", lenient)[0] == 3
    policy = tmp_path / "all.toml"
    ignored = '[[ignore]]\ncell = "*"\nreason = "known"\nuntil = 2999-01-01\n'
    policy.write_text('inconclusive = "pass"\n' + ignored)
    one, two = record(tmp_path / "a.jsonl"), record(tmp_path / "b.jsonl")
    code, found, _ = gate(one, two, "--policy", policy)
    assert (code, found["cells"]) == (3, [])
    bare = changed(two, lambda lines: lines.__setitem__(slice(1, None), []))
    assert gate(one, bare, "--policy", lenient)[0] == 3


def test_fewer_cells_stand_in_the_verdict_line_and_can_be_demanded(
    base: Path, tmp_path: Path, lenient: Path
) -> None:
    fewer = record(tmp_path / "fewer.jsonl", first=2)
    done = inside("gate", base, fewer, "--policy", lenient)
    assert done.returncode == 0
    verdict = done.stdout.partition("baseline: ")[0]
    assert "2 of the baseline's 4 cells not measured" in " ".join(verdict.split())
    assert gate(base, fewer, "--policy", lenient, "--all-cells")[0] == 3


def test_what_was_left_out_on_purpose_is_not_removed(base: Path, tmp_path: Path) -> None:
    def leave_out(lines: Lines) -> None:
        lines[0] |= {"left_out": [CREATE, "density/secret"], "family": 3}

    fewer = changed(record(tmp_path / "fewer.jsonl", first=2), leave_out)
    code, found, _ = gate(base, fewer)
    assert (code, found["removed"]) == (0, [])
    assert found["unasked"] == [CREATE, "density/secret"]
    assert found["family"] == 3
    done = inside("gate", base, fewer)
    assert "left out on purpose: 2 cells" in done.stdout
    assert "2 of the baseline's 4 cells not measured" in " ".join(done.stdout.split())
    assert gate(base, fewer, "--all-cells")[0] == 3


def set_metric(name: str, value: object) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        lines[0]["metrics"]["create"][name] = value

    return change


def set_cell(name: str, value: object) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        (cell,) = [cell for cell in lines[0]["cells"] if cell["cell"] == CREATE]
        cell[name] = value

    return change


def set_page(mode: str) -> Callable[[Lines], None]:
    def change(lines: Lines) -> None:
        lines[0]["modes"][mode]["page_bytes"] = 2 << 20

    return change


DEFINITIONS = {
    "parameter order: absent against chance": set_cell("params", {"order": "chance"}),
    "control: memfd against anon": set_cell("control", "anon"),
    "metric's better: lower against higher": set_metric("better", "higher"),
    "metric's effect: ratio against difference": set_metric("effect", "difference"),
    "metric's paired: False against True": set_metric("paired", True),
    "metric's unit: s against B/s": set_metric("unit", "B/s"),
    "metric's assume: nothing against exact": set_metric("assume", "exact"),
    "metric's procedure: 1 against 2": set_metric("procedure", 2),
    "page_bytes of secret: 4096 against 2097152": set_page("secret"),
    "page_bytes of memfd: 4096 against 2097152": set_page("memfd"),
}


@pytest.mark.parametrize("said", DEFINITIONS)
def test_a_cell_that_is_another_thing_is_left_out_by_name_and_does_not_pass(
    base: Path, tmp_path: Path, said: str
) -> None:
    other = changed(record(tmp_path / "other.jsonl"), DEFINITIONS[said])
    code, found, _ = gate(base, other)
    assert (code, found["verdict"]) == (3, "inconclusive")
    (reason,) = [each["reason"] for each in found["left_out"] if each["cell"] == CREATE]
    assert said in reason
    assert CREATE not in [row["cell"] for row in found["cells"]]
    assert said in inside("gate", base, other).stdout


@pytest.mark.parametrize("verb", ["summary", "report", "export"])
def test_two_things_under_one_name_are_refused_where_files_are_put_together(
    base: Path, tmp_path: Path, verb: str
) -> None:
    other = changed(record(tmp_path / "other.jsonl"), set_metric("procedure", 2))
    more: dict[str, list[str | Path]] = {
        "report": ["-o", tmp_path / "r"],
        "export": ["--csv", tmp_path / "x.csv"],
    }
    done = inside(verb, base, other, *more.get(verb, []))
    assert done.returncode == 2
    assert "metric's procedure: 1 against 2" in done.stderr
    assert done.stderr.count("\n") == 1


def test_compare_leaves_out_what_is_two_things_by_name(base: Path, tmp_path: Path) -> None:
    other = changed(record(tmp_path / "other.jsonl"), set_metric("procedure", 2))
    done = inside("compare", base, other, "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert any("metric's procedure: 1 against 2" in text for text in found["warnings"])
    assert [CREATE in [row["cell"] for row in rows] for rows in found["results"]] == [False, False]


def test_another_host_is_another_machine(tmp_path: Path) -> None:
    one, two = (
        record(tmp_path / f"{host}.jsonl", environment={"host": host * 16}) for host in "ab"
    )
    assert f"host: {'a' * 16} against {'b' * 16}" in refused(one, two)
    policy = tmp_path / "policy.toml"
    policy.write_text('under_test = ["host"]\n')
    assert gate(one, two, "--policy", policy)[0] == 0
    silent = record(tmp_path / "silent.jsonl")
    code, found, _ = gate(silent, two)
    assert code == 0
    assert any("does not say its host" in text for text in found["warnings"])


@pytest.mark.parametrize(
    ("fact", "value"),
    [("scheduler", "SCHED_OTHER"), ("cpu", -1), ("cpus", 2), ("memlock_bytes", 65536)],
)
def test_what_runs_obtained_is_compared_as_the_environment_is(
    base: Path, tmp_path: Path, fact: str, value: object
) -> None:
    def obtain(lines: Lines) -> None:
        for line in lines:
            if line["kind"] == "run":
                line["obtained"][fact] = value

    other = changed(record(tmp_path / "other.jsonl"), obtain)
    assert f"obtained_{fact}: " in refused(base, other)
    policy = tmp_path / "policy.toml"
    policy.write_text(f'under_test = ["obtained_{fact}"]\n')
    assert gate(base, other, "--policy", policy)[0] == 0


def test_warnings_of_runs_reach_every_output(base: Path, tmp_path: Path) -> None:
    def warn(lines: Lines) -> None:
        for line in lines:
            if line.get("cell") == CREATE and line["kind"] == "run":
                line["warnings"] = ["lost its CPU"]

    slow = changed(record(tmp_path / "slow.jsonl", create=3.0), warn)
    summary, junit = tmp_path / "s.md", tmp_path / "j.xml"
    done = inside("gate", base, slow, "--markdown", summary, "--junit", junit, "--github")
    annotations = [line for line in done.stdout.splitlines() if line.startswith("::")]
    for text in (summary.read_text(), junit.read_text(), "".join(annotations), done.stdout):
        assert "lost its CPU" in text
    (row,) = [row for row in gate(base, slow)[1]["cells"] if row["cell"] == CREATE]
    assert "lost its CPU" in row["warnings"][0]


@pytest.mark.parametrize("what", ["run", "cell"])
def test_what_stands_twice_is_refused_with_its_line(base: Path, tmp_path: Path, what: str) -> None:
    def twice(lines: Lines) -> None:
        if what == "run":
            lines.insert(5, lines[2])
        else:
            lines[0]["cells"].append(lines[0]["cells"][0])

    said = refused(base, changed(record(tmp_path / "twice.jsonl"), twice))
    assert "stands twice" in said
    assert "line 6" in said if what == "run" else "line 1" in said


def test_five_unchanged_and_five_slowed_pairs_end_as_they_should(tmp_path: Path) -> None:
    """Seeds of their own: each name has other noise."""
    for turn in range(5):
        first = record(tmp_path / f"first-{turn}.jsonl")
        same = record(tmp_path / f"same-{turn}.jsonl")
        slow = record(tmp_path / f"slow-{turn}.jsonl", create=2.0 * 1.15)
        assert first.read_text().splitlines()[1] != same.read_text().splitlines()[1]
        assert gate(first, same)[0] == 0
        code, found, _ = gate(first, slow)
        assert code == 1
        assert [m for m, verdict in verdicts(found).items() if verdict == "regressed"] == ["create"]
