# SPDX-License-Identifier: MIT
"""Probes as metrics of a campaign: beside the native core, and speaking its protocol."""

import sys
from pathlib import Path

import msgspec

from ..core import Core, Metric, Need
from ..record.line import Cell
from .fault_stages import MOST_PAGES
from .protocol import options
from .server import Server

FAULT_STAGES = msgspec.convert(
    {
        "name": "fault-stages",
        "about": "time of the first store to a base page without a probe; the notes say which "
        "share each stage of the fault has with it",
        "question": "everyone",
        "unit": "s",
        "better": "lower",
        "assume": "nothing",
        "effect": "ratio",
        "paired": False,
        "duet": False,
        "supported": True,
        "reason": "",
        "params": [
            {"name": "pages", "about": "first touches, with the probe and without", "unit": "1",
             "default": 128, "min": 1, "max": MOST_PAGES},
            {"name": "backend", "about": "how finely to look, or whatever loads", "unit": "",
             "default": "auto", "choices": ["auto", "fentry", "tracepoint", "counter"]},
        ],
    },
    Metric,
)  # fmt: skip


class Instruments(Core):
    """A native core, and the probes beside it."""

    probed = (FAULT_STAGES,)

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        """Make one.

        Args:
            path: Of the native core.
            shared: Let one process compile the probes for all runs until this one ends.
        """
        super().__init__(path)
        self._shared = shared
        self._server: Server | None = None

    def at(self, path: Path) -> "Instruments":
        """Return the core of another path, with probes of its own for each run."""
        return Instruments(path)

    def need(self, cell: Cell) -> Need:
        """Return how much memory one run of a cell takes."""
        if cell.metric != FAULT_STAGES.name:
            return super().need(cell)
        catalogue = self.catalogue()
        wanted = options(cell.mode, cell.params).demand(catalogue)
        held_bytes = int(cell.params["pages"]) * catalogue.mode(cell.mode).page_bytes
        return Need(held_bytes, wanted.touched_bytes, wanted.held_bytes)

    def run_command(self, cell: Cell, seed: int, cpu: int | None) -> list[str]:
        """Return the command line of one run."""
        if cell.metric != FAULT_STAGES.name:
            return super().run_command(cell, seed, cpu)
        params = [f"{name}={value}" for name, value in sorted(cell.params.items())]
        return [sys.executable, "-m", "bench.probes", self._where(), cell.mode, *params]

    def _where(self) -> str:
        if not self._shared:
            return str(self.path)
        if self._server is None:
            self._server = Server(self.path.absolute())
        return f"@{self._server.name}"
