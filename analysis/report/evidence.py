"""What every chapter draws on: the loaded files, what their cells came to, the figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ..figures import Absent, Figure, figures
from ..load import Campaigns
from ..result import CellResult
from ..summary import Summary, summarise
from .block import Picture


@dataclass(frozen=True)
class Evidence:
    """Files of one environment with everything that is said about them."""

    campaigns: Campaigns
    summary: Summary
    figures: Mapping[str, Figure | Absent]

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """Cell -> its place in the plan."""
        return {row.cell: place for place, row in enumerate(self.summary.results)}

    def anchor(self, cell: str) -> str:
        """Id of the table of runs that stands behind a cell's numbers."""
        return f"cell-{self._places[cell]}"

    def picture(self, name: str) -> Picture:
        """A figure as a block."""
        return Picture(self.figures[name])

    def measured(self, metric: str) -> tuple[CellResult, ...]:
        """Rows of one metric that have runs."""
        return tuple(row for row in self.summary.results if row.metric == metric and row.runs)


def gather(campaigns: Campaigns) -> Evidence:
    """Summarise the files and draw their figures."""
    summary = summarise(campaigns)
    drawn = figures(campaigns, summary.results)
    return Evidence(campaigns, summary, {figure.name: figure for figure in drawn})
