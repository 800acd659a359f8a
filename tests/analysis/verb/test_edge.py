# SPDX-License-Identifier: MIT
"""Records that hold little or odd things go through every verb."""

import json
from pathlib import Path

import pytest

from analysis.export.tidy import tidy
from analysis.read.load import load

from ..command import analysis
from ..recording import Synthetic, SyntheticCell, lines, write

VERBS = [
    ["summary"],
    ["summary", "--json"],
    ["compare"],
    ["export", "--csv", "out.csv"],
    ["export", "--parquet", "out.parquet"],
    ["export", "--pyperf", "out"],
]


@pytest.fixture(params=["no cell", "no run", "no good run", "one value", "huge ratio"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    cell = SyntheticCell("create", "secret", "memfd")
    found = {
        "no cell": [],
        "no run": [SyntheticCell("create", "secret", "memfd", runs=0)],
        "no good run": [SyntheticCell("create", "secret", "memfd", status="failed", reason="x")],
        "one value": [SyntheticCell("create", "secret", "memfd", runs=1, values=1)],
        "huge ratio": [cell],
    }[request.param]
    path = write(tmp_path / "odd.jsonl", Synthetic(found))
    if request.param == "huge ratio":
        huge = lines(Synthetic([cell]))
        for line in huge[1:-1]:
            line["values"] = {"treatment": [1e300], "control": [1e-300]}
        path.write_text("".join(json.dumps(line) + "\n" for line in huge))
    return path


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_an_odd_record_passes_through_every_verb(odd: Path, verb: list[str]) -> None:
    done = analysis(*verb, odd, cwd=odd.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_a_record_without_runs_says_so(tmp_path: Path) -> None:
    cell = SyntheticCell("create", "secret", "memfd", runs=0)
    campaigns = load([write(tmp_path / "a.jsonl", Synthetic([cell]))])
    assert campaigns.warnings == ("a: holds no run yet",)
    values = tidy(campaigns.files)
    assert values.empty
    assert values["value"].dtype == "float64"


@pytest.mark.parametrize(("dropped", "said"), [(2, True), (0, False)])
def test_the_share_of_dropped_slices_is_said_where_it_matters(
    tmp_path: Path, dropped: int, *, said: bool
) -> None:
    found = lines(Synthetic([SyntheticCell("create", "secret", "memfd", runs=8, values=50)]))
    for line in found[1:-1]:
        line["dropped"] = dropped
    # One in 801 is no news.
    found[1]["dropped"] = max(dropped, 1)
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    done = analysis("summary", path)
    assert ("2% of slices or pages left out, interrupted" in done.stdout) == said
    assert ("left out, interrupted" in done.stdout) == said


def test_differing_placement_of_the_arms_is_a_footnote(tmp_path: Path) -> None:
    found = lines(Synthetic([SyntheticCell("create", "secret", "memfd", runs=8)]))
    for line in found[1:-1]:
        line["placement"]["treatment"] = {"pages": 9, "blocks_2m": 7, "next_follows": 0.125}
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    done = analysis("summary", path)
    assert "of secret 12 % of pages are" in done.stdout
    assert "in 7 blocks of 2M" in done.stdout


def test_the_noise_floor_comes_first_in_its_table(record: Path) -> None:
    bandwidth = analysis("summary", record).stdout.partition("bandwidth")[2]
    assert bandwidth.index("memfd (A/A)") < bandwidth.index("secret ")


def test_a_resumed_record_counts_its_last_end_line(tmp_path: Path) -> None:
    cell = SyntheticCell("create", "secret", "memfd", runs=8)
    found = lines(Synthetic([cell]))
    resume = {"kind": "resume", "created": "2026-01-03T00:00:00Z", "counters": {}}
    again = [found[-1] | {"status": "interrupted"}, resume | {"environment": {}}, found[-1]]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in [*found[:-1], *again]))
    file = load([path]).files[0]
    assert len(file.resumes) == 1
    assert file.end is not None
    assert file.end.status == "complete"
