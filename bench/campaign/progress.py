# SPDX-License-Identifier: MIT
"""What a person sees while a campaign runs: a live table, plain lines, or nothing.

Everything goes to stderr; stdout carries the record file's name alone. The
live table is redrawn between runs only: a thread that redraws would run
beside what is measured.
"""

import contextlib
import math
import sys
import time
from typing import TYPE_CHECKING, TextIO

from ..record.line import MetricInfo, Run
from .schedule import CellState, Schedule

if TYPE_CHECKING:
    from rich.table import Table

_REDRAW_S = 0.2
_ROWS = 12


class Progress:
    """Is told of each run and of the end. This one shows nothing: --quiet."""

    def say(self, sentence: str) -> None:
        """Show one sentence that stays."""

    def ran(self, run: Run, left_s: float) -> None:
        """Show where the campaign stands after a run."""

    def close(self) -> None:
        """Give the terminal back."""


def result(state: CellState) -> str:
    """Return what is known of a cell in words, e.g. "5.31 x memfd +- 0.8 %, 12 runs"."""
    runs = f"{state.good} run{'' if state.good == 1 else 's'}"
    if state.estimate is None or state.half_width is None:
        return runs
    beside, width = state.cell.control, f"+- {reached(state.half_width, state.metric)}, {runs}"
    if beside is None:
        return width
    if state.metric.effect == "difference":
        return f"{state.estimate:+.3g} {state.metric.unit} against {beside} {width}"
    ratio = math.exp(state.estimate)
    # Two digits of what is uncertain, and none beyond.
    decimals = max(0, 1 - math.floor(math.log10(max(ratio * state.half_width, 1e-5))))
    return f"{ratio:.{decimals}f} x {beside} {width}"


def reached(half_width: float | None, metric: MetricInfo) -> str:
    """Return a half-width in words: a share of the ratio, or in the unit of the difference."""
    if half_width is None:
        return "unknown"
    if metric.effect == "difference":
        return f"{half_width:.2g} {metric.unit}"
    return f"{100 * half_width:.2g} %"


def say(sentence: str, stream: TextIO | None = None) -> None:
    """Print a sentence; a campaign goes on when nobody reads along any more."""
    with contextlib.suppress(OSError):
        print(sentence, file=stream or sys.stderr, flush=True)


class Plain(Progress):
    """A line per round and per closed cell, for logs and pipes."""

    def __init__(self, schedule: Schedule, stream: TextIO | None = None) -> None:
        self._schedule, self._stream = schedule, stream
        self._round = 0

    def say(self, sentence: str) -> None:
        """Print the sentence."""
        say(sentence, self._stream)

    def ran(self, run: Run, left_s: float) -> None:
        """Print what changed: a round begun, a cell closed, a run that failed."""
        schedule, state = self._schedule, self._schedule.states[run.cell]
        if run.round > self._round:
            self._round = run.round
            self.say(
                f"round {run.round}: {len(schedule.open_cells())} of {len(schedule.states)} "
                f"cells open, {left_s:.0f} s left"
            )
        if run.status != "ok":
            self.say(f"{run.cell}: {run.status}: {run.reason}")
        elif state.stop is not None:
            self.say(f"{run.cell}: {result(state)} ({state.stop})")


class Live(Progress):
    """A table on a terminal: how many cells and runs, the current interval, the time left."""

    def __init__(self, schedule: Schedule) -> None:
        from rich.console import Console  # noqa: PLC0415 - only a terminal pays for it
        from rich.live import Live as RichLive  # noqa: PLC0415

        self._schedule = schedule
        self._live = RichLive(console=Console(stderr=True), auto_refresh=False, transient=True)
        self._live.start()
        self._drawn_s = 0.0
        self._runs = 0

    def say(self, sentence: str) -> None:
        """Print the sentence above the table."""
        with contextlib.suppress(OSError):  # the terminal may have been closed
            self._live.console.print(sentence, markup=False, highlight=False)

    def ran(self, run: Run, left_s: float) -> None:
        """Redraw, but not more often than an eye needs."""
        self._runs += 1
        if run.status != "ok":
            self.say(f"{run.cell}: {run.status}: {run.reason}")
        now_s = time.monotonic()
        if now_s - self._drawn_s >= _REDRAW_S:
            self._drawn_s = now_s
            with contextlib.suppress(OSError):
                self._live.update(self._table(run, left_s), refresh=True)

    def close(self) -> None:
        """Remove the table."""
        with contextlib.suppress(OSError):
            self._live.stop()

    def _table(self, run: Run, left_s: float) -> "Table":
        from rich.markup import escape  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415

        schedule = self._schedule
        still_open = schedule.open_cells()
        done = len(schedule.states) - len(still_open)
        table = Table(
            title=f"{done} of {len(schedule.states)} cells done, {self._runs} runs, "
            f"round {schedule.round}, {left_s:.0f} s left",
            title_justify="left",
            box=None,
            pad_edge=False,
        )
        table.add_column("open cells, furthest from their target first")
        table.add_column("so far")
        far = sorted(still_open, key=lambda name: -schedule.states[name].distance)
        for name in [run.cell, *(name for name in far if name != run.cell)][:_ROWS]:
            table.add_row(escape(name), escape(result(schedule.states[name])))
        return table


def choose(schedule: Schedule, *, quiet: bool) -> Progress:
    """Return the display that suits what stderr is."""
    if quiet:
        return Progress()
    return Live(schedule) if sys.stderr.isatty() else Plain(schedule)
