# SPDX-License-Identifier: MIT
import json
import re
import subprocess
import sys
from pathlib import Path

import pyperf  # type: ignore[import-untyped]
import pytest

from analysis.export.pyperf_suite import Suites, write
from analysis.read.load import load

from .. import recording
from ..recording import Synthetic, SyntheticCell

SMALL = "access-latency/len_bytes=16384,order=line-random,slices=20"
LARGE = SMALL.replace("16384", "67108864")


@pytest.fixture
def suites(record: Path, tmp_path: Path) -> Suites:
    return write(load([record]), tmp_path / "suites")


def told_by_pyperf(*arguments: str | Path) -> str:
    """What the real pyperf says, errors included."""
    done = subprocess.run(
        [sys.executable, "-m", "pyperf", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    text = done.stdout + done.stderr
    assert "ERROR" not in text
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("verb", ["show", "stats", "hist", "check"])
def test_pyperf_reads_every_suite_without_an_error(suites: Suites, verb: str) -> None:
    assert len(suites.paths) == 3
    for path in suites.paths:
        assert told_by_pyperf(verb, path)


@pytest.mark.parametrize("form", [[], ["--table"], ["--verbose"]])
def test_compare_to_answers_what_secret_memory_costs(suites: Suites, form: list[str]) -> None:
    folder = suites.paths[0].parent
    text = told_by_pyperf("compare_to", *form, folder / "memfd.json", folder / "secret.json")
    touch = text.partition("first-touch/classes=off")[2].partition("first-touch/classes=on")[0]
    assert re.search(r"5\.[23]\dx slower", touch)


def test_every_value_is_also_read_without_an_error(record: Path, tmp_path: Path) -> None:
    found = write(load([record]), tmp_path / "suites", every_value=True)
    told_by_pyperf("compare_to", "--verbose", *found.paths)
    bench = pyperf.BenchmarkSuite.load(str(found.paths[0])).get_benchmark(SMALL)
    assert (bench.get_nrun(), bench.get_nvalue()) == (12, 60)


def test_counts_are_equal_over_modes_and_the_trimming_is_said(suites: Suites) -> None:
    counts = {
        path.stem: pyperf.BenchmarkSuite.load(str(path)).get_benchmark(LARGE).get_nvalue()
        for path in suites.paths
        if path.stem != "anon"
    }
    assert counts == {"memfd": 5, "secret": 5}
    assert f"{LARGE}: the first 5 runs of each mode, so that counts are equal" in suites.notes


def test_one_value_per_run_is_the_run_median_with_its_true_loops(
    suites: Suites, record: Path
) -> None:
    run = load([record]).files[0].runs[1]
    bench = pyperf.BenchmarkSuite.load(str(suites.paths[1])).get_benchmark(SMALL)
    first = bench.get_runs()[0]
    assert suites.paths[1].stem == "secret"
    assert first.values == (pytest.approx(sorted(run.values.treatment)[2]),)
    assert first.get_loops() == 1000
    assert first.get_metadata()["duration"] == 0.1


def test_bandwidth_is_seconds_per_byte(suites: Suites) -> None:
    bench = pyperf.BenchmarkSuite.load(str(suites.paths[0])).get_benchmark("bandwidth/op=read")
    assert bench.mean() == pytest.approx(1 / 8e9, rel=0.05)


def test_memfd_takes_its_own_cell_and_the_control_arm_only_where_it_has_none(
    suites: Suites,
) -> None:
    memfd = json.loads((suites.paths[0]).read_text())
    text = json.dumps(memfd)
    assert suites.paths[0].stem == "memfd"
    assert "access-latency/memfd:memfd/" in text
    lent = [note for note in suites.notes if "has the control arm" in note]
    assert lent == [
        f"first-touch/classes={word}: memfd has the control arm of "
        f"first-touch/secret:memfd/classes={word}"
        for word in ("off", "on")
    ]


def test_what_pyperf_cannot_hold_is_listed_as_left_out(tmp_path: Path) -> None:
    cells = [
        SyntheticCell("create", "secret", "memfd"),
        SyntheticCell("lock-limit", "secret", None, base=3),
        SyntheticCell("access-width", "anon", "memfd", base=-1e-10),
        SyntheticCell("release", "anon", "memfd", runs=1),
        SyntheticCell("release", "secret", "memfd", {"cycles": 1}, values=1, base=0.0),
        SyntheticCell("create", "secret", "anon"),
    ]
    path = recording.write(tmp_path / "a.jsonl", Synthetic(cells))
    found = "\n".join(write(load([path]), tmp_path / "suites").left_out)
    assert "lock-limit/secret as secret: a count" in found
    assert "access-width/anon:memfd as anon: values that are missing, zero or negative" in found
    assert "release/anon:memfd as memfd: 1 good runs" in found
    assert "release/secret:memfd/cycles=1 as secret: values that are missing" in found
    assert "create/secret:anon: create/secret:memfd stands for secret" in found


def test_runs_without_any_spread_are_left_out_since_the_test_divides_by_it(tmp_path: Path) -> None:
    cell = SyntheticCell("create", "secret", "memfd", runs=8)
    path = recording.write(tmp_path / "a.jsonl", Synthetic([cell]))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if line["kind"] == "run":
            line["values"]["treatment"] = [1e-6] * 5
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = write(load([path]), tmp_path / "suites")
    assert [each.stem for each in found.paths] == ["memfd"]
    assert "all runs have the same median" in found.left_out[0]
