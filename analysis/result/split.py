# SPDX-License-Identifier: MIT
"""Splits of the kernel's direct map: how many a region made, and what one adds to a first touch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..read.campaigns import Campaigns, RecordFile
from ..read.definition import LENT
from ..read.record import CLASSES, Run, Scalar
from ..stats.array import FloatArray
from ..stats.interval import MIN_RUNS, Interval, median_over_runs, over_runs
from ..stats.one_run import run_medians
from .effect import good

CURVES = LENT
"""The metric whose runs count splits step by step."""

BLOCK_PAGES = 512
"""Base pages in one 2M mapping: the best possible is one split for so many pages."""

PAGE_BYTES = 4096
"""Base page of the kernels that count splits (x86)."""


@dataclass(frozen=True)
class Curve:
    """One run: splits of 2M mappings, counted up as memory is touched.

    Notes that the run does not have are None.
    """

    cell: str
    run: int
    kernel: str
    """Release of the kernel whose direct map it was."""
    emulated: bool
    beside: bool
    """Whether it is of another machine or kernel than the campaigns."""
    fresh: bool
    """Whether this run was the first and only one of its boot."""
    mode: str
    secret: bool
    """Whether the mode's pages leave the direct map."""
    phase: str
    touched_bytes: tuple[int, ...]
    splits: tuple[int, ...]
    splits_1g: int | None
    """Splits of 1G mappings in all."""
    since_boot: int | None
    """Splits of both levels before the run."""
    free_unmovable_pages: int | None
    """Before the run: the pool from which secret pages are taken first."""
    grown_4k_kb: int | None
    """By how much the part of the direct map in 4K pages grew."""
    kept_4k_kb: int | None
    """How much of that stayed after the release."""
    page_table_bytes: int | None
    """Page tables that the splits cost."""

    @property
    def pages(self) -> int:
        """Base pages touched in all."""
        return self.touched_bytes[-1] // PAGE_BYTES

    @property
    def pages_per_split(self) -> float:
        """Infinite where nothing was split."""
        return self.pages / self.splits[-1] if self.splits[-1] else math.inf


@dataclass(frozen=True)
class ClassCost:
    """Pages of one class in the class runs of a cell."""

    name: str
    pages: int
    """Over all runs."""
    runs: int
    """Runs that had such pages."""
    median: Interval
    """Median over runs of the class's median, in s."""
    adds: Interval | None
    """What such a split adds to a plain page, in s; None for plain pages.

    Over runs where there are enough of them; else from all pages together, without an
    interval, as its warning says.
    """


@dataclass(frozen=True)
class SplitCost:
    """What splits add to a first touch in one cell of class runs."""

    cell: str
    mode: str
    classes: tuple[ClassCost, ...]
    """Those that occurred, plain first."""


def curves(campaigns: Campaigns) -> tuple[Curve, ...]:
    """One curve per good run, in the order in which they were measured; files beside come last.

    Args:
        campaigns: Files of one environment, and those beside them.
    """
    return tuple(
        _curve(file, run, beside=file in campaigns.beside)
        for file in (*campaigns.files, *campaigns.beside)
        for run in good(file.runs)
        if file.cells[run.cell].metric == CURVES
    )


def _curve(file: RecordFile, run: Run, *, beside: bool) -> Curve:
    cell, campaign = file.cells[run.cell], file.campaign
    counts = run.values.treatment
    step_bytes = int(cell.params["step_bytes"])

    def note(name: str) -> int | None:
        return _whole(run.notes.get(name))

    return Curve(
        cell=cell.name,
        run=run.run,
        kernel=str(campaign.environment.get("kernel_release", "unknown")),
        emulated=campaign.machine.emulated,
        beside=beside,
        fresh=run.boot is not None and [other.boot for other in file.runs].count(run.boot) == 1,
        mode=cell.mode,
        secret=campaign.modes[cell.mode].secret,
        phase=str(cell.params["phase"]),
        touched_bytes=tuple(step_bytes * (place + 1) for place in range(counts.size)),
        splits=tuple(int(count) for count in counts),
        splits_1g=note("splits_1g"),
        since_boot=note("splits_since_boot"),
        free_unmovable_pages=note("free_unmovable_pages"),
        grown_4k_kb=note("direct_map_4k_kb"),
        kept_4k_kb=note("kept_4k_kb_after_release"),
        page_table_bytes=note("page_table_bytes"),
    )


def _whole(value: Scalar) -> int | None:
    """A count; what is negative was not to be had."""
    return int(value) if isinstance(value, int | float) and value >= 0 else None


def split_costs(campaigns: Campaigns) -> tuple[SplitCost, ...]:
    """One row per cell of class runs in which a page was split, values in s.

    Args:
        campaigns: Files of one environment.
    """
    found = []
    for cell in campaigns.cells.values():
        runs = [r for r in good(campaigns.runs_of(cell.name)) if r.classes.treatment.size]
        classes = [_class(runs, code) for code in range(len(CLASSES))]
        occurred = tuple(each for each in classes if each.pages)
        if any(each.adds for each in occurred):
            found.append(SplitCost(cell.name, cell.mode, occurred))
    return tuple(found)


def _class(runs: Sequence[Run], code: int) -> ClassCost:
    chosen = [run.values.treatment[run.classes.treatment == code] for run in runs]
    plain = [run.values.treatment[run.classes.treatment == 0] for run in runs]
    pairs = [(c, p) for c, p in zip(chosen, plain, strict=True) if c.size and p.size]
    return ClassCost(
        name=CLASSES[code],
        pages=sum(values.size for values in chosen),
        runs=sum(values.size > 0 for values in chosen),
        median=median_over_runs(run_medians([values for values in chosen if values.size])),
        adds=_adds(pairs) if code and pairs else None,
    )


def _adds(pairs: Sequence[tuple[FloatArray, FloatArray]]) -> Interval:
    """Median of split pages minus median of plain pages of the same runs."""
    if len(pairs) >= MIN_RUNS:
        return over_runs(np.array([np.median(c) - np.median(p) for c, p in pairs]))
    split = np.concatenate([c for c, _ in pairs])
    plain = np.concatenate([p for _, p in pairs])
    estimate = float(np.median(split) - np.median(plain))
    where = "1 run" if len(pairs) == 1 else f"{len(pairs)} runs"
    warning = f"{split.size} such pages in {where}: no interval"
    return Interval(estimate, math.nan, math.nan, 0.0, len(pairs), warning)
