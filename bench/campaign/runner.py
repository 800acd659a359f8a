# SPDX-License-Identifier: MIT
"""One cell, one run: spawn the core, bound it, and say in words how it went."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import UNSET

from .. import program
from ..core import FLOOD, HELD, KILLED, LOST, TIMEOUT, UNSUPPORTED, Finished
from ..machines.site import Site
from ..output import GarbageError, Output, read_output
from ..program import last_words
from ..record.line import Cell, MetricInfo, Run, utc_now
from .possible import refuse_impossible, refuse_unwritable
from .schedule import Turn

# No cell comes near it; tox's interrupt_timeout must be longer.
# The longest run, of `splits` with the page cache filled first, takes about a minute.
TIMEOUT_S = 180.0
# An emulated CPU is some tens of times slower than a real one.
_SLOWER = 20

Status = Literal["ok", "unsupported", "failed"]
_HALTED = {
    TIMEOUT: "no end after {timeout_s:g} s: killed",
    FLOOD: "printed without end: killed",
    HELD: "ended, but left a process behind that holds its output: killed",
}


class Runner:
    """Executes turns on one machine with one core."""

    def __init__(
        self, site: Site, metrics: Mapping[str, MetricInfo], timeout_s: float | None = None
    ) -> None:
        """Keep what all runs of a campaign share.

        Args:
            site: Where they are made.
            metrics: What they measure, by name.
            timeout_s: Wall time after which a run is killed and recorded as failed.
        """
        self._site, self._metrics = site, metrics
        usual_s = TIMEOUT_S * _SLOWER if site.emulated else TIMEOUT_S
        self._timeout_s = timeout_s or usual_s

    def run(self, turn: Turn, number: int) -> Run | None:
        """Execute one turn.

        Args:
            turn: The cell, its round, its seed.
            number: Of the run within the record file.

        Returns:
            The run, whatever became of it; None if it was killed on request, which says
            nothing about the cell.
        """
        command = self._site.core.run_command(turn.cell, turn.seed, self._site.cpu)
        started = utc_now()
        finished = self._execute(turn.cell, command)
        if finished.halted == KILLED:
            return None
        status, reason = status_of(finished, self._timeout_s)
        run = Run(
            run=number,
            cell=turn.cell.cell,
            round=turn.round,
            seed=turn.seed,
            started=started,
            elapsed_s=round(finished.elapsed_s, 6),
            core_s=0.0,
            timed_s=0.0,
            boot=UNSET if finished.boot is None else finished.boot,
            status=status,
            reason=reason,
            values={},
        )
        if status == "ok":
            run = self._heard(run, turn.cell, finished)
        # The reason is recorded, and where this machine keeps the core is nobody's business.
        return msgspec.structs.replace(run, reason=run.reason.replace(command[0], "core"))

    def _heard(self, run: Run, cell: Cell, finished: Finished) -> Run:
        """Take over what a run printed; it has failed if that cannot be."""
        arms = ("treatment",) if cell.control is None else ("treatment", "control")
        try:
            output = read_output(finished.stdout, arms)
            refuse_impossible(output, self._metrics[cell.metric], finished.elapsed_s)
            filled = _filled(run, output)
            refuse_unwritable(filled)
        except GarbageError as error:
            reason = _with_last_words(str(error), finished.stderr)
            return msgspec.structs.replace(run, status="failed", reason=reason)
        return filled

    def _execute(self, cell: Cell, command: list[str]) -> Finished:
        if reason := self._site.refuse(cell, self._metrics[cell.metric]):
            return Finished(UNSUPPORTED, b"", reason.encode(), 0.0)
        try:
            return self._site.executor.execute(command, self._timeout_s)
        except OSError as error:
            why = program.why_not_started(Path(command[0]), error)
            return Finished(1, b"", f"cannot be started: {why}".encode(), 0.0)

    def kill(self) -> None:
        """Kill the run in flight."""
        self._site.executor.kill()


def status_of(finished: Finished, timeout_s: float) -> tuple[Status, str]:
    """Return status and reason of a run, going by how its process ended."""
    if finished.halted in _HALTED:
        how = _HALTED[finished.halted].format(timeout_s=timeout_s)
        return "failed", _with_last_words(how, finished.stderr)
    if finished.halted == LOST:
        return "failed", last_words(finished.stderr)
    if finished.exit_code == 0:
        return "ok", ""
    if finished.exit_code == UNSUPPORTED:
        return "unsupported", last_words(finished.stderr) or "the core gave no reason"
    return "failed", _with_last_words(program.ending(finished.exit_code), finished.stderr)


def _filled(run: Run, output: Output) -> Run:
    """Take over every field of what the core said, by its name."""
    parts = (output.start, output.finish)
    said = {name: getattr(part, name) for part in parts for name in part.__struct_fields__}
    said |= {"warnings": (*output.start.warnings, *output.finish.warnings)}
    return msgspec.structs.replace(run, values=output.values, classes=output.classes, **said)


def _with_last_words(what: str, stderr: bytes) -> str:
    words = last_words(stderr)
    return f"{what}; last words: {words}" if words else what
