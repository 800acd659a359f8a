# SPDX-License-Identifier: MIT
import threading
from pathlib import Path

import pytest

from bench.campaign.runner import Runner
from bench.campaign.schedule import Turn
from bench.core import Core
from bench.machines.running_kernel import RunningKernel
from bench.plans.plan import parse_cell
from bench.record.line import Run
from tests.bench import fake


def prepared(path: Path, cell: str, timeout_s: float | None = None) -> tuple[Runner, Turn]:
    core = Core(path)
    catalogue = core.catalogue()
    metrics = {metric.name: metric.info for metric in catalogue.metrics}
    turn = Turn(parse_cell(cell, catalogue), 3, 42)
    return Runner(RunningKernel(core), metrics, timeout_s), turn


def run_once(path: Path, cell: str = "latency/anon", timeout_s: float = 30) -> Run:
    runner, turn = prepared(path, cell, timeout_s)
    run = runner.run(turn, 5)
    assert run is not None
    return run


def test_a_good_run_keeps_both_arms_and_what_it_really_had(fake_core: Path) -> None:
    run = run_once(fake_core)
    assert (run.status, run.reason, run.run, run.round, run.seed) == ("ok", "", 5, 3, 42)
    assert [len(run.values[arm]) for arm in ("treatment", "control")] == [10, 10]
    assert run.obtained["scheduler"] == "SCHED_OTHER"
    assert run.operations == {"treatment": 1000, "control": 1000}
    assert 0 < run.core_s < run.elapsed_s


def test_the_same_seed_gives_the_same_work(fake_core: Path) -> None:
    assert run_once(fake_core).values == run_once(fake_core).values


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        (fake.CRASH, "failed", "killed by SIGSEGV; last words: about to fall"),
        (fake.GARBAGE, "failed", "printed garbage: b'}not json'"),
        (fake.UNSUPPORTED, "unsupported", "no secrets here: boot with X"),
        ("sys.exit(77)", "unsupported", "the core gave no reason"),
        ("sys.exit(0)", "failed", "printed no start line"),
        ("sys.exit('no such thing')", "failed", "exit code 1; last words: no such thing"),
        ("say(line='start'); sys.exit(0)", "failed", "stopped before its end line"),
    ],
)
def test_a_run_that_goes_wrong_says_how_in_words(
    tmp_path: Path, code: str, status: str, reason: str
) -> None:
    run = run_once(fake.make(tmp_path, anon=code))
    assert (run.status, run.reason, run.values) == (status, reason, {})


def test_a_run_that_hangs_is_killed_and_keeps_its_last_words(tmp_path: Path) -> None:
    run = run_once(fake.make(tmp_path, anon=fake.HANG), timeout_s=1)
    assert run.status == "failed"
    assert run.reason == "no end after 1 s: killed; last words: waiting"


def test_the_place_of_the_core_is_not_recorded(tmp_path: Path) -> None:
    code = "sys.exit(sys.argv[0] + ': cannot open')"
    run = run_once(fake.make(tmp_path, anon=code))
    assert run.reason == "exit code 1; last words: core: cannot open"


def test_a_core_that_vanished_is_a_failed_run_not_an_end(tmp_path: Path, fake_core: Path) -> None:
    runner, turn = prepared(fake_core, "latency/anon")
    fake_core.write_text("#!/no/such/interpreter\n")
    run = runner.run(turn, 0)
    assert run is not None
    assert run.status == "failed"
    assert "cannot be started" in run.reason
    assert str(tmp_path) not in run.reason


def test_a_run_that_is_killed_on_request_says_nothing_about_its_cell(tmp_path: Path) -> None:
    runner, turn = prepared(fake.make(tmp_path, anon=fake.HANG), "latency/anon")
    threading.Timer(0.5, runner.kill).start()
    assert runner.run(turn, 0) is None


def test_a_real_cell_runs_on_this_kernel(core: Path) -> None:
    run = run_once(core, "access-latency/memfd/len_bytes=4KiB,slices=5")
    assert run.status == "ok", run.reason
    assert [len(run.values[arm]) for arm in ("treatment", "control")] == [5, 5]
    assert run.timed_s <= run.core_s <= run.elapsed_s


def test_secret_memory_is_measured_on_this_kernel(core: Path) -> None:
    mode = Core(core).catalogue().mode("secret")
    if not mode.supported:
        pytest.skip(f"secret memory: {mode.reason}")
    run = run_once(core, "access-latency/secret/len_bytes=4KiB,slices=5")
    assert run.status == "ok", run.reason
