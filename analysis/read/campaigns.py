# SPDX-License-Identifier: MIT
"""What was loaded: record files as they are, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .modes import Modes
from .record import Campaign, Cell, End, Metric, Mode, Resume, Run


@dataclass(frozen=True)
class RecordFile:
    """One campaign as read from one file."""

    label: str
    """Short name of the file, unique among those loaded together."""
    path: Path
    sha256: str
    """Checksum of the file as it is stored, compressed or not."""
    campaign: Campaign
    runs: tuple[Run, ...]
    resumes: tuple[Resume, ...]
    end: End | None
    """The last end line; None when the campaign was cut off."""
    warnings: tuple[str, ...]

    @cached_property
    def cells(self) -> Mapping[str, Cell]:
        """Cells by name, in the plan's order."""
        return {cell.name: cell for cell in self.campaign.cells}

    @cached_property
    def runs_by_cell(self) -> Mapping[str, tuple[Run, ...]]:
        """The runs of each cell that has any, whatever their status, in their order."""
        found: dict[str, list[Run]] = {}
        for run in self.runs:
            found.setdefault(run.cell, []).append(run)
        return {name: tuple(runs) for name, runs in found.items()}


@dataclass(frozen=True)
class Campaigns:
    """What was loaded: one or more files, in the order they were named."""

    files: tuple[RecordFile, ...]
    warnings: tuple[str, ...] = field(default=())
    beside: tuple[RecordFile, ...] = field(default=())
    """Files of other machines or kernels: their counts and times of a trip stand beside these."""

    @cached_property
    def cells(self) -> Mapping[str, Cell]:
        """Every cell once, by name, in the order of first appearance."""
        known: dict[str, Cell] = {}
        for file in self.files:
            for name, cell in file.cells.items():
                known.setdefault(name, cell)
        return known

    @cached_property
    def modes(self) -> Modes:
        """Every mode, described by the first file that says where it stands, or that has it."""
        found: dict[str, Mode] = {}
        for file in (*self.files, *self.beside):
            for name, mode in file.campaign.modes.items():
                if name not in found or (mode.order > 0 and found[name].order == 0):
                    found[name] = mode
        return Modes(found)

    def metric(self, name: str) -> Metric:
        """What a metric is, as the first file says that has it."""
        return next(
            file.campaign.metrics[name] for file in self.files if name in file.campaign.metrics
        )

    def runs_of(self, cell: str) -> tuple[Run, ...]:
        """All runs of one cell, whatever their status, over all files."""
        return self._runs_by_cell.get(cell, ())

    @cached_property
    def _runs_by_cell(self) -> Mapping[str, tuple[Run, ...]]:
        found: dict[str, list[Run]] = {}
        for file in self.files:
            for name, runs in file.runs_by_cell.items():
                found.setdefault(name, []).extend(runs)
        return {name: tuple(runs) for name, runs in found.items()}
