# SPDX-License-Identifier: MIT
"""Synthetic record files with known answers. Nothing here was measured.

`Synthetic` describes a campaign; `write` makes the file. Every ratio that is asked for is
the exact ratio of each run's arms up to the noise asked for, so that tests know the truth.
"""

from __future__ import annotations

import gzip
import json
import lzma
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

UTC = "2026-01-02T03:04:05Z"
UNITS = {
    "bandwidth": "B/s",
    "lock-limit": "1",
    "density": "1",
    "flush-count": "1",
    "splits": "1",
    "user-reach": "1",
    "tlb-walks": "1",
    "split-exposure": "1",
    "tlb-simulated": "1",
    "tlb-simulated-dose": "1",
    "trips-simulated": "1",
}
EVERYONE = {
    "neighbour-loss", "flush-count", "splits", "victim-pipe", "victim-packet-ring",
    "victim-dose", "walk-cost", "fault-stages", "user-reach", "tlb-walks", "split-exposure",
    "tlb-simulated", "tlb-simulated-dose",
}  # fmt: skip
SIMULATED = {"tlb-simulated", "tlb-simulated-dose", "trips-simulated"}
DIFFERENCE = {"neighbour-loss", "tlb-walks", "split-exposure", *SIMULATED}
INEXACT = {"splits", "tlb-walks", "split-exposure", *SIMULATED}
PAIRED = {"access-latency", "access-width", "bandwidth"}
SECRECY = ("way-", "availability-")
SECRET = {"secret", "secret-flushed"}


@dataclass(frozen=True)
class SyntheticCell:
    """One cell and what its runs are to show."""

    metric: str
    mode: str
    control: str | None
    params: Mapping[str, int | str] = field(default_factory=dict)
    base: float = 1e-9
    """Median of the control arm, in the metric's unit."""
    ratio: float = 1.0
    """Treatment over control in every run, up to the noise."""
    noise: float = 0.0
    """Standard deviation over runs of the log ratio."""
    loss: float = 0.0
    """Treatment minus control in every run, up to `noise` of it, where the effect is a difference.
    """
    counts: Sequence[int] = ()
    """Values of every run, for a count that grows step by step."""
    runs: int = 12
    values: int = 5
    status: str = "ok"
    reason: str = ""
    stop: str = "target"
    classes: Sequence[int] = ()
    """Class of each treatment value; the control arm is all plain."""
    warnings: Sequence[str] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""
    """What the metric says of itself."""
    tables: Mapping[str, Any] = field(default_factory=dict)
    """Of every run."""

    @property
    def name(self) -> str:
        control = f":{self.control}" if self.control else ""
        params = ",".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.metric}/{self.mode}{control}" + (f"/{params}" if params else "")


@dataclass(frozen=True)
class Synthetic:
    """One campaign."""

    cells: Sequence[SyntheticCell]
    id: str = "0123456789abcdef"
    environment: Mapping[str, Any] = field(default_factory=dict)
    machine: str = "synthetic-4cpu-6.18-none"
    ended: bool = True
    seed: int | None = None
    """Of its noise; None: each id has noise of its own, with one seed two would be equal."""
    unsupported: Mapping[str, str] = field(default_factory=dict)
    """Mode -> why this machine lacks it."""
    looks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Mode -> what it says of its order and appearance; modes of before 2026-12 say nothing."""


def write(path: Path, synthetic: Synthetic) -> Path:
    """Write the campaign as a record file, packed if its name says so."""
    text = "".join(json.dumps(line) + "\n" for line in lines(synthetic))
    pack = {".gz": lambda data: gzip.compress(data, mtime=0), ".xz": lzma.compress}
    path.write_bytes(pack.get(path.suffix, bytes)(text.encode()))
    return path


def lines(synthetic: Synthetic) -> list[dict[str, Any]]:
    """The campaign's lines; runs go round by round as the scheduler would order them."""
    rng = np.random.default_rng(_seed(synthetic))
    found = [campaign(synthetic)]
    number = 0
    for turn in range(max((cell.runs for cell in synthetic.cells), default=0)):
        for cell in synthetic.cells:
            if turn < cell.runs:
                found.append(run(cell, number, turn, rng))
                number += 1
    if synthetic.ended:
        found.append(end(synthetic))
    return found


def _seed(synthetic: Synthetic) -> int:
    if synthetic.seed is not None:
        return synthetic.seed
    return 7 if synthetic.id == Synthetic(()).id else zlib.crc32(synthetic.id.encode())


def campaign(synthetic: Synthetic) -> dict[str, Any]:
    modes = {mode for cell in synthetic.cells for mode in (cell.mode, cell.control) if mode}
    environment = {
        "kernel_release": "6.18.0-synthetic",
        "cpu_model_name": "Synthetic CPU",
        "cpu_count": 4,
        "load_avg_1min": 0.1,
        **synthetic.environment,
    }
    return {
        "kind": "campaign",
        "schema": 1,
        "id": synthetic.id,
        "created": UTC,
        "plan": "synthetic",
        "seed": 1,
        "budget_s": 60,
        "machine": {"kind": "local", "class": synthetic.machine, "emulated": False},
        "environment": environment,
        "counters": {"DirectMap4k_kb": 100, "direct_map_level2_splits": 3},
        "core": {
            "version": "0.1.0",
            "arch": "x86_64",
            "timer": "tsc",
            "timer_resolution_s": 3.6e-10,
            "timer_cost_s": 9e-9,
        },
        "modes": {mode: _mode(mode, synthetic) for mode in sorted(modes)},
        "metrics": {cell.metric: _metric(cell) for cell in synthetic.cells},
        "cells": [
            {
                "cell": cell.name,
                "metric": cell.metric,
                "mode": cell.mode,
                "control": cell.control,
                "params": dict(cell.params),
                "target": {"half_width": 0.02, "min_runs": 8, "max_runs": 100},
            }
            for cell in synthetic.cells
        ],
        "readiness": [
            {"fact": "memfd_secret", "ok": True, "text": "the system call works", "hint": ""}
        ],
        "warnings": [],
    }


def run(cell: SyntheticCell, number: int, turn: int, rng: np.random.Generator) -> dict[str, Any]:
    line: dict[str, Any] = {
        "kind": "run",
        "run": number,
        "cell": cell.name,
        "round": turn,
        "seed": number,
        "started": UTC,
        "elapsed_s": 0.1,
        "core_s": 0.09,
        "timed_s": 0.08,
        "status": cell.status,
        "reason": cell.reason,
        "values": {},
        "warnings": list(cell.warnings),
    }
    if cell.status != "ok":
        return line
    line["values"], line["classes"] = _values(cell, rng)
    arms = list(line["values"])
    line["operations"] = dict.fromkeys(arms, cell.values * 1000)
    line["arm_s"] = dict.fromkeys(arms, 0.04)
    line["dropped"] = 0
    place = {"pages": 4, "blocks_2m": 2, "next_follows": 0.5}
    line["placement"] = dict.fromkeys(arms, place)
    line["counters"] = {"direct_map_level2_splits": 0}
    line["obtained"] = {"scheduler": "SCHED_FIFO", "cpu": 1, "cpus": 4, "memlock_bytes": 8388608}
    line["notes"] = dict(cell.notes)
    if cell.tables:
        line["tables"] = dict(cell.tables)
    return line


def end(synthetic: Synthetic) -> dict[str, Any]:
    return {
        "kind": "end",
        "created": UTC,
        "status": "complete",
        "wall_s": 12.5,
        "core_share": 0.9,
        "counters": {"DirectMap4k_kb": 104, "direct_map_level2_splits": 4},
        "cells": {
            cell.name: {"stop": cell.stop, "runs": cell.runs, "half_width": None}
            for cell in synthetic.cells
        },
    }


def _values(
    cell: SyntheticCell, rng: np.random.Generator
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Values and classes of one run: the control varies by slice, the ratio only by run."""
    if cell.metric.startswith(SECRECY):
        beside = {"control": [1.0]} if cell.control else {}
        return {"treatment": [float(cell.base)], **beside}, {}
    if cell.counts:
        return {"treatment": [float(count) for count in cell.counts]}, {}
    if UNITS.get(cell.metric) == "1":
        return {"treatment": [cell.base] * cell.values}, {}
    if cell.metric in DIFFERENCE:
        return _losses(cell, rng), {}
    control = cell.base * np.exp(0.05 * rng.standard_normal(cell.values))
    treatment = control * cell.ratio * np.exp(cell.noise * rng.standard_normal())
    values = {"treatment": [float(f"{value:.6g}") for value in treatment]}
    classes: dict[str, list[float]] = {}
    if cell.control:
        values["control"] = [float(f"{value:.6g}") for value in control]
    if cell.classes:
        classes = {"treatment": list(cell.classes), "control": [0] * cell.values}
    return values, classes


def _losses(cell: SyntheticCell, rng: np.random.Generator) -> dict[str, list[float]]:
    """A control that mostly loses `base`, one value with a pause a thousand times as long."""
    loss = cell.loss * (1 + cell.noise * rng.standard_normal())
    control = [cell.base] * (cell.values - 1) + [1e-3]
    return {"treatment": [cell.base + loss] * (cell.values - 1) + [2e-3], "control": control}


def _mode(mode: str, synthetic: Synthetic) -> dict[str, Any]:
    reason = synthetic.unsupported.get(mode)
    return {
        "about": f"synthetic {mode}",
        "shared": mode.startswith("memfd"),
        "secret": mode in SECRET,
        "page_bytes": 4096,
        "supported": reason is None,
        "reason": reason or "",
        **synthetic.looks.get(mode, {}),
    }


def _metric(cell: SyntheticCell) -> dict[str, Any]:
    metric, secrecy = cell.metric, cell.metric.startswith(SECRECY)
    unit = "1" if secrecy else UNITS.get(metric, "s")
    question = "everyone" if metric in EVERYONE else "owner"
    return {
        "about": cell.about or f"synthetic {metric}",
        "question": "secrecy" if secrecy else question,
        "unit": unit,
        "better": "higher" if unit == "B/s" else "lower",
        "assume": "exact" if unit == "1" and metric not in INEXACT else "nothing",
        "paired": metric in PAIRED,
        "effect": "difference" if metric in DIFFERENCE or secrecy else "ratio",
    }
