# SPDX-License-Identifier: MIT
"""The judge is the analysis, which alone knows the rule: it is asked by a process of its own."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from .. import program
from ..campaign.beginning import CampaignOptions, Judging, Prepared
from ..campaign.recording import Recording
from ..ending import INTERRUPTED, OK, REGRESSED, USAGE
from ..error import BenchError

_PROJECT = Path(__file__).parents[2]
# Python ends with 1 by many an accident, so a regression is told by a code that none has.
_REGRESSED_AS = 101
_MEANINGS = {OK: OK, _REGRESSED_AS: REGRESSED, USAGE: USAGE, INTERRUPTED: INTERRUPTED}

T = TypeVar("T")


class Output(msgspec.Struct, frozen=True):
    """An option that says how a verdict is printed; without a metavar it is a flag."""

    flag: str
    metavar: str | None
    help: str


class Terms(msgspec.Struct, frozen=True):
    """What the judge says beforehand."""

    looks: tuple[int, ...]
    """Runs at which cells are judged, as long as they get no more than that."""
    budget_s: float | None
    """Wall time that the policy gives; None if it does not say."""
    outputs: tuple[Output, ...]


class State(msgspec.Struct, frozen=True):
    """As much of what `analysis gate --json` prints as decides who runs next."""

    open_cells: tuple[str, ...]
    next_look: int | None


def terms(policy: str | None = None) -> Terms:
    """Ask for the terms.

    Args:
        policy: A policy file.

    Raises:
        BenchError: The policy is wrong.
    """
    return _decoded(_ask("--terms", *_held(policy), quiet=True), Terms)


class Judged(CampaignOptions, frozen=True, kw_only=True):
    """What every verb may be asked that ends in a verdict."""

    policy: str | None = None
    cells: tuple[str, ...] = ()
    family: int | None = None
    attempt: int = 1
    all_cells: bool = False


class Judge:
    """Judges the record files as they are."""

    def __init__(self, paths: Sequence[Path | str], options: Judged, again: str) -> None:
        """Keep what is the same for every question.

        Args:
            paths: The files to judge, the candidate last.
            options: What was asked.
            again: Begins the command that measures a cell again.
        """
        every = ["--all-cells"] if options.all_cells else []
        self._words = [*map(str, paths), *_held(options.policy), *every, "--again", again]

    def state(self) -> State:
        """Ask which cells are open.

        Raises:
            BenchError: The files cannot be compared, or the policy is wrong.
        """
        return _decoded(_ask(*self._words, "--interim", "--json", quiet=True), State)

    def last_word(self, outputs: Sequence[str]) -> int:
        """Let it print its verdict on our stdout; returns its exit code.

        Raises:
            BenchError: It came to no verdict.
        """
        words = (*self._words, *outputs, "--regressed-as", str(_REGRESSED_AS))
        code = _ask(*words, quiet=False).returncode
        if code not in _MEANINGS:
            how = program.ending(code)
            raise BenchError(
                f"the judge came to no verdict: {how}: `python -m analysis gate` again"
            )
        return _MEANINGS[code]


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


def judging(sides: Sequence[Prepared], options: Judged, looks: tuple[int, ...]) -> Judging:
    """Return by what a campaign is judged.

    A family is what the plan has, also where only some of its cells are measured: whoever measures
    cells one by one until one is worse would find one.

    Args:
        sides: Of the campaign, with the cells that were chosen.
        options: What was asked.
        looks: Numbers of runs at which cells are judged.
    """
    last = sides[-1]
    left_out = last.plan.left_out
    exact = {metric.name for metric in last.catalogue.metrics if metric.assume == "exact"}
    sampled = [
        cell
        for cell in (*last.plan.cells, *left_out)
        if cell.metric not in exact and (cell.control or len(sides) == 2)
    ]
    of_plan = len(sampled) if left_out else 0
    return Judging(looks, options.family or of_plan, options.attempt)


def said_again(options: Judged) -> list[str]:
    """Return the words that ask for the same, but for the cells, their family, seed and file."""
    words = []
    for flag, value in (
        ("--policy", options.policy),
        ("--budget", options.budget_s),
        ("--timeout", options.timeout_s),
    ):
        words += [flag, shlex.quote(f"{value}")] if value else []
    flags = (("--all-cells", options.all_cells), ("--yes", options.yes))
    return [*words, *(flag for flag, given in flags if given)]


def _held(policy: str | None) -> list[str]:
    return ["--policy", policy] if policy else []


def _ask(*words: str, quiet: bool) -> subprocess.CompletedProcess[bytes]:
    path = os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        [sys.executable, "-m", "analysis", "gate", *words],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=quiet,
        check=False,
    )


def _decoded(done: subprocess.CompletedProcess[bytes], kind: type[T]) -> T:
    try:
        return msgspec.json.decode(done.stdout, type=kind)
    except msgspec.DecodeError:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        last = words[-1].removeprefix("analysis: ") if words else f"exit {done.returncode}"
        raise BenchError(last) from None
