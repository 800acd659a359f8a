# SPDX-License-Identifier: MIT
"""What a gate compares: of each cell one number per run or pair, positive when worse.

Four bases, and only these:

- `control`: one file; the run's own effect, mode against control.
- `baseline`: two files; the effect of the candidate's i-th good run minus that of the
  baseline's i-th. Each is a ratio to the control of the same process, so what another day
  did to both arms cancels. The two campaigns share no pairs; pairing them in the order of
  their runs makes the numbers symmetric about zero whenever both campaigns have the same
  distribution, or two symmetric ones of different widths, which a rank-sum test does not
  bear: a quiet day against a noisy one is the rule.
- `pairs`: the two sides of an ab run, pair by pair: the treatment's median of side B against
  that of side A (policy: effect = "time"), or the change of the ratio to the control.
- `absolute`: two files, the treatment's medians, run by run: for information alone.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..read.campaigns import Campaigns, RecordFile
from ..read.record import Cell, Metric, Run
from ..result.effect import effect_of, good
from ..result.pair import sides
from ..result.split import CURVES
from ..stats.array import FloatArray
from .policy import Policy
from .verdict import Basis


@dataclass(frozen=True)
class Files:
    """The files of one gate; `base` is None where modes are held against their controls."""

    base: RecordFile | None
    candidate: RecordFile
    basis: Basis


@dataclass(frozen=True)
class CellEffects:
    """One cell as it goes into the rule; `reason` says why it cannot, else it is empty."""

    cell: Cell
    metric: Metric
    exact: bool = False
    effects: FloatArray | None = None
    """Per run or pair: log ratios, or differences in the metric's unit; positive when worse."""
    counts: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    """Of an exact cell: what the runs of the base and of the candidate counted."""
    counted: int = 0
    """Runs of the candidate behind these counts."""
    lost: int = 0
    """Runs that gave no number: failed, or with values that have no logarithm."""
    most: int = 0
    """The most effects there can be: by the plan, and by the runs of the baseline."""
    reason: str = ""
    aside: bool = False
    """Whether it is not judged at all, since nothing it could be compared by was asked for."""

    @property
    def have(self) -> int:
        """Effects that there are."""
        return 0 if self.effects is None else self.effects.size

    @property
    def sign(self) -> float:
        """Of an effect in the worse direction: more of the metric, or less."""
        return 1.0 if self.metric.better == "lower" else -1.0


def arrange(campaigns: Campaigns, *, absolute: bool) -> Files:
    """Which file is held against which, and how."""
    if len(campaigns.files) == 1:
        return Files(None, campaigns.files[0], "control")
    if found := sides(campaigns.files):
        return Files(found[0], found[1], "pairs")
    base, candidate = campaigns.files
    return Files(base, candidate, "absolute" if absolute else "baseline")


def cell_effects(files: Files, cell: Cell, policy: Policy) -> CellEffects:
    """Bring one cell of the candidate into the form that the rule judges."""
    metric = files.candidate.campaign.metrics[cell.metric]
    name, base, candidate = cell.name, files.base, files.candidate
    if base is not None and name not in base.cells:
        return CellEffects(cell, metric, reason="the baseline has no such cell", aside=True)
    ran = [run for run in candidate.runs if run.cell == name]
    before = [run for run in base.runs if run.cell == name] if base else None
    for side, runs in (("baseline", before), ("candidate", ran)):
        if runs and not good(runs):
            reason = f"{runs[-1].status} in the {side}: {runs[-1].reason}"
            lacks = side == "baseline" and runs[-1].status == "unsupported"
            return CellEffects(cell, metric, reason=reason, aside=lacks)
    if metric.assume == "exact" or cell.metric in policy.tolerances:
        return _exact(files, cell, before, ran)
    return _sampled(files, cell, policy, before, ran)


def _exact(files: Files, cell: Cell, before: list[Run] | None, ran: list[Run]) -> CellEffects:
    metric = files.candidate.campaign.metrics[cell.metric]
    if before is None:
        return CellEffects(cell, metric, reason="a count needs a baseline", aside=True)
    counts = (_counts(cell, before), _counts(cell, ran))
    # What has not run yet is sampled still: the candidate, and the other side of a pair.
    sampled = (files.basis == "pairs" and not before, not ran)
    lacks = any(not found and not yet for found, yet in zip(counts, sampled, strict=True))
    reason = "no run with a value" if lacks else ""
    return CellEffects(
        cell, metric, exact=True, counts=counts, counted=len(good(ran)), reason=reason
    )


def _counts(cell: Cell, runs: list[Run]) -> tuple[float, ...]:
    """The distinct counts, one per run: the median of its values, or splits per MiB."""
    values = [run.values.treatment for run in good(runs)]
    if cell.metric == CURVES:
        mebibytes = float(cell.params.get("len_bytes", 2**20)) / 2**20
        return tuple(sorted({float(each[-1]) / mebibytes for each in values if each.size}))
    return tuple(sorted({float(np.median(each)) for each in values if each.size}))


def _sampled(
    files: Files, cell: Cell, policy: Policy, before: list[Run] | None, ran: list[Run]
) -> CellEffects:
    metric = files.candidate.campaign.metrics[cell.metric]
    if unfit := _unfit(files, cell):
        return CellEffects(cell, metric, reason=unfit, aside=True)
    by_pair = files.basis == "pairs"
    by_time = files.basis == "absolute" or (
        by_pair and (policy.effect == "time" or cell.control is None)
    )
    measured = _effects(ran, metric, by_pair=by_pair, by_time=by_time)
    most, effects = cell.target.max_runs, np.array(list(measured.values()))
    if before is not None:
        past = _effects(before, metric, by_pair=by_pair, by_time=by_time)
        most = most if by_pair else min(most, len(past))
        both = sorted(measured.keys() & past.keys())
        effects = np.array([measured[key] - past[key] for key in both])
    kept = effects[np.isfinite(effects)]
    lost = effects.size - kept.size + len(ran) - len(good(ran))
    reason = ""
    if not kept.size and ran:
        reason = "no run with a ratio: values are zero or negative, or there are none"
    sign = 1.0 if metric.better == "lower" else -1.0
    return CellEffects(
        cell, metric, effects=sign * kept, lost=lost, most=max(most, 1), reason=reason
    )


def _unfit(files: Files, cell: Cell) -> str:
    """Why a cell has no effects that could be judged on this basis; empty if it has."""
    if cell.control is None and files.basis in ("control", "baseline"):
        hint = "" if files.basis == "control" else ": --absolute shows it, a tolerance counts it"
        return f"no control to be a ratio to{hint}"
    emulated = files.candidate.campaign.machine.emulated
    return "times of an emulated machine mean nothing" if emulated else ""


def _effects(runs: list[Run], metric: Metric, *, by_pair: bool, by_time: bool) -> dict[int, float]:
    """Effects of the good runs by the pair that they belong to, or in their order."""
    numbered = ((run.pair if by_pair else place, run) for place, run in enumerate(good(runs)))
    return {
        number: _effect(run, metric, by_time=by_time)
        for number, run in numbered
        if number is not None
    }


def _effect(run: Run, metric: Metric, *, by_time: bool) -> float:
    """One run as one number: by its own median, or by its two arms; NaN where there is none."""
    if not by_time:
        return effect_of(run, metric)
    if not run.values.treatment.size:
        return math.nan
    median = float(np.median(run.values.treatment))
    if metric.effect == "difference":
        return median
    return math.log(median) if median > 0 else math.nan
