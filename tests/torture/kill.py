# SPDX-License-Identifier: MIT
"""Campaigns killed at random moments: nothing is lost, and nothing is left behind."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.read.load import load
from bench.campaign.history import read

from . import material
from .left import left, state

if TYPE_CHECKING:
    from collections.abc import Callable

    from .tally import Tally

PLAN = """
about = "what is quick, and what changes something outside its own process"
budget_s = 600
[target]
min_runs = 3
max_runs = 3
[[cells]]
metric = "access-latency"
modes = ["anon", "memfd"]
params = { len_bytes = "16KiB", slices = 20 }
[[cells]]
metric = "first-touch"
modes = ["memfd"]
params = { pages = 64 }
[[cells]]
metric = ["way-swap", "way-core-dump", "way-ksm", "way-proc-mem"]
modes = ["anon"]
control = "anon"
[[cells]]
metric = "neighbour-loss"
modes = ["memfd"]
params = { slices = 10 }
"""
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_PATIENCE_S = 120.0


@dataclass
class Bed:
    """Where campaigns are killed: a folder with a core, a plan and room for temporary files."""

    folder: Path
    before: dict[str, str]

    @property
    def record(self) -> Path:
        """What the campaign in hand writes."""
        return self.folder / "out.jsonl"

    def start(self) -> subprocess.Popen[str]:
        """Begin a campaign, or go on with the one that there is."""
        words = ["--resume", str(self.record)] if self.record.exists() else [
            str(self.folder / "plan.toml"), "--out", str(self.record)
        ]  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "bench", "run", *words, "--core", str(self.folder / "core")],
            cwd=material.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "TMPDIR": str(self.folder / "temporary"), "GIT_DIR": "/none"},
        )  # fmt: skip


def kill(tally: Tally, seed: str, deadline_s: float, number: int | None = None) -> None:
    """Kill campaigns until the deadline.

    Args:
        tally: Takes what came of them.
        seed: Of all of them; the machine's own time decides, too, so that a kill given again is
            like the one before and not the same.
        deadline_s: time.monotonic() at which to end.
        number: Make this kill alone.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(material.CORE, folder / "core")
        (folder / "plan.toml").write_text(PLAN)
        (folder / "temporary").mkdir()
        bed = Bed(folder, state())
        for each in itertools.count() if number is None else [number]:
            _one(tally, f"{seed} --only kill --number {each}", bed, _dice(seed, each))
            if time.monotonic() > deadline_s:
                return


def _dice(seed: str, number: int) -> random.Random:
    return random.Random(f"{seed}/{number}")  # noqa: S311 - to be given again


def _one(tally: Tally, seed: str, bed: Bed, dice: random.Random) -> None:
    whose, number = dice.choice(("bench", "core", "both")), dice.choice(SIGNALS)
    kind = "kill core" if whose == "core" else f"kill {whose}, {number.name}"
    held = bed.record.read_bytes() if bed.record.exists() else b""
    process = bed.start()
    _wait_somewhere(process, bed.record, dice)
    _strike(process, whose, number, dice)
    try:
        _, said = process.communicate(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        tally.fail(kind, seed, "it does not end")
        return
    wrong = _wrong(process.returncode, said, number) or _lost(bed.record, held) or left(
        bed.folder, bed.before
    )  # fmt: skip
    if wrong:
        tally.fail(kind, seed, wrong)
        bed.record.unlink(missing_ok=True)
        return
    tally.enter(kind, f"exit {process.returncode}" if process.returncode >= 0 else "killed")
    if process.returncode == 0 or dice.random() < 0.1:
        bed.record.unlink(missing_ok=True)


def _wait_somewhere(process: subprocess.Popen[str], record: Path, dice: random.Random) -> None:
    """Wait for a random moment: of its beginning, or behind so many lines."""
    if dice.random() < 0.25:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(dice.uniform(0.03, 1.5))
        return
    lines = record.read_bytes().count(b"\n") if record.exists() else 0
    wanted, deadline_s = lines + dice.randrange(1, 12), time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline_s:
        if record.exists() and record.read_bytes().count(b"\n") >= wanted:
            break
        time.sleep(0.002)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(dice.expovariate(1 / 0.03))


def _strike(
    process: subprocess.Popen[str], whose: str, number: signal.Signals, dice: random.Random
) -> None:
    targets: list[Callable[[], list[int]]] = []
    if whose in ("core", "both"):
        targets.append(lambda: _children(process.pid))
    if whose in ("bench", "both"):
        targets.append(lambda: [process.pid])
    dice.shuffle(targets)
    for target in targets:
        for pid in target():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if pid != process.pid else number)


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(word) for word in words]
    return []


def _wrong(code: int, said: str, number: signal.Signals) -> str:
    """What is wrong with how it ended."""
    if code == 2 and re.fullmatch(r"bench: core \w+: killed by SIGKILL .*\n", said):
        return ""  # it was asked what there is, or what a run needs, when it was struck
    if code not in (0, 3, -number):
        return f"exit code {code}: {said}"
    if "unforeseen" in said or ("Traceback" in said and "/bench/" in said):
        return said
    return ""


def _lost(record: Path, held: bytes) -> str:
    """What of a record is lost: a whole line of before, or one that no reader takes."""
    if not record.exists() or b"\n" not in record.read_bytes():
        return "the record" if held else ""
    data = record.read_bytes()
    if not data.startswith(held[: held.rfind(b"\n") + 1]):
        return "a line that stood there"
    with record.open("rb") as stream:
        found = read(stream, record)
    if found.damaged:
        return f"the lines {found.damaged}"
    numbers = [run.run for run in found.runs]
    if numbers != list(range(len(numbers))):
        return f"runs: there are {numbers}"
    (file,) = load([record]).files
    if [run.run for run in file.runs] != numbers or any("damaged" in w for w in file.warnings):
        return "what the analysis does not read"
    return ""
