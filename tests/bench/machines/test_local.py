# SPDX-License-Identifier: MIT
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench import program
from bench.core import FLOOD, HELD, KILLED, TIMEOUT
from bench.machines.local import Local


def python(code: str) -> list[str]:
    return [sys.executable, "-SE", "-c", code]


def is_alive(pid: int) -> bool:
    try:
        # A killed orphan may wait a little for init to reap it.
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or read
        return False


def gone_within_seconds(pid: int) -> bool:
    deadline = time.monotonic() + 600
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_alive(pid)


def kill_once_it_runs(machine: Local) -> None:
    while machine._leader is None:
        time.sleep(0.01)
    machine.kill()


def test_both_streams_and_the_exit_code_are_kept() -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(5)"
    finished = Local().execute(python(code), 30)
    assert (finished.exit_code, finished.stdout, finished.stderr) == (5, b"out\n", b"err\n")
    assert finished.halted == ""


def test_much_on_both_streams_at_once_does_not_block() -> None:
    code = "import sys\nfor _ in range(500): print('o' * 999); print('e' * 999, file=sys.stderr)"
    finished = Local().execute(python(code), 30)
    assert (len(finished.stdout), len(finished.stderr)) == (500_000, 500_000)


def test_a_timeout_ends_the_program_and_all_that_it_started() -> None:
    code = """if True:
        import os, time
        print(os.fork(), flush=True)
        time.sleep(1000)
    """
    for timeout_s in (1, 5, 25, 125):
        finished = Local().execute(python(code), timeout_s)
        assert finished.halted == TIMEOUT
        assert finished.exit_code == -signal.SIGKILL
        if len(finished.stdout.split()) == 2:
            break  # both had the time to say so
    child = max(int(word) for word in finished.stdout.split())
    assert gone_within_seconds(child)


def test_a_program_that_closes_its_streams_and_goes_on_is_killed_too() -> None:
    finished = Local().execute(python("import os, time; os.closerange(0, 3); time.sleep(99)"), 1)
    assert finished.halted == TIMEOUT


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_is_cut_off_before_it_fills_our_memory(stream: str) -> None:
    code = f"import sys\nwhile True: print('x' * 99999, file=sys.{stream})"
    finished = Local().execute(python(code), 300)
    assert finished.halted == FLOOD
    assert len(finished.stdout) <= program.STDOUT_BYTES + 2**20
    assert len(finished.stderr) <= program.STDERR_BYTES + 2**20


def test_a_process_that_is_left_behind_with_the_output_does_not_hold_up_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(program, "GRACE_S", 0.2)
    code = """if True:
        import os, time
        child = os.fork()
        if not child:
            time.sleep(1000)
        print(child)
    """
    finished = Local().execute(python(code), 300)
    assert finished.halted == HELD
    assert gone_within_seconds(int(finished.stdout))


def test_a_program_runs_in_a_session_of_its_own_where_ctrl_c_does_not_reach() -> None:
    finished = Local().execute(python("import os; print(os.getsid(0), os.getpid())"), 30)
    session, pid = finished.stdout.split()
    assert session == pid
    assert int(session) != os.getsid(0)


# In a group of its own, which it pesters with signals while it starts programs.
_PESTERED = """
import os, signal, threading
from bench.machines.local import Local
heard, stop = [], threading.Event()
signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
def pester():
    while not stop.is_set():
        os.killpg(0, signal.SIGINT)
pest = threading.Thread(target=pester)
pest.start()
codes = {Local().execute(["/bin/true"], 30).exit_code for _ in range(100)}
stop.set()
pest.join()
print(bool(heard), codes)
"""


def test_a_signal_to_the_group_does_not_reach_a_program_that_is_only_starting() -> None:
    command = [sys.executable, "-c", _PESTERED]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=600, start_new_session=True
    )
    assert done.stdout == "True {0}\n"


def test_the_environment_is_the_same_for_everyone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD_OR_SO", "x" * 5000)
    finished = Local().execute(["/usr/bin/env"], 30)
    names = {line.partition(b"=")[0] for line in finished.stdout.splitlines()}
    assert names == {b"PATH", b"LC_ALL"}


def test_killing_from_elsewhere_is_told_apart_from_a_crash() -> None:
    machine = Local()
    threading.Thread(target=kill_once_it_runs, args=[machine]).start()
    assert machine.execute(python("import time; time.sleep(1000)"), 600).halted == KILLED


def test_killing_when_nothing_runs_does_nothing() -> None:
    machine = Local()
    machine.kill()
    assert machine.execute(python("print(1)"), 30).stdout == b"1\n"
