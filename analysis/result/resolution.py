# SPDX-License-Identifier: MIT
"""What one step of the timer means for a cell: no difference below it can be claimed.

A slice is timed by two readings of a counter that moves in steps, so its value is right to one
step divided by the operations of the slice. Where slices differ by less than a step, so do the
runs, however many they are: each says the same digits, and nothing finer.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ..read.campaigns import RecordFile
from ..read.record import ARMS, Metric, Run
from ..stats.array import FloatArray
from .effect import good

TELLING = 20
"""Values of one arm from which on their distances say something of the step."""

ROUNDED = 1.5
"""Ticks up to which two durations may be one, rounded in two ways."""


def step_s(files: Sequence[RecordFile]) -> float | None:
    """The largest step of the files' timers, in s; None where nothing says it.

    Records of before it was measured do not say it. Then it is the least distance of two durations
    of a run that differ by more than rounding does, the median of that over runs.
    """
    known = [file.campaign.core.timer_step_s or _derived_s(file) for file in files]
    return max((step for step in known if step), default=None)


def resolution(runs: Sequence[Run], metric: Metric, step: float | None) -> float | None:
    """What a step of the timer is of a cell's effect.

    Args:
        runs: Its good runs.
        metric: What was measured.
        step: Of the timer, in s.

    Returns:
        A share of the value where the effect is a ratio, else in the metric's unit: the median
        over runs of the arm for which it is larger. 0 of what is counted and not timed, None
        where it is not known.
    """
    if metric.unit == "1":
        return 0.0
    if step is None:
        return None
    if metric.effect == "ratio":
        slices = [[float(np.median(each)) for each in _durations_s(run, metric)] for run in runs]
    else:
        slices = [_operations(run) for run in runs]
    shares = [step / min(each) for each in slices if each and min(each) > 0]
    return float(np.median(shares)) if shares else None


def _operations(run: Run) -> list[float]:
    """Operations of a slice, for each arm that has any."""
    found = ((run.values.arm(arm).size, getattr(run.operations, arm)) for arm in ARMS)
    return [count / size for size, count in found if size and count]


def _durations_s(run: Run, metric: Metric) -> Iterator[FloatArray]:
    """How long the slices of each arm took, as far as the record says it."""
    for arm in ARMS:
        values, operations = run.values.arm(arm), getattr(run.operations, arm)
        values = values[values > 0]
        if values.size and operations:
            a_slice = operations / run.values.arm(arm).size
            yield values * a_slice if metric.unit == "s" else a_slice / values


def _derived_s(file: RecordFile) -> float | None:
    tick, metrics = file.campaign.core.timer_resolution_s, file.campaign.metrics
    found: list[float] = []
    for run in good(file.runs):
        metric = metrics[file.cells[run.cell].metric]
        if metric.unit == "1" or metric.effect == "difference":
            continue
        for durations in _durations_s(run, metric):
            steps = np.diff(np.unique(durations)) if durations.size >= TELLING else np.empty(0)
            steps = steps[steps > ROUNDED * tick]
            found += [float(steps.min())] if steps.size else []
    return float(np.median(found)) if found else None
