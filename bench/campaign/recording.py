# SPDX-License-Identifier: MIT
"""One record file that is being filled, and what executes its runs."""

from pathlib import Path

import msgspec
from msgspec import UNSET

from ..machines.site import Site
from ..record.line import Campaign, CellEnd, End, Ending, Line, Run, utc_now
from .runner import Runner
from .schedule import Turn
from .writer import Writer


class Recording:
    """A record file, the site that its runs are made at, and the runs so far without their values.

    Of two recordings that are filled together each is one side of a comparison.
    """

    def __init__(
        self, site: Site, campaign: Campaign, writer: Writer, timeout_s: float | None
    ) -> None:
        """Take a file whose first line has been written.

        Args:
            site: Where the runs are made.
            campaign: The first line.
            writer: Of the file.
            timeout_s: Wall time after which a run is killed; None leaves it to the runner.
        """
        self.site, self.campaign = site, campaign
        self.runs: list[Run] = []
        self._writer = writer
        self._runner = Runner(site, campaign.metrics, timeout_s)
        self._number = 0

    @property
    def path(self) -> Path:
        """The file."""
        return self._writer.path

    def go_on_from(self, number: int) -> None:
        """Number the next runs from there, behind those of the file."""
        self._number = number

    def execute(self, turn: Turn) -> Run | None:
        """Execute a turn, without recording it; None if it was killed on request."""
        run = self._runner.run(turn, self._number)
        if run is None or self.campaign.ab is UNSET:
            return run
        return msgspec.structs.replace(run, pair=turn.round)

    def append(self, line: Line) -> None:
        """Write a line that is no run."""
        self._writer.append(line)

    def record(self, run: Run) -> None:
        """Write a run."""
        self._writer.append(run)
        self._number += 1
        # The file has the values; keeping them here as well would grow with the campaign.
        self.runs.append(msgspec.structs.replace(run, values={}, classes={}))

    def end(self, status: Ending, wall_s: float, cells: dict[str, CellEnd]) -> End:
        """Write the end line and return it.

        Args:
            status: Why the campaign ended.
            wall_s: Its wall time, of this start.
            cells: Why each cell ended.
        """
        inside_s = sum(run.elapsed_s for run in self.runs)
        end = End(
            created=utc_now(),
            status=status,
            wall_s=round(wall_s, 3),
            core_share=min(1.0, round(inside_s / wall_s, 4)) if wall_s > 0 else 0.0,
            counters=self.site.counters(),
            cells=cells,
        )
        self._writer.append(end)
        return end

    def kill(self) -> None:
        """Kill the run in flight."""
        self._runner.kill()

    def discard(self) -> None:
        """Remove the file: nothing was measured."""
        self.path.unlink()

    def close(self) -> None:
        """Let go of the file."""
        self._writer.close()
