# SPDX-License-Identifier: MIT
"""Probes as cells of a campaign: recorded like any other run."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from bench.core import Core
from bench.output import read_output
from bench.plans.plan import parse_cell
from bench.probes.fault_stages import ProbeOptions, Probes, Seen, measure
from bench.probes.instrument import Instruments
from bench.probes.workload import Workload

from .conftest import ROOT, needs_bcc
from .program import gone, loaded

pytestmark = needs_bcc
NO_RIGHTS = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all")


def bench(*words: str, behind: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*behind, sys.executable, "-m", "bench", *words], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=300, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def recorded(core: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("campaign")
    plan = folder / "stages.toml"
    plan.write_text("""
        budget_s = 120
        [target]
        min_runs = 1
        max_runs = 1
        [[cells]]
        metric = "fault-stages"
        modes = ["secret", "packet-ring"]
        params = { pages = 32, backend = "tracepoint" }
        [[cells]]
        metric = "fault-stages"
        modes = ["memfd"]
        params = { pages = 32, backend = "counter" }
    """)
    out = folder / "stages.jsonl"
    done = bench("run", str(plan), "--out", str(out), "--core", str(core))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in out.read_text().splitlines()]


def run_of(recorded: list[dict[str, Any]], mode: str) -> dict[str, Any]:
    (run,) = [
        line
        for line in recorded
        if line["kind"] == "run" and line["cell"].startswith(f"fault-stages/{mode}/")
    ]
    return run


def test_the_record_keeps_to_the_schema(recorded: list[dict[str, Any]]) -> None:
    schema = json.loads((ROOT / "results" / "schema.json").read_text())
    for line in recorded:
        jsonschema.validate(line, schema)


def test_values_are_bare_and_shares_are_notes(recorded: list[dict[str, Any]]) -> None:
    run = run_of(recorded, "secret")
    assert (run["status"], run["reason"]) == ("ok", "")
    assert len(run["values"]["treatment"]) == run["operations"]["treatment"] == 32
    notes = run["notes"]
    assert (notes["backend"], notes["known_seen"]) == ("tracepoint", 23)
    shares = [share for name, share in notes.items() if name.startswith("share of ")]
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    assert "share of flush: send" in notes
    assert run["obtained"]["scheduler"] == "SCHED_FIFO"


def test_counters_alone_give_totals_and_flushes(recorded: list[dict[str, Any]]) -> None:
    notes = run_of(recorded, "memfd")["notes"]
    assert (notes["backend"], notes["flushes_per_fault"]) == ("counter", 0)
    assert not any(name.startswith("share of ") for name in notes)


def test_a_mode_without_a_first_touch_is_unsupported(recorded: list[dict[str, Any]]) -> None:
    run = run_of(recorded, "packet-ring")
    assert run["status"] == "unsupported"
    assert "it has no first touch" in run["reason"]


def test_a_probe_that_is_refused_is_a_failure_that_says_what_helps(core: Path) -> None:
    instruments = Instruments(core)
    catalogue = instruments.catalogue()
    cell = parse_cell("fault-stages/secret/backend=tracepoint,pages=8", catalogue, None)
    done = subprocess.run(
        [*NO_RIGHTS, *instruments.run_command(cell, 1, None)], cwd=ROOT, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "no right to load BPF: run as root, or with CAP_BPF and CAP_PERFMON\n"


def test_without_rights_the_totals_are_recorded_all_the_same(core: Path) -> None:
    instruments = Instruments(core)
    cell = parse_cell("fault-stages/memfd/pages=8", instruments.catalogue(), None)
    done = subprocess.run(
        [*NO_RIGHTS, *instruments.run_command(cell, 1, None)], cwd=ROOT, capture_output=True,
        check=True,
    )  # fmt: skip
    output = read_output(done.stdout, ["treatment"])
    assert len(output.values["treatment"]) == 8
    assert output.finish.notes["backend"] == "counter"
    assert str(output.finish.notes["refused"]).startswith("counters alone: no right to load BPF")


def test_other_metrics_stay_the_native_cores(core: Path) -> None:
    native, instruments = Core(core), Instruments(core)
    assert instruments.catalogue().metrics[:-1] == native.catalogue().metrics
    cell = parse_cell("create/anon", native.catalogue(), None)
    assert instruments.run_command(cell, 1, None) == native.run_command(cell, 1, None)
    assert instruments.need(cell) == native.need(cell)


def test_the_secret_memory_of_a_probe_is_counted_before_it_is_taken(core: Path) -> None:
    instruments = Instruments(core)
    cell = parse_cell("fault-stages/secret/pages=100", instruments.catalogue(), None)
    need = instruments.need(cell)
    # Two regions each: without the probe, with it, and of known size; five blocks of those if
    # there are counters alone.
    assert need.secret_bytes == (2 * (100 + 100 + 23) + 5 * 23) * 4096
    assert need.secret_held_bytes == need.bytes == 100 * 4096
    cell = parse_cell("fault-stages/memfd", instruments.catalogue(), None)
    assert instruments.need(cell).secret_bytes == 0


SERVED = """
import subprocess, sys, time
from pathlib import Path
from bench.plans.plan import parse_cell
from bench.probes.instrument import Instruments
from tests.probes.program import loaded

core = Instruments(Path(sys.argv[1]), shared=True)
cell = parse_cell("fault-stages/memfd/backend=tracepoint,pages=8", core.catalogue(), None)
for _ in range(2):
    subprocess.run(core.run_command(cell, 1, None), check=True, stdout=subprocess.DEVNULL)
    print(*sorted(loaded()), flush=True)
sys.stdin.read()
"""


def test_a_campaign_compiles_a_probe_once_and_leaves_nothing_when_it_is_killed(core: Path) -> None:
    before = loaded()
    with subprocess.Popen(
        [sys.executable, "-c", SERVED, str(core)], cwd=ROOT, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as campaign:  # fmt: skip
        assert campaign.stdout is not None
        try:
            first, second = (set(campaign.stdout.readline().split()) for _ in range(2))
        finally:
            campaign.kill()
    assert first == second
    assert len(first) >= len(before) + 8
    assert gone(before)


def test_a_probe_slows_nothing_down_between_its_runs(core: Path) -> None:
    probes = Probes()
    with contextlib.closing(probes):
        (result,) = measure(Core(core), ProbeOptions(("memfd",), 8, 1, "tracepoint"), probes)
        assert result.known_seen == 23
        probe, _ = probes.find("tracepoint")
        assert probe is not None
        with contextlib.closing(Workload(Core(core), "memfd", 23)) as workload:
            # Its software events are there, the tracepoints are not: only both ends are seen.
            seen = Seen("memfd")
            assert probe.watch(workload, seen) == 23
        assert not any(any(fault.hits[:-1]) for fault in seen.faults)
