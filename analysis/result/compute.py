# SPDX-License-Identifier: MIT
"""From runs to results: one frozen row per cell."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from ..output.error import UsageError
from ..read.campaigns import Campaigns, RecordFile
from ..read.record import CLASSES, Arm, Cell, Metric, Placement, RegionPlacement, Run, Scalar
from ..stats.array import FloatArray
from ..stats.interval import (
    QUANTILES,
    Interval,
    median_over_runs,
    over_runs,
    quantiles_over_runs,
    unpaired_shift,
)
from ..stats.one_run import log_ratio, run_medians
from .cell import CellResult, ClassResult, Exact, Quantile
from .effect import Effect, Pairing, effect_of, effect_over_runs, good
from .note import said_by_runs
from .pause import floor_s
from .placed import adjusted
from .resolution import resolution, step_s

WIDTH_REACHED = "target"
"""Why sampling stopped where the interval itself ended it."""

DROPPED_SHARE = 0.01
"""Share of interrupted slices above which a row says so; the record always does."""


def results(campaigns: Campaigns) -> tuple[CellResult, ...]:
    """One row per cell, in the plan's order; runs of one cell in several files count together.

    Args:
        campaigns: Files of one environment (or one file).
    """
    step = step_s(campaigns.files)
    return tuple(_result(campaigns, cell, step) for cell in campaigns.cells.values())


def recontrolled(campaigns: Campaigns, control: str) -> tuple[CellResult, ...]:
    """The same rows with `control` in place of each cell's own control.

    A cell that was measured against `control` keeps its duet. All others get the ratio of
    per-run medians against those of `control` at the same metric and parameters, taken from
    other processes: `pairing` says unpaired.

    Raises:
        UsageError: No cell measured `control`.
    """
    modes = {mode for cell in campaigns.cells.values() for mode in (cell.mode, cell.control)}
    measured = sorted(mode for mode in modes if mode)
    if control not in measured:
        near = difflib.get_close_matches(control, measured, n=1, cutoff=0.0)
        hint = f"did you mean {near[0]!r}? Measured: {', '.join(measured)}" if near else "no cells"
        raise UsageError(f"control {control!r} was not measured: {hint}")
    step = step_s(campaigns.files)
    return tuple(_recontrolled(campaigns, row, control, step) for row in results(campaigns))


def beyond(campaigns: Campaigns, row: CellResult, floor: CellResult) -> Effect:
    """A duet's ratio over that of its A/A cell: what the order of allocation does not explain.

    Args:
        campaigns: Files that hold both cells.
        row: A cell whose effect is a ratio.
        floor: Its control against itself, at the same metric and parameters.
    """
    metric = campaigns.metric(row.metric)
    here, there = (
        np.array([effect_of(run, metric) for run in good(campaigns.runs_of(cell.cell))])
        for cell in (row, floor)
    )
    floors = [each.effect.resolution for each in (row, floor) if each.effect]
    step = max((each for each in floors if each is not None), default=None)
    return effect_over_runs(unpaired_shift(here, there), metric, "A/A", "unpaired", step)


def _result(campaigns: Campaigns, cell: Cell, step: float | None) -> CellResult:
    """One cell over all files, timed by a timer of that step."""
    files = [file for file in campaigns.files if cell.name in file.cells]
    metric = files[0].campaign.metrics[cell.metric]
    runs = campaigns.runs_of(cell.name)
    counted = good(runs)
    exact = _exact(counted) if metric.assume == "exact" and counted else None
    # A count that must repeat is said as it is: of open and closed there is no ratio.
    stop, duet = _stop(files, cell.name), bool(cell.control and counted and not exact)
    effect = _duet(counted, cell, metric, stop, step) if duet else None
    loss = metric.effect == "difference"
    classes = _classes(counted, cell, metric, effect.resolution if effect else None)
    return CellResult(
        campaigns=tuple(file.label for file in files),
        cell=cell.name,
        metric=cell.metric,
        mode=cell.mode,
        control=cell.control,
        params=cell.params,
        question=metric.question,
        unit=metric.unit,
        better=metric.better,
        runs=len(counted),
        failed=tuple(run.reason for run in runs if run.status == "failed"),
        unsupported=next((run.reason for run in runs if run.status == "unsupported"), ""),
        treatment=_median(counted, "treatment"),
        control_median=_median(counted, "control"),
        quantiles=() if exact else _quantiles(counted),
        ratio=None if loss else effect,
        difference=effect if loss else None,
        adjusted=adjusted(counted, metric) if duet else None,
        classes=classes,
        exact=exact,
        placement=Placement(_placed(counted, "treatment"), _placed(counted, "control")),
        stop=stop,
        half_width_target=cell.target.half_width,
        warnings=(
            *_few_runs(counted, effect, metric, exact),
            *_emulated(files, metric, len(counted)),
            *_nothing_split(files[0], cell, classes),
            *said_by_runs(runs),
        ),
        notes=_noted(counted),
        loss=loss,
    )


def _arms(runs: Iterable[Run], arm: Arm) -> list[FloatArray]:
    """Values of one arm in each run that has any."""
    arms = (run.values.arm(arm) for run in runs)
    return [values for values in arms if values.size]


def _median(runs: Sequence[Run], arm: Arm) -> Interval | None:
    arms = _arms(runs, arm)
    return median_over_runs(run_medians(arms)) if arms else None


def _noted(runs: Sequence[Run]) -> dict[str, tuple[Scalar, ...]]:
    facts = dict.fromkeys(fact for run in runs for fact in run.notes)
    return {fact: tuple(run.notes[fact] for run in runs if fact in run.notes) for fact in facts}


def _quantiles(runs: Sequence[Run]) -> tuple[Quantile, ...]:
    """The reported quantiles of both arms."""
    treatment, control = _arms(runs, "treatment"), _arms(runs, "control")
    if not treatment:
        return ()
    above = quantiles_over_runs(treatment)
    below = quantiles_over_runs(control) if control else [None] * len(QUANTILES)
    return tuple(Quantile(*row) for row in zip(QUANTILES, above, below, strict=True))


def _duet(runs: Sequence[Run], cell: Cell, metric: Metric, stop: str, step: float | None) -> Effect:
    """Ratio or difference of the two arms, each run a replicate."""
    least_runs = cell.target.min_runs if WIDTH_REACHED in stop else None
    found = over_runs(np.array([effect_of(run, metric) for run in runs]), least_runs)
    pairing: Pairing = "pairs" if metric.paired else "medians"
    known = resolution(runs, metric, step)
    effect = effect_over_runs(found, metric, str(cell.control), pairing, known)
    if metric.effect == "ratio":
        return effect
    return replace(effect, smallest_seen=max(effect.smallest_seen, floor_s(runs)))


def _classes(
    runs: Sequence[Run], cell: Cell, metric: Metric, known: float | None
) -> tuple[ClassResult, ...]:
    """Share, quantiles and ratio of each class that occurred, with the cell's resolution."""
    runs = [run for run in runs if run.classes.treatment.size]
    rows = (_class(runs, code, cell, metric, known) for code in range(len(CLASSES)))
    return tuple(row for row in rows if row.values)


def _class(
    runs: Sequence[Run], code: int, cell: Cell, metric: Metric, known: float | None
) -> ClassResult:
    """One class over all class runs of the cell."""
    chosen = [run.values.treatment[run.classes.treatment == code] for run in runs]
    shares = [
        values.size / run.values.treatment.size for values, run in zip(chosen, runs, strict=True)
    ]
    logs = [
        log_ratio(values, run.values.control, paired=False)
        for values, run in zip(chosen, runs, strict=True)
    ]
    ratio = None
    if cell.control and metric.effect == "ratio":
        found = over_runs(np.array(logs))
        ratio = effect_over_runs(found, metric, cell.control, "medians", known)
    return ClassResult(
        name=CLASSES[code],
        values=sum(values.size for values in chosen),
        share=median_over_runs(np.array(shares)),
        quantiles=quantiles_over_runs([values for values in chosen if values.size]),
        ratio=ratio,
    )


def _exact(runs: Sequence[Run]) -> Exact:
    """Distinct values, and the notes on which all runs agree."""
    values = {float(value) for run in runs for value in run.values.treatment}
    notes = {
        fact: value
        for fact, value in runs[0].notes.items()
        if all(run.notes.get(fact) == value for run in runs)
    }
    return Exact(tuple(sorted(values)), len(values) == 1, notes)


def _placed(runs: Sequence[Run], arm: Arm) -> RegionPlacement | None:
    """Median placement of one arm."""
    known = [getattr(run.placement, arm) for run in runs]
    rows = [(place.pages, place.blocks_2m, place.next_follows) for place in known if place]
    return RegionPlacement(*np.median(rows, axis=0).tolist()) if rows else None


def _stop(files: Sequence[RecordFile], cell: str) -> str:
    """Why sampling stopped, over all files."""
    ends = [file.end.cells.get(cell) if file.end else None for file in files]
    return ", ".join(sorted({end.stop if end else "cut off" for end in ends}))


def _few_runs(
    runs: Sequence[Run], effect: Effect | None, metric: Metric, exact: Exact | None
) -> tuple[str, ...]:
    """Warnings that follow from the numbers of runs and values."""
    warnings = []
    if effect and effect.warning:
        warnings.append(effect.warning)
    if exact and not exact.repeats:
        warnings.append("a count that must repeat did not: look at the values of each run")
    arms = [*_arms(runs, "treatment"), *_arms(runs, "control")]
    lost = sum(int((values <= 0).sum()) for values in arms)
    if lost and effect and metric.effect == "ratio":
        warnings.append(f"values that are not positive, their pairs left out of the ratio: {lost}")
    dropped = sum(run.dropped for run in runs)
    share = dropped / (dropped + sum(values.size for values in arms) or 1)
    if share > DROPPED_SHARE:
        warnings.append(f"{share:.0%} of slices or pages left out, interrupted for more than 5 ms")
    return tuple(warnings)


def _emulated(files: Sequence[RecordFile], metric: Metric, good: int) -> tuple[str, ...]:
    """A time that means nothing."""
    if good and metric.unit != "1" and any(file.campaign.machine.emulated for file in files):
        return ("emulated: a time of an emulated CPU means nothing",)
    return ()


def _nothing_split(file: RecordFile, cell: Cell, classes: Sequence[ClassResult]) -> tuple[str, ...]:
    """Class runs of secret memory in which no page split the direct map."""
    only_plain = [row.name for row in classes] == ["plain"]
    if only_plain and file.campaign.modes[cell.mode].secret:
        return ("pool not exhausted: no page split the direct map, so its cost is not in here",)
    return ()


def _recontrolled(
    campaigns: Campaigns, row: CellResult, control: str, step: float | None
) -> CellResult:
    """One row against another control, timed by a timer of that step."""
    if control in (row.control, row.mode) or row.exact or not row.runs:
        bare = replace(row, control=control, ratio=None, difference=None, adjusted=None)
        return row if row.control == control else bare
    below = _medians_of_mode(campaigns, row, control)
    runs = good(campaigns.runs_of(row.cell))
    above = run_medians(_arms(runs, "treatment"))
    effect = None
    if below.size and above.size:
        pair = (above, below) if row.loss else (_log(above), _log(below))
        metric = campaigns.metric(row.metric)
        known = resolution(runs, metric, step)
        effect = effect_over_runs(unpaired_shift(*pair), metric, control, "unpaired", known)
    return replace(
        row,
        control=control,
        control_median=median_over_runs(below) if below.size else None,
        ratio=None if row.loss else effect,
        difference=effect if row.loss else None,
        adjusted=None,
        classes=tuple(replace(each, ratio=None) for each in row.classes),
        warnings=_rewarned(row, effect),
    )


def _rewarned(row: CellResult, effect: Effect | None) -> tuple[str, ...]:
    """The row's warnings with that of the new effect in place of the old one's."""
    kept = (text for text in row.warnings if not row.effect or text != row.effect.warning)
    new = effect.warning if effect else "the control was not measured at these parameters"
    return (*((new,) if new else ()), *kept)


def _medians_of_mode(campaigns: Campaigns, row: CellResult, mode: str) -> FloatArray:
    """Per-run medians of a mode at the row's metric and parameters.

    From the cells that measured it as treatment; where there are none, from control arms.
    """
    like = [
        cell
        for cell in campaigns.cells.values()
        if (cell.metric, cell.params) == (row.metric, row.params)
    ]
    own = [cell.name for cell in like if cell.mode == mode]
    lent = [cell.name for cell in like if cell.control == mode]
    sources: tuple[tuple[list[str], Arm], ...] = ((own, "treatment"), (lent, "control"))
    for names, arm in sources:
        medians = run_medians(
            [values for name in names for values in _arms(good(campaigns.runs_of(name)), arm)]
        )
        if medians.size:
            return medians
    return np.empty(0)


def _log(values: FloatArray) -> FloatArray:
    """Logarithms; NaN where a value is not positive."""
    return np.log(np.where(values > 0, values, np.nan))
