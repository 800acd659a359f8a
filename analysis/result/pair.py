# SPDX-License-Identifier: MIT
"""Two kernels measured in pairs of fresh boots: B against A, the pair the unit."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..output.error import UsageError
from ..read.campaigns import RecordFile
from ..read.record import Cell, Metric, Run
from ..stats.interval import Interval, over_runs
from .effect import effect_of, good
from .split import CURVES


@dataclass(frozen=True)
class PairResult:
    """One cell over all pairs; intervals are exact signed-rank ones over pairs."""

    cell: str
    unit: str
    better: Literal["lower", "higher"]
    loss: bool
    """Whether the metric's effect is a difference."""
    pairs: int
    """Pairs in which both sides have a good run."""
    lost: int
    """Pairs in which a side has none."""
    shift: Interval | None
    """B's treatment minus A's, in `unit`; None without a pair. Of each run its median counts, of a
    count that grows step by step (splits) the last value."""
    log_ratio: Interval | None
    """Log ratio of the same two; None without a pair in which both are positive."""
    effect_shift: Interval | None
    """Of a cell with a control: by how much its effect changed from A to B.

    The difference of the two runs' log ratios, or of their differences in `unit` where the
    metric's effect is one. What made a whole boot slower or faster cancels in it.
    """


def sides(files: Sequence[RecordFile]) -> tuple[RecordFile, RecordFile] | None:
    """The two sides A and B if that is what these files are, None if they are no comparison.

    Raises:
        UsageError: Sides of different comparisons, or one emulated and the other not.
    """
    marks = [file.campaign.ab for file in files]
    if len(files) != 2 or None in marks or marks[0] == marks[1]:
        return None
    first, second = (file.campaign.ab for file in files)
    if first is None or second is None or first.id != second.id:
        raise UsageError(
            f"{files[1].path}: the other side of {files[0].path} is in another file: both files "
            "of one `bench ab` have the same ab.id"
        )
    if files[0].campaign.machine.emulated != files[1].campaign.machine.emulated:
        raise UsageError(
            f"{files[1].path}: one side was emulated and the other was not: nothing can be "
            "compared; measure both on the same machine"
        )
    return (files[0], files[1]) if first.side == "A" else (files[1], files[0])


def pairs(a: RecordFile, b: RecordFile) -> tuple[PairResult, ...]:
    """One row per cell that both sides have, in the plan's order.

    Args:
        a: Side A.
        b: Side B of the same comparison, see `sides`.
    """
    return tuple(
        _result(cell, a.campaign.metrics[cell.metric], _by_pair(a, name), _by_pair(b, name))
        for name, cell in a.cells.items()
        if name in b.cells
    )


def _by_pair(file: RecordFile, cell: str) -> Mapping[int, Run | None]:
    """The good run of each pair; None where there was only one that failed."""
    found: dict[int, Run | None] = {}
    for run in file.runs:
        if run.cell == cell and run.pair is not None and not found.get(run.pair):
            found[run.pair] = run if good([run]) and run.values.treatment.size else None
    return found


def _result(
    cell: Cell, metric: Metric, a: Mapping[int, Run | None], b: Mapping[int, Run | None]
) -> PairResult:
    numbers = sorted({*a, *b})
    both = [(a.get(number), b.get(number)) for number in numbers]
    good = [(one, two) for one, two in both if one and two]
    levels = [(_level(one, cell), _level(two, cell)) for one, two in good]
    logs = [math.log(y / x) for x, y in levels if x > 0 and y > 0]
    effects = [effect_of(two, metric) - effect_of(one, metric) for one, two in good if cell.control]
    return PairResult(
        cell=cell.name,
        unit=metric.unit,
        better=metric.better,
        loss=metric.effect == "difference",
        pairs=len(good),
        lost=len(numbers) - len(good),
        shift=_over([y - x for x, y in levels]),
        log_ratio=_over(logs),
        effect_shift=_over([effect for effect in effects if not math.isnan(effect)]),
    )


def _over(values: Sequence[float]) -> Interval | None:
    return over_runs(np.array(values)) if values else None


def _level(run: Run, cell: Cell) -> float:
    """What the run came to."""
    values = run.values.treatment
    return float(values[-1] if cell.metric == CURVES else np.median(values))
