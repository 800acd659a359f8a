# SPDX-License-Identifier: MIT
import threading
from pathlib import Path

import pytest

from bench import program
from bench.campaign.runner import Runner
from bench.campaign.schedule import Turn
from bench.core import Core
from bench.machines.local import Local
from bench.machines.running_kernel import RunningKernel
from bench.plans.plan import parse_cell
from bench.record.line import Run
from tests.bench import fake
from tests.bench.machines.test_local import kill_once_it_runs


def prepared(path: Path, cell: str, timeout_s: float | None = None) -> tuple[Runner, Turn]:
    core = Core(path)
    catalogue = core.catalogue()
    metrics = {metric.name: metric.info for metric in catalogue.metrics}
    turn = Turn(parse_cell(cell, catalogue), 3, 42)
    return Runner(RunningKernel(core), metrics, timeout_s), turn


def run_once(path: Path, cell: str = "latency/anon", timeout_s: float = 300) -> Run:
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


SAY = "say(line='start'); say(line='values', arm='treatment', values={values})"
CONTROL = "say(line='values', arm='control', values=[1e-9] * 10)"
END = (
    "say(line='end', core_s=0.001, timed_s=0.0005, arm_s=dict(treatment=1e-4, control=1e-4), "
    "operations=dict(treatment={operations}, control=10), notes={notes})"
)


def printed(
    values: str = "[1e-9] * 10", operations: str = "10", notes: str = "{}", more: str = "pass"
) -> str:
    """The script of a core that prints one run, some of it as asked for."""
    end = END.format(operations=operations, notes=notes)
    return "; ".join((SAY.format(values=values), CONTROL, end, more, "sys.exit(0)"))


def test_the_script_that_the_next_tests_change_is_a_good_run(tmp_path: Path) -> None:
    run = run_once(fake.make(tmp_path, anon=printed()))
    assert (run.status, run.reason) == ("ok", "")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (printed("[1e-9] * 9 + [-1e-9]"), "cannot be: treatment: a value of -1e-09 s"),
        (printed("[1e308] * 10"), "cannot be: treatment: a value of 1e300 or more s"),
        (printed("[1e-9] * 9 + [10**40]"), "cannot be: treatment: a value of 1e+40 s"),
        (printed("[1e-9] * 9 + [5000]"), "cannot be: treatment: a value of 5000 s"),
        (printed("[float('nan')] * 10"), "printed garbage"),
        (printed("[float('inf')] * 10"), "printed garbage"),
        (printed(operations="0"), "cannot be: treatment: 10 values of 0 operations"),
        (printed(operations="9"), "cannot be: treatment: 10 values of 9 operations"),
        (printed(operations="-10"), "cannot be: treatment: 10 values of -10 operations"),
        (printed("[1e-9] * 2100000", "2100000"), "2100000 values, more than any metric gives"),
        (printed(notes="dict(a='x' * (33 << 20))"), "printed without end"),
        (printed("[]"), "printed values of ['control', 'treatment'], wanted"),
        (printed(more=CONTROL), "stopped before its end line"),
        (printed(more=f"{SAY.format(values=[1e-9])}; {CONTROL}; {END}".replace("{operations}", "1")
                 .replace("{notes}", "{}")), "printed a second run behind its own"),
        (f"{CONTROL.replace('control', 'treatment')}; {printed()}", "printed no start line"),
        (f"say(line='start'); {printed()}", "printed a second run behind its own"),
        (f"{SAY.format(values=[1])}; {CONTROL}; {CONTROL}; {END}; sys.exit(0)"
         .replace("{operations}", "1").replace("{notes}", "{}"), "printed a second run"),
        (f"say(line='start'); say(line='values', arm='third', values=[1]); {printed()}",
         "printed garbage"),
        ("print('{\"line\":\"start\",\"x\":' + '[' * 9999 + ']' * 9999 + '}'); sys.exit(0)",
         "printed garbage"),
        ("print('[' * 99999); sys.exit(0)", "printed garbage"),
        ("say(line='start'); say(line='values', arm='treatment', values=[1e-9], classes=[5]);"
         f"{CONTROL}; {END}; sys.exit(0)".replace("{operations}", "1").replace("{notes}", "{}"),
         "classes that do not match the values"),
        (printed(notes="dict(a=2**64)"), "notes: a number of more than 64 bits"),
        (printed().replace("notes={}", "dropped=10**300"), "dropped: a number of more than 64"),
        (printed().replace("notes={}", "placement=dict(treatment=dict(pages=10**300, blocks_2m=1, "
                           "next_follows=1))"), "placement: a number of more than 64 bits"),
        (printed().replace("core_s=0.001", "core_s=99999"), "99999 s inside the core, in a run"),
        (printed().replace("treatment=1e-4", "treatment=-1e-4"), "-0.0001 s in timed sections"),
        (printed().replace("timed_s=0.0005", "timed_s=1e300"), "1e+300 s in timed sections"),
        (printed().replace("notes={}", "tables=dict(t=dict(columns=['a'], rows=[[1, 2]]))"),
         "table t: a row has not one entry for each column"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_failed_run_that_says_what(
    tmp_path: Path, code: str, said: str
) -> None:
    run = run_once(fake.make(tmp_path, anon=code), timeout_s=120)
    assert (run.status, run.values) == ("failed", {})
    assert said in run.reason


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("say(line='values', arm='treatment', values=[2]); sys.exit(0)", "no start line"),
        ("os.kill(os.getpid(), signal.SIGSYS)", "by SIGSYS (a system call that a filter forbids)"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "by SIGKILL (for want of memory, or by hand)"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "by SIGXCPU (the limit of real time"),
        ("os.kill(os.getpid(), 40)", "killed by signal 40"),
    ],
)
def test_a_signal_is_named_with_its_usual_cause(tmp_path: Path, behaviour: str, said: str) -> None:
    assert said in run_once(fake.make(tmp_path, anon=behaviour)).reason


def test_a_run_that_leaves_a_process_with_its_output_is_failed_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "GRACE_S", 0.2)
    run = run_once(fake.make(tmp_path, anon="os.fork() or time.sleep(1000)"), timeout_s=600)
    assert run.status == "failed"
    assert "left a process behind that holds its output" in run.reason


def test_a_flood_on_stderr_is_failed_and_said(tmp_path: Path) -> None:
    code = "print('I fall', file=sys.stderr)\nwhile True: print('x' * 9999, file=sys.stderr)"
    run = run_once(fake.make(tmp_path, anon=code), timeout_s=600)
    assert run.status == "failed"
    assert run.reason.startswith("printed without end: killed")


def test_a_run_that_hangs_is_killed_and_keeps_its_last_words(tmp_path: Path) -> None:
    core = fake.make(tmp_path, anon=fake.HANG)
    for timeout_s in (1, 5, 25, 125):
        run = run_once(core, timeout_s=timeout_s)
        assert run.status == "failed"
        if "last words" in run.reason:
            break  # it had the time to say them
    assert run.reason == f"no end after {timeout_s} s: killed; last words: waiting"


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
    machine = runner._site.executor
    assert isinstance(machine, Local)
    threading.Thread(target=kill_once_it_runs, args=[machine]).start()
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
