# SPDX-License-Identifier: MIT
"""What every chapter draws on: the loaded files, what their cells came to, the figures."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ..figures.drawing.figure import Absent, Figure
from ..figures.drawing.gallery import figures, material
from ..read.campaigns import Campaigns
from ..result.cell import CellResult
from ..secrecy.matrix import Matrix, abouts, matrix
from ..secrecy.weight import Weights
from ..summary.summary import Summary, summarise
from ..words.row import params_words, varying
from .block import Picture

SUBJECT = "secret"
"""The mode that the report is about."""


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

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, ...]]:
        """Metric -> parameters that tell its cells apart."""
        return varying(self.summary.results)

    def title(self, row: CellResult) -> str:
        """A cell in words: access-latency of secret against memfd, 16 KiB, line-random."""
        against = f" against {'itself' if row.is_noise_floor else row.control}"
        if row.control is None:
            against = ""
        return ", ".join(
            part
            for part in (
                f"{row.metric} of {row.mode}{against}",
                params_words(row, self.names(row.metric)),
            )
            if part
        )

    def names(self, metric: str) -> tuple[str, ...]:
        """Parameters that tell the cells of a metric apart."""
        return self._names[metric]

    def picture(self, name: str) -> Picture:
        """A figure as a block."""
        return Picture(self.figures[name])

    def pictures(self, chapter: str, placed: Collection[str] = ()) -> tuple[Picture, ...]:
        """All figures of a chapter but those that it has placed itself."""
        return tuple(
            Picture(figure)
            for name, figure in self.figures.items()
            if figure.plate.chapter == chapter and name not in placed
        )

    @cached_property
    def ways(self) -> Matrix:
        """What was tried on which mode."""
        return matrix(self.summary.results, self.campaigns.modes, abouts(self.campaigns))

    def measured(self, metric: str) -> tuple[CellResult, ...]:
        """Rows of one metric that have runs."""
        return tuple(row for row in self.summary.results if row.metric == metric and row.runs)


def moment(created: str) -> str:
    """A UTC time stamp of a record as a date and time of day."""
    return f"{datetime.fromisoformat(created):%-d %B %Y, %H:%M} UTC"


def gather(campaigns: Campaigns, given: Weights | None = None) -> Evidence:
    """Summarise the files and draw their figures, with these weights of the ways in."""
    summary = summarise(campaigns)
    drawn = figures(material(campaigns, summary.results, given))
    return Evidence(campaigns, summary, {figure.plate.name: figure for figure in drawn})
