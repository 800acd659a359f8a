"""From runs to results: one frozen row per cell."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..output.error import UsageError
from ..read.record import CLASSES, RegionPlacement
from ..stats.interval import (
    QUANTILES,
    Interval,
    hodges_lehmann,
    median_over_runs,
    quantiles_over_runs,
    unpaired_shift,
)
from ..stats.one_run import difference, log_ratio, run_medians
from ..words.row import together
from .cell import CellResult, ClassResult, Difference, Exact, Placement, Quantile, Ratio
from .pause import floor_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..read.campaigns import Campaigns, RecordFile
    from ..read.record import Arm, Cell, Metric, Run, Scalar
    from ..stats.array import FloatArray
    from .cell import Pairing, Seen

__all__ = [
    "CellResult",
    "ClassResult",
    "Difference",
    "Exact",
    "Placement",
    "Quantile",
    "Ratio",
    "beyond",
    "recontrolled",
    "results",
]


DROPPED_SHARE = 0.01
"""Share of interrupted slices above which a row says so; the record always does."""


def results(campaigns: Campaigns) -> tuple[CellResult, ...]:
    """One row per cell, in the plan's order; runs of one cell in several files count together.

    Args:
        campaigns: Files of one environment (or one file).
    """
    return tuple(_result(campaigns, cell) for cell in campaigns.cells.values())


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
    return tuple(_recontrolled(campaigns, row, control) for row in results(campaigns))


def beyond(campaigns: Campaigns, row: CellResult, floor: CellResult) -> Ratio:
    """A duet's ratio over that of its A/A cell: what the order of allocation does not explain.

    Args:
        campaigns: Files that hold both cells.
        row: A cell whose effect is a ratio.
        floor: Its control against itself, at the same metric and parameters.
    """
    paired = campaigns.metric(row.metric).paired
    here, there = (
        np.array(
            [
                log_ratio(run.values.treatment, run.values.control, paired=paired)
                for run in _good(campaigns, cell.cell)
            ]
        )
        for cell in (row, floor)
    )
    return _ratio(unpaired_shift(here, there), "A/A", "unpaired", row.better)


def _result(campaigns: Campaigns, cell: Cell) -> CellResult:
    """One cell over all files."""
    files = [file for file in campaigns.files if cell.name in file.cells]
    metric = files[0].campaign.metrics[cell.metric]
    runs = campaigns.runs_of(cell.name)
    good = [run for run in runs if run.status == "ok"]
    exact = _exact(good) if metric.assume == "exact" and good else None
    # A count that must repeat is said as it is: of open and closed there is no ratio.
    effect = _duet(good, cell, metric) if cell.control and good and not exact else None
    classes = _classes(good, cell, metric)
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
        runs=len(good),
        failed=tuple(run.reason for run in runs if run.status == "failed"),
        unsupported=next((run.reason for run in runs if run.status == "unsupported"), ""),
        treatment=_median(good, "treatment"),
        control_median=_median(good, "control"),
        quantiles=() if exact else _quantiles(good),
        ratio=effect if isinstance(effect, Ratio) else None,
        difference=effect if isinstance(effect, Difference) else None,
        classes=classes,
        exact=exact,
        placement=Placement(_placed(good, "treatment"), _placed(good, "control")),
        stop=_stop(files, cell.name),
        half_width_target=cell.target.half_width,
        warnings=(
            *_few_runs(good, effect, exact),
            *_emulated(files, metric, len(good)),
            *_nothing_split(files[0], cell, classes),
            *_said_by_runs(runs, len(good)),
        ),
        notes=_noted(good),
        loss=metric.effect == "difference",
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


def _duet(runs: Sequence[Run], cell: Cell, metric: Metric) -> Ratio | Difference:
    """Ratio or difference of the two arms, each run a replicate."""
    measure = difference if metric.effect == "difference" else log_ratio
    effects = [
        measure(run.values.treatment, run.values.control, paired=metric.paired) for run in runs
    ]
    found, against = hodges_lehmann(np.array(effects)), str(cell.control)
    pairing: Pairing = "pairs" if metric.paired else "medians"
    if metric.effect == "difference":
        shift = _difference(found, against, pairing, metric.better)
        return replace(shift, smallest_seen=max(shift.smallest_seen, floor_s(runs)))
    return _ratio(found, against, pairing, metric.better)


def _ratio(logs: Interval, against: str, pairing: Pairing, better: str) -> Ratio:
    """From the log ratio's interval to a plain ratio."""
    with np.errstate(over="ignore"):
        estimate, low, high = np.exp([logs.estimate, logs.low, logs.high]).tolist()
        smallest_seen = float(np.expm1(logs.smallest_seen))
    return Ratio(
        against=against,
        pairing=pairing,
        estimate=estimate,
        low=low,
        high=high,
        level=logs.level,
        runs=logs.runs,
        half_width=logs.half_width,
        smallest_seen=smallest_seen,
        seen=_seen(logs, better),
        warning=logs.warning,
    )


def _difference(found: Interval, against: str, pairing: Pairing, better: str) -> Difference:
    """From the interval over runs, in the metric's unit."""
    return Difference(
        against=against,
        pairing=pairing,
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        level=found.level,
        runs=found.runs,
        half_width=found.half_width,
        smallest_seen=found.smallest_seen,
        seen=_seen(found, better),
        warning=found.warning,
    )


def _seen(found: Interval, better: str) -> Seen:
    """What the interval of a log ratio or a difference says of zero."""
    if found.warning:
        return "unknown"
    if found.low <= 0 <= found.high:
        return "none"
    return "worse" if (found.estimate > 0) == (better == "lower") else "better"


def _classes(runs: Sequence[Run], cell: Cell, metric: Metric) -> tuple[ClassResult, ...]:
    """Share, quantiles and ratio of each class that occurred."""
    runs = [run for run in runs if run.classes.treatment.size]
    rows = (_class(runs, code, cell, metric) for code in range(len(CLASSES)))
    return tuple(row for row in rows if row.values)


def _class(runs: Sequence[Run], code: int, cell: Cell, metric: Metric) -> ClassResult:
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
    if cell.control:
        ratio = _ratio(hodges_lehmann(np.array(logs)), cell.control, "medians", metric.better)
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
    runs: Sequence[Run], effect: Ratio | Difference | None, exact: Exact | None
) -> tuple[str, ...]:
    """Warnings that follow from the numbers of runs and values."""
    warnings = []
    if effect and effect.warning:
        warnings.append(effect.warning)
    if exact and not exact.repeats:
        warnings.append("a count that must repeat did not: look at the values of each run")
    arms = [*_arms(runs, "treatment"), *_arms(runs, "control")]
    lost = sum(int((values <= 0).sum()) for values in arms)
    if lost and isinstance(effect, Ratio):
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


def _said_by_runs(runs: Sequence[Run], good: int) -> tuple[str, ...]:
    """Each sentence that runs recorded, once, with how many said it."""
    failed = sum(run.status == "failed" for run in runs)
    warnings = [f"{failed} of {good + failed} runs failed"] if failed else []
    said = together(text for run in runs for text in dict.fromkeys(run.warnings))
    return (*warnings, *(f"{count} of {len(runs)} runs: {text}" for text, count in said.items()))


def _recontrolled(campaigns: Campaigns, row: CellResult, control: str) -> CellResult:
    """One row against another control."""
    if control in (row.control, row.mode) or row.exact or not row.runs:
        bare = replace(row, control=control, ratio=None, difference=None)
        return row if row.control == control else bare
    below = _medians_of_mode(campaigns, row, control)
    above = run_medians(_arms(_good(campaigns, row.cell), "treatment"))
    effect: Ratio | Difference | None = None
    if below.size and above.size and row.loss:
        effect = _difference(unpaired_shift(above, below), control, "unpaired", row.better)
    elif below.size and above.size:
        shift = unpaired_shift(_log(above), _log(below))
        effect = _ratio(shift, control, "unpaired", row.better)
    return replace(
        row,
        control=control,
        control_median=median_over_runs(below) if below.size else None,
        ratio=effect if isinstance(effect, Ratio) else None,
        difference=effect if isinstance(effect, Difference) else None,
        classes=tuple(replace(each, ratio=None) for each in row.classes),
        warnings=_rewarned(row, effect),
    )


def _rewarned(row: CellResult, effect: Ratio | Difference | None) -> tuple[str, ...]:
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
            [values for name in names for values in _arms(_good(campaigns, name), arm)]
        )
        if medians.size:
            return medians
    return np.empty(0)


def _good(campaigns: Campaigns, cell: str) -> list[Run]:
    return [run for run in campaigns.runs_of(cell) if run.status == "ok"]


def _log(values: FloatArray) -> FloatArray:
    """Logarithms; NaN where a value is not positive."""
    return np.log(np.where(values > 0, values, np.nan))
