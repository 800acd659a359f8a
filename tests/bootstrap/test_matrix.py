# SPDX-License-Identifier: MIT
"""The first of the two commands, from a clean clone to the report, and stopped half way."""

import json
import os
import pty
import signal
import time
from pathlib import Path

import pytest

from .command import Outcome, clean_environment, run

CTRL_C = b"\x03"
PLAN_OF_LONG_RUNS = """
about = "Each run lasts seconds: longer than tox waits unless it is told to."
budget_s = 60

[target]
half_width = 0.01
min_runs = 20
max_runs = 20

[[cells]]
metric = "access-latency"
modes = ["anon"]
params = { slices = 30000 }
"""


def newest_record(clone: Path) -> list[dict[str, object]]:
    record = max(clone.glob("results/*/*.jsonl"), key=lambda path: path.stat().st_mtime)
    return [json.loads(line) for line in record.read_text().splitlines()]


def assert_measured_and_reported(outcome: Outcome, clone: Path) -> None:
    assert outcome.code == 0, outcome
    assert newest_record(clone)[-1]["kind"] == "end"
    assert "access-latency" in outcome.output
    report = clone / outcome.output.splitlines()[-1].split()[-1]
    assert report.suffix == ".html"
    assert "access-latency" in report.read_text()


def test_make_matrix_measures_and_reports_also_under_a_jobserver(clone: Path) -> None:
    outcome = run(["make", "-j2", "matrix", "PLAN=smoke"], clone)
    assert_measured_and_reported(outcome, clone)
    assert "jobserver" not in outcome.error


def test_tox_run_does_the_same_without_make(clone: Path) -> None:
    assert run(["make", "venv"], clone).code == 0
    outcome = run([".venv/bin/tox", "run", "-qq", "-e", "matrix", "--", "smoke"], clone)
    assert_measured_and_reported(outcome, clone)


class Terminal:
    """`make matrix` on a terminal of its own, where Ctrl-C reaches everyone at once."""

    def __init__(self, clone: Path, plan: Path, record: Path) -> None:
        argument = f"PLAN={plan} --out {record}"
        environment = clean_environment(TERM="xterm")
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(clone)
            os.execvpe("make", ["make", "matrix", argument], environment)  # noqa: S606
        os.set_blocking(self._terminal, False)
        self.text = ""

    def look(self) -> bool:
        """Takes what has been printed; whether anyone is still there to print."""
        try:
            self.text += os.read(self._terminal, 65536).decode(errors="replace")
        except BlockingIOError:
            time.sleep(0.02)
        except OSError:
            return False
        return True

    def press(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def close(self) -> int:
        """Waits for the end; the exit code of make."""
        while self.look():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def runs_in(record: Path) -> list[dict[str, object]]:
    if not record.exists():
        return []
    whole = record.read_text().split("\n")[:-1]
    return [line for line in map(json.loads, whole) if line["kind"] == "run"]


def processes_of(clone: Path) -> list[str]:
    """The programs that run in a clone or from it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            places = [(process / name).readlink() for name in ("exe", "cwd")]
            words = (process / "cmdline").read_text().replace("\0", " ")
        except OSError:  # it has just ended
            continue
        if any(place.is_relative_to(clone) for place in places):
            found.append(words)
    return found


@pytest.mark.parametrize("presses", [1, 3])
def test_ctrl_c_ends_a_campaign_in_an_orderly_way(
    clone: Path, tmp_path: Path, presses: int
) -> None:
    plan, record = tmp_path / "long.toml", tmp_path / "record.jsonl"
    plan.write_text(PLAN_OF_LONG_RUNS)
    terminal = Terminal(clone, plan, record)
    while not runs_in(record):
        assert terminal.look(), terminal.text
    time.sleep(0.5)  # into the next run
    for _ in range(presses):
        terminal.press(CTRL_C)
        time.sleep(0.2)
    assert terminal.close() not in (0, -signal.SIGKILL), terminal.text
    last = json.loads(record.read_text().splitlines()[-1])
    assert (last["kind"], last["status"]) == ("end", "interrupted")
    # On a busy machine the next run has not begun yet, or three presses take longer than one.
    assert [line["status"] for line in runs_in(record)] in (["ok"], ["ok", "ok"])
    assert f"--resume {record}" in terminal.text.replace("\r\n", "")
    assert processes_of(clone) == []
