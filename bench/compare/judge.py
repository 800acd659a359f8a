"""Asks the analysis, which alone knows the rule, what a gate has still to sample."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ..campaign.writer import Writer
from ..error import BenchError

# Runs at which cells are judged, as long as they get no more than that; the record says so.
LOOKS = (10, 15, 20, 30, 40)

_PROJECT = Path(__file__).parents[2]


class State(msgspec.Struct, frozen=True):
    """As much of what `analysis gate --json` prints as decides who runs next."""

    open_cells: tuple[str, ...]
    next_look: int | None


class Referee:
    """Asks the analysis about the record files as they are."""

    def __init__(self, paths: Sequence[str], policy: str | None, again: str) -> None:
        """Keep what is the same for every question.

        Args:
            paths: The files to judge, the candidate last.
            policy: A policy file.
            again: Begins the command that measures a cell again.
        """
        held = ["--policy", policy] if policy else []
        self._command = [
            *(sys.executable, "-m", "analysis", "gate"), *paths, *held, "--again", again,
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


def refuse_early(referee: Referee, writers: Sequence[Writer]) -> State:
    """Ask before anything is measured; a record without a run is not kept if it is refused."""
    try:
        return referee.state()
    except BenchError:
        for writer in writers:
            writer.path.unlink()
        raise
