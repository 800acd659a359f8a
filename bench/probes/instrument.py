"""Probes as metrics of a campaign: beside the native core, and speaking its protocol."""

import json
import os
import resource
import sys
from collections.abc import Iterator, Mapping

import msgspec

from ..core import Catalogue, Core, Metric, Need
from ..record import Cell
from .fault_stages import MOST_PAGES, Options
from .stage import Result

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

    def catalogue(self) -> Catalogue:
        """Return what the core can measure, and what the probes can."""
        found = super().catalogue()
        return msgspec.structs.replace(found, metrics=(*found.metrics, FAULT_STAGES))

    def need(self, cell: Cell) -> Need:
        """Return how much memory one run of a cell takes."""
        if cell.metric != FAULT_STAGES.name:
            return super().need(cell)
        catalogue = super().catalogue()
        wanted = options(cell.mode, cell.params).demand(catalogue)
        held_bytes = int(cell.params["pages"]) * catalogue.mode(cell.mode).page_bytes
        return Need(held_bytes, wanted.touched_bytes, wanted.held_bytes)

    def run_command(self, cell: Cell, seed: int, cpu: int | None) -> list[str]:
        """Return the command line of one run."""
        if cell.metric != FAULT_STAGES.name:
            return super().run_command(cell, seed, cpu)
        params = [f"{name}={value}" for name, value in sorted(cell.params.items())]
        return [sys.executable, "-m", "bench.probes", str(self.path), cell.mode, *params]


def options(mode: str, params: Mapping[str, int | str]) -> Options:
    """Return what the parameters of a cell ask for: one run with the probe, one without."""
    return Options((mode,), int(params["pages"]), 1, str(params["backend"]))


def protocol(result: Result, elapsed_s: float) -> Iterator[str]:
    """Yield the lines that the native core would print for this result."""
    memlock = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    obtained = {**result.obtained, "cpus": os.cpu_count(), "memlock_bytes": memlock}
    yield json.dumps({"line": "start", "obtained": obtained, "warnings": []})
    yield json.dumps({"line": "values", "arm": "treatment", "values": result.bare_values})
    timed_s = sum(result.bare_values)
    yield json.dumps({
        "line": "end", "core_s": elapsed_s, "timed_s": timed_s, "arm_s": {"treatment": timed_s},
        "operations": {"treatment": len(result.bare_values)}, "notes": _notes(result),
        "warnings": result.warnings,
    })  # fmt: skip


def _notes(result: Result) -> dict[str, str | float | bool]:
    found: dict[str, str | float | bool | None] = {
        "backend": result.backend,
        "refused": "; ".join(result.refused),
        "known_touched": result.known_touched,
        "known_seen": result.known_seen,
        "overhead": result.overhead,
        "marked": result.marked,
        "flushes_per_fault": result.flushes_per_fault,
        "user_flushes_per_fault": result.user_flushes_per_fault,
    }
    known = {name: value for name, value in found.items() if value not in (None, "")}
    return known | {f"share of {stage.stage}": round(stage.share, 4) for stage in result.stages}
