# SPDX-License-Identifier: MIT
"""Verbs started with too little: closed streams, full disks, too few files, too little memory."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.campaign.history import read
from bench.error import BenchError
from tests.analysis.recording import Synthetic, SyntheticCell, write

from . import material
from .left import processes
from .tally import ALLOWED, MOST_MB, complaint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .tally import Tally

PLAN = """
[target]
min_runs = 3
max_runs = 3
[[cells]]
metric = "access-latency"
modes = ["anon"]
params = { len_bytes = "16KiB", slices = 20 }
"""
VERBS = (
    ("bench", "run", "plan.toml", "--out", "here/out.jsonl"),
    ("bench", "run", "plan.toml", "--out", "here/out.jsonl"),
    ("bench", "gate", "plan.toml", "--out", "here/out.jsonl"),
    ("bench", "list"), ("bench", "kernel", "list"), ("bench", "run", "nowhere"),
    ("analysis", "summary", "a.jsonl"), ("analysis", "summary", "--json", "a.jsonl"),
    ("analysis", "gate", "a.jsonl", "b.jsonl"), ("analysis", "gate", "a.jsonl", "b.jsonl"),
    ("analysis", "gate", "--json", "a.jsonl", "b.jsonl"),
    ("analysis", "compare", "a.jsonl", "b.jsonl"), ("analysis", "values", "lock-limit/secret",
     "a.jsonl"), ("analysis", "export", "--csv", "here/a.csv", "a.jsonl"),
    ("analysis", "export", "--parquet", "here/a.parquet", "a.jsonl"),
    ("analysis", "baseline", "accept", "--store", "here", "a.jsonl"),
    ("analysis", "report", "-o", "here", "a.jsonl"), ("analysis", "summary", "nowhere"),
)  # fmt: skip
WORSE = ("analysis", "gate", "a.jsonl", "worse.jsonl")
_PATIENCE_S = 120.0


class Way:
    """One way of taking something from a verb."""

    name = ""
    allowed = ALLOWED
    quiet = False
    """Whether libraries may die or say something of their own for want of it."""

    def __init__(self, dice: random.Random) -> None:
        """Decide how much of it is taken."""

    def before(self) -> None:
        """Take it, in the verb's process."""

    @contextlib.contextmanager
    def around(self, here: Path) -> Iterator[None]:
        """Take it from the folder that the verb writes to."""
        here.mkdir()
        yield


class Streams(Way):
    """Each stream is as it should be, closed, full, or nobody reads it any more."""

    name = "streams"

    def __init__(self, dice: random.Random) -> None:
        self._how = [dice.choice(("good", "closed", "full", "gone")) for _ in range(3)]

    def before(self) -> None:
        for number, how in enumerate(self._how):
            if how == "closed":
                os.close(number)
            elif how == "full" and number:
                os.dup2(os.open("/dev/full", os.O_WRONLY), number)
            elif how == "gone" and number:
                ours, theirs = os.pipe()
                os.close(ours)
                os.dup2(theirs, number)


class FullDisk(Way):
    """The folder that it writes to is a small disk of its own."""

    name = "full disk"

    def __init__(self, dice: random.Random) -> None:
        self._size_kib = dice.choice((4, 8, 16, 32, 64, 256))

    @contextlib.contextmanager
    def around(self, here: Path) -> Iterator[None]:
        here.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", f"size={self._size_kib}k", "tmpfs", str(here)]
        mounted = subprocess.run(words, capture_output=True, check=False).returncode == 0
        try:
            yield
        finally:
            if mounted:
                subprocess.run(["umount", str(here)], check=True)


class _Limit(Way):
    """A limit of its process."""

    which = 0

    def __init__(self, dice: random.Random) -> None:
        self._limit = self.drawn(dice)

    def drawn(self, dice: random.Random) -> int:
        """How much is left to it."""
        raise NotImplementedError

    def before(self) -> None:
        resource.setrlimit(self.which, (self._limit, self._limit))


class FileSize(_Limit):
    """No file may be larger."""

    name, which = "RLIMIT_FSIZE", resource.RLIMIT_FSIZE

    def drawn(self, dice: random.Random) -> int:
        return int(2 ** dice.uniform(0, 17))


class Files(_Limit):
    """No more files may be open."""

    name, which, quiet = "RLIMIT_NOFILE", resource.RLIMIT_NOFILE, True

    def drawn(self, dice: random.Random) -> int:
        # With fewer Python itself does not start.
        return dice.randrange(8, 24)


class Memory(_Limit):
    """It may have no more memory."""

    name, which, quiet = "RLIMIT_AS", resource.RLIMIT_AS, True

    def drawn(self, dice: random.Random) -> int:
        return int(2**20 * dice.uniform(30, 800))


WAYS: tuple[type[Way], ...] = (Streams, Streams, FullDisk, FileSize, Files, Memory, Memory)


def deprive(tally: Tally, seed: str, deadline_s: float, number: int | None = None) -> None:
    """Start verbs until the deadline.

    Args:
        tally: Takes what came of them.
        seed: Of all of them.
        deadline_s: time.monotonic() at which to end.
        number: Start this one alone.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _furnish(folder)
        for each in itertools.count() if number is None else [number]:
            _one(tally, f"{seed} --only deprive --number {each}", folder, _dice(seed, each))
            if time.monotonic() > deadline_s:
                return


def _dice(seed: str, number: int) -> random.Random:
    return random.Random(f"{seed}/{number}")  # noqa: S311 - to be given again


def _furnish(folder: Path) -> None:
    """A core, a plan, and records: two alike, one worse."""
    shutil.copy(material.CORE, folder / "core")
    (folder / "plan.toml").write_text(PLAN)
    (folder / "a.jsonl").write_bytes(material.unchanged("0" * 16))
    (folder / "b.jsonl").write_bytes(material.unchanged("1" * 16))
    worse = SyntheticCell("first-touch", "secret", "memfd", ratio=9, noise=0.001, runs=14)
    write(folder / "worse.jsonl", Synthetic([worse], id="2" * 16))


def _one(tally: Tally, seed: str, folder: Path, dice: random.Random) -> None:
    way = dice.choice(WAYS)(dice)
    verb = WORSE if dice.random() < 0.05 else dice.choice(VERBS)
    here = folder / "here"
    with way.around(here):
        code, said, memory_mb = _started(verb, folder, way)
        wrong = _wrong(verb, way, code, said) or _lost(here / "out.jsonl")
    shutil.rmtree(here)
    if memory_mb > MOST_MB:
        wrong = wrong or f"took {memory_mb:.0f} MB"
    if not wrong and (pids := _still_there(folder)):
        wrong = f"processes {pids} are left"
    if wrong:
        tally.fail(way.name, seed, f"{' '.join(verb)}: {wrong}")
    else:
        tally.enter(way.name, f"exit {code}" if code >= 0 else "killed in a library")


def _started(verb: tuple[str, ...], folder: Path, way: Way) -> tuple[int, str, float]:
    """Exit code, what it said, and its peak memory."""
    program, *words = verb
    core = ["--core", "core"] if program == "bench" and words[0] != "kernel" else []
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-m", program, *words, *core], cwd=folder, stderr=said,
            env={**os.environ, "PYTHONPATH": str(material.ROOT), "GIT_DIR": "/none"},
            start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            preexec_fn=way.before,  # noqa: PLW1509 - no thread of ours holds a lock
        )  # fmt: skip
        deadline_s, status = time.monotonic() + _PATIENCE_S, None
        while status is None:
            pid, found, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                status = found
            elif time.monotonic() > deadline_s:
                os.killpg(child.pid, signal.SIGKILL)
            else:
                time.sleep(0.005)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return child.returncode, said.read().decode(errors="replace"), usage.ru_maxrss / 1024


def _wrong(verb: tuple[str, ...], way: Way, code: int, said: str) -> str:
    """What is wrong with how it ended."""
    if way.quiet and code == -signal.SIGSEGV:
        return ""
    allowed = way.allowed | ({1} if verb == WORSE else frozenset())
    if way.quiet or isinstance(way, Streams):
        # What nobody could read is not held against it, nor what a library says for want of memory.
        return f"exit code {code}: {said}" if code not in allowed or "Traceback" in said else ""
    # A campaign says more beforehand; its last line is the error.
    last = "".join(said.splitlines(keepends=True)[-1:]) if verb[:2] == ("bench", "run") else said
    return complaint(code, last, frozenset(allowed))


def _lost(record: Path) -> str:
    """Whether a record is there that is no record up to its last line."""
    if record.exists() and b"\n" in record.read_bytes():
        try:
            with record.open("rb") as stream:
                if read(stream, record).damaged:
                    return "a damaged line"
        except BenchError as error:
            return str(error)
    return ""


def _still_there(folder: Path) -> list[int]:
    deadline_s = time.monotonic() + _PATIENCE_S
    while (pids := processes(folder)) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return pids
