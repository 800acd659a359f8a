"""The loop of a campaign: turn after turn until it ends, the budget does, or someone says stop."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import msgspec

from ..record.line import Campaign, Counters, End, Ending, Run, utc_now
from .interrupt import Interrupt
from .progress import Progress
from .runner import Runner
from .schedule import Schedule
from .writer import Writer


class Execution:
    """Runs cells in the schedule's order until it ends, the budget does, or someone says stop."""

    def __init__(
        self, campaign: Campaign, writer: Writer, runner: Runner, progress: Progress
    ) -> None:
        """Take what has been begun; `take_up` adds the runs of an earlier start.

        Args:
            campaign: The file's first line.
            writer: Of the record file.
            runner: Executes the runs.
            progress: Is told of each.
        """
        self.schedule = Schedule(campaign.cells, campaign.seed, campaign.metrics)
        self.runs: list[Run] = []
        self._campaign, self._writer, self._runner = campaign, writer, runner
        self._progress = progress
        self._number = 0

    def take_up(self, runs: Iterable[Run]) -> None:
        """Take in the runs that the file holds already."""
        for run in runs:
            self.schedule.enter(run)
            self._number = max(self._number, run.run + 1)

    def go(self, began_s: float, budget_s: float, counters: Callable[[], Counters]) -> End:
        """Run until done.

        Args:
            began_s: time.monotonic() from which the budget counts.
            budget_s: Wall time.
            counters: Reads the direct map's counters, for the end line.

        Returns:
            The end line, which has been written.
        """
        deadline_s = began_s + budget_s
        with Interrupt(self._runner.kill) as interrupt:
            while not interrupt.requested:
                turn = self.schedule.turn(deadline_s - time.monotonic())
                if turn is None:
                    break
                run = self._runner.run(turn, self._number)
                if run is None:
                    continue
                self._writer.append(run)
                self._number += 1
                self.runs.append(_light(run))
                self.schedule.enter(run)
                self._progress.ran(self.schedule, run, deadline_s - time.monotonic())
            end = self._end(began_s, counters, interrupted=interrupt.requested)
            self._writer.append(end)
        return end

    def _end(self, began_s: float, counters: Callable[[], Counters], *, interrupted: bool) -> End:
        status: Ending = "complete"
        if self.schedule.open_cells():
            status = "interrupted" if interrupted else "budget"
        wall_s = time.monotonic() - began_s
        inside_s = sum(run.elapsed_s for run in self.runs)
        return End(
            created=utc_now(),
            status=status,
            wall_s=round(wall_s, 3),
            core_share=min(1.0, round(inside_s / wall_s, 4)) if wall_s > 0 else 0.0,
            counters=counters(),
            cells=self.schedule.ends("interrupted" if status == "interrupted" else "budget"),
        )


def timed_shares(runs: Iterable[Run], metric_of: Mapping[str, str]) -> dict[str, float]:
    """Return, by metric, the share of the runs' wall time that lay in timed sections."""
    timed_s: dict[str, float] = defaultdict(float)
    elapsed_s: dict[str, float] = defaultdict(float)
    for run in runs:
        if run.status == "ok":
            timed_s[metric_of[run.cell]] += run.timed_s
            elapsed_s[metric_of[run.cell]] += run.elapsed_s
    return {name: timed_s[name] / whole_s for name, whole_s in elapsed_s.items() if whole_s > 0}


def _light(run: Run) -> Run:
    # The file has the values; keeping them here as well would grow with the campaign.
    return msgspec.structs.replace(run, values={}, classes={})
