"""Asks the analysis, which alone knows the rule, what a gate has still to sample."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ..campaign.recording import Recording
from ..error import BenchError

# Runs at which cells are judged, as long as they get no more than that; the record says so.
LOOKS = (10, 15, 20, 30, 40)

_PROJECT = Path(__file__).parents[2]


class State(msgspec.Struct, frozen=True):
    """As much of what `analysis gate --json` prints as decides who runs next."""

    open_cells: tuple[str, ...]
    next_look: int | None


class Judge:
    """Asks the analysis about the record files as they are."""

    def __init__(self, paths: Sequence[Path | str], policy: str | None, again: str) -> None:
        """Keep what is the same for every question.

        Args:
            paths: The files to judge, the candidate last.
            policy: A policy file.
            again: Begins the command that measures a cell again.
        """
        held = ["--policy", policy] if policy else []
        self._command = [
            *(sys.executable, "-m", "analysis", "gate"), *map(str, paths), *held, "--again", again,
        ]  # fmt: skip

    def state(self) -> State:
        """Ask which cells are open.

        Raises:
            BenchError: The files cannot be compared, or the policy is wrong.
        """
        done = self._ask("--interim", "--json", quiet=True)
        try:
            return msgspec.json.decode(done.stdout, type=State)
        except msgspec.DecodeError:
            words = done.stderr.decode(errors="replace").strip().splitlines()
            last = words[-1].removeprefix("analysis: ") if words else f"exit {done.returncode}"
            raise BenchError(last) from None

    def last_word(self, outputs: Sequence[str]) -> int:
        """Let it print its verdict on our stdout; returns its exit code."""
        return self._ask(*outputs, quiet=False).returncode

    def _ask(self, *arguments: str, quiet: bool) -> subprocess.CompletedProcess[bytes]:
        path = os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH"))))
        return subprocess.run(
            [*self._command, *arguments],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=quiet,
            check=False,
        )


class Looks:
    """When the judge looks again at files that are being filled, and what it leaves open."""

    def __init__(self, judge: Judge, recordings: Sequence[Recording]) -> None:
        """Look before anything is measured.

        Raises:
            BenchError: The files cannot be compared, or the policy is wrong; none is kept.
        """
        self._judge = judge
        self._next = 0
        try:
            self._state = judge.state()
        except BenchError:
            for recording in recordings:
                recording.discard()
            raise

    def open_cells(self, runs: int) -> tuple[str, ...] | None:
        """Return the cells still open if it looks at so many runs of each, else None."""
        if runs < self._next:
            return None
        if runs:
            self._state = self._judge.state()
        # Where nothing is left to look at, nobody is to ask again.
        self._next = self._state.next_look or sys.maxsize
        return self._state.open_cells
