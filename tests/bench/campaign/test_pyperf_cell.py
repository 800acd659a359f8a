# SPDX-License-Identifier: MIT
"""`bench pyperf` with real pyperf workers."""

import json
import subprocess
import sys
from pathlib import Path

import pyperf  # type: ignore[import-untyped]
import pytest

from bench.campaign.pyperf_cell import benchmark_name
from bench.core import Catalogue
from bench.plans.plan import parse_cell
from tests.bench import fake
from tests.bench.conftest import Bench

FEW = ("-p", "2", "-n", "2", "--quiet")


def test_real_workers_measure_a_real_cell(bench: Bench, core: Path, tmp_path: Path) -> None:
    out = tmp_path / "anon.json"
    cell = "access-latency/anon/len_bytes=4KiB,slices=20"
    done = bench("pyperf", cell, "--core", core, *FEW, "-o", out)
    assert done.returncode == 0, done.stderr
    benchmark = pyperf.Benchmark.load(str(out))
    assert benchmark.get_name() == "access-latency/len_bytes=4096,slices=20"
    assert benchmark.get_nvalue() == 4
    assert benchmark.get_metadata()["mode"] == "anon"
    assert benchmark.get_metadata()["inner_loops"] == 20 * 20000
    # A load from the first cache: any figure beyond these is a wrong unit.
    assert 1e-10 < benchmark.median() < 1e-6


def test_bandwidth_comes_as_seconds_per_byte(bench: Bench, core: Path, tmp_path: Path) -> None:
    out = tmp_path / "anon.json"
    cell = "bandwidth/anon/len_bytes=64KiB,slices=20"
    done = bench("pyperf", cell, "--core", core, *FEW, "-o", out)
    assert done.returncode == 0, done.stderr
    assert 1e-13 < pyperf.Benchmark.load(str(out)).median() < 1e-8


def test_two_modes_can_be_compared_by_pyperf_itself(
    bench: Bench, fake_core: Path, tmp_path: Path
) -> None:
    files = []
    for mode in ("memfd", "anon"):
        files.append(str(tmp_path / f"{mode}.json"))
        done = bench("pyperf", f"latency/{mode}", "--core", fake_core, *FEW, "-o", files[-1])
        assert done.returncode == 0, done.stderr
    compared = subprocess.run(
        # Without --table it names a benchmark only where it sees no difference.
        [sys.executable, "-m", "pyperf", "compare_to", "--table", *files],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "ERROR" not in compared.stdout + compared.stderr
    assert "latency" in compared.stdout


def test_each_loop_is_one_core_procedure_beyond_the_first_of_each_worker(
    bench: Bench, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    core = fake.make(tmp_path, anon=f"open({str(log)!r}, 'a').write('x')")
    options = ("-p", "2", "-n", "3", "-w", "1", "-l", "2", "--quiet")
    done = bench("pyperf", "latency/anon", "--core", core, *options)
    assert done.returncode == 0, done.stderr
    assert len(log.read_text()) == 2 * (1 + (3 + 1) * 2)


def test_the_planned_total_is_put_to_the_same_consent(bench: Bench, fake_core: Path) -> None:
    cell = "latency/secret/len_bytes=1MiB"
    done = bench("pyperf", cell, "--core", fake_core, "-p", "4", "-n", "2", "--quiet")
    assert done.returncode == 2
    assert "up to 12 MiB of secret memory in all, at most 1 MiB at once" in done.stderr
    done = bench("pyperf", cell, "--core", fake_core, "-p", "2", "-n", "2", "--quiet")
    assert done.returncode == 0, done.stderr
    done = bench("pyperf", cell, "--core", fake_core, "-p", "4", "-n", "2", "--quiet", "--yes")
    assert done.returncode == 0, done.stderr


def test_a_worker_that_cannot_measure_says_why(bench: Bench, tmp_path: Path) -> None:
    core = fake.make(tmp_path, anon=fake.UNSUPPORTED)
    done = bench("pyperf", "latency/anon", "--core", core, *FEW)
    assert done.returncode != 0
    assert "latency/anon: no secrets here: boot with X" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("latency/anon", "latency"),
        ("latency/secret/slices=20,len_bytes=64", "latency/len_bytes=64,slices=20"),
    ],
)
def test_the_name_leaves_out_the_mode_alone(catalogue: Catalogue, cell: str, name: str) -> None:
    assert benchmark_name(parse_cell(cell, catalogue, control=None)) == name


def test_values_are_the_time_in_timed_sections_by_operation(
    bench: Bench, fake_core: Path, tmp_path: Path
) -> None:
    out = tmp_path / "x.json"
    bench("pyperf", "latency/anon", "--core", fake_core, *FEW, "-o", out)
    suite = json.loads(out.read_text())
    values = [value for run in suite["benchmarks"][0]["runs"] for value in run["values"]]
    assert values == pytest.approx([0.00021 / 1000] * 4, rel=0.06)
    assert len(set(values)) == 4


def test_a_worker_that_nobody_has_agreed_to_asks_as_its_manager_does(
    bench: Bench, fake_core: Path
) -> None:
    words = ("pyperf", "latency/secret/len_bytes=1MiB", "--core", fake_core, "--worker")
    done = bench(*words, "-l", "9", "-n", "1", "-w", "0")
    assert done.returncode == 2
    assert "up to 10 MiB of secret memory in all" in done.stderr


def test_an_option_that_pyperf_does_not_know_is_one_line(bench: Bench, fake_core: Path) -> None:
    done = bench("pyperf", "latency/anon", "--core", fake_core, "--bogus")
    assert done.returncode == 2
    assert done.stderr.startswith("bench: pyperf: unrecognized arguments: --bogus: see ")
    assert done.stderr.count("\n") == 1
