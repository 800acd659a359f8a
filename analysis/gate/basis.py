# SPDX-License-Identifier: MIT
"""What a gate compares: of each cell one number per run or pair, positive when worse.

Four bases, and only these:

- `control`: one file; the run's own effect, mode against control.
- `baseline`: two files; the effect of the candidate's i-th good run minus that of the
  baseline's i-th. Each is a ratio to the control of the same process, so what another day
  did to both arms cancels. The two campaigns share no pairs; pairing them in the order of
  their runs makes the numbers symmetric about zero whenever both campaigns have the same
  distribution, or two symmetric ones of different widths, which a rank-sum test does not
  bear: a quiet day against a noisy one is the rule. Several campaigns may be one baseline;
  then their runs take turns: the first of each, the second of each, and so on.
- `pairs`: the two sides of an ab run, pair by pair: the treatment's median of side B against
  that of side A (policy: effect = "time"), or the change of the ratio to the control.
- `absolute`: two files, the treatment's medians, run by run: for information alone.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..read.campaigns import Campaigns, RecordFile
from ..read.definition import differences
from ..read.record import Cell, Metric, Run
from ..result.effect import effect_of, good
from ..result.note import said_by_runs
from ..result.pair import sides
from ..result.split import CURVES
from ..stats.array import FloatArray
from .policy import Policy
from .verdict import Basis


@dataclass(frozen=True)
class Files:
    """The files of one gate; no `bases` where modes are held against their controls."""

    bases: tuple[RecordFile, ...]
    candidate: RecordFile
    basis: Basis

    @property
    def all(self) -> tuple[RecordFile, ...]:
        """Every file, the candidate last."""
        return (*self.bases, self.candidate)

    @property
    def known(self) -> frozenset[str]:
        """Cells that there is something to compare with."""
        return frozenset(name for file in self.bases or (self.candidate,) for name in file.cells)


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
    redefined: bool = False
    """Whether it is set aside since the baseline has another thing under its name."""
    broken: bool = False
    """Whether the candidate has no good run, although there was something to compare it with."""
    said: tuple[str, ...] = ()
    """What its runs warned of."""
    past: tuple[FloatArray, ...] = ()
    """Of each campaign of a baseline of several: its runs' own effects, positive when worse."""

    @property
    def have(self) -> int:
        """Effects that there are."""
        return 0 if self.effects is None else self.effects.size

    @property
    def sign(self) -> float:
        """Of an effect in the worse direction: more of the metric, or less."""
        return 1.0 if self.metric.better == "lower" else -1.0


def arrange(campaigns: Campaigns, *, absolute: bool) -> Files:
    """Which file is held against which, and how.

    Raises:
        UsageError: Sides of different comparisons.
    """
    *bases, candidate = campaigns.files
    if not bases:
        return Files((), candidate, "control")
    if found := sides(campaigns.files):
        return Files((found[0],), found[1], "pairs")
    return Files(tuple(bases), candidate, "absolute" if absolute else "baseline")


def cell_effects(files: Files, cell: Cell, policy: Policy) -> CellEffects:
    """Bring one cell of the candidate into the form that the rule judges."""
    name = cell.name
    ran = _runs_of(files.candidate, name)
    before = [_runs_of(base, name) for base in files.bases if name in base.cells]
    earlier = [run for runs in before for run in runs]
    said = _said({"baseline": earlier, "candidate": ran} if files.bases else {"": ran})
    bare = CellEffects(cell, files.candidate.campaign.metrics[cell.metric], said=said)
    if name not in files.known:
        return replace(bare, reason="the baseline has no such cell", aside=True)
    for base in files.bases:
        if found := differences(base, files.candidate, name):
            reason = f"another thing than in {base.label}: {'; '.join(found)}"
            return replace(bare, reason=reason, aside=True, redefined=True)
    if without := _without_good(bare, earlier, ran):
        return without
    if bare.metric.assume == "exact" or cell.metric in policy.tolerances:
        return _exact(files, bare, earlier, ran)
    return _sampled(files, bare, policy, before, ran)


def _said(sides: Mapping[str, list[Run]]) -> tuple[str, ...]:
    """What the runs of each side warned of."""
    return tuple(
        f"{side}: {text}" if side else text
        for side, runs in sides.items()
        for text in said_by_runs(runs)
    )


def _runs_of(file: RecordFile, name: str) -> list[Run]:
    return list(file.runs_by_cell.get(name, ()))


def _without_good(bare: CellEffects, before: list[Run], ran: list[Run]) -> CellEffects | None:
    """What becomes of a cell that ran on a side and has no good run there; None if it has."""
    if before and not good(before):
        last = before[-1]
        reason = f"{last.status} in the baseline: {last.reason}"
        return replace(bare, reason=reason, aside=last.status == "unsupported")
    if ran and not good(ran):
        last = ran[-1]
        broken = last.status == "failed" or bool(before)
        return replace(bare, reason=f"{last.status} in the candidate: {last.reason}", broken=broken)
    return None


def _exact(files: Files, bare: CellEffects, before: list[Run], ran: list[Run]) -> CellEffects:
    if not files.bases:
        return replace(bare, reason="a count needs a baseline", aside=True)
    counts = (_counts(bare.cell, before), _counts(bare.cell, ran))
    # What has not run yet is sampled still: the candidate, and the other side of a pair.
    sampled = (files.basis == "pairs" and not before, not ran)
    lacks = any(not found and not yet for found, yet in zip(counts, sampled, strict=True))
    reason = "no run with a value" if lacks else ""
    return replace(bare, exact=True, counts=counts, counted=len(good(ran)), reason=reason)


def _counts(cell: Cell, runs: list[Run]) -> tuple[float, ...]:
    """The distinct counts, one per run: the median of its values, or splits per MiB."""
    values = [run.values.treatment for run in good(runs)]
    if cell.metric == CURVES:
        mebibytes = float(cell.params.get("len_bytes", 2**20)) / 2**20
        return tuple(sorted({float(each[-1]) / mebibytes for each in values if each.size}))
    return tuple(sorted({float(np.median(each)) for each in values if each.size}))


def _sampled(
    files: Files, bare: CellEffects, policy: Policy, before: list[list[Run]], ran: list[Run]
) -> CellEffects:
    if unfit := _unfit(files, bare.cell):
        return replace(bare, reason=unfit, aside=True)
    by_pair = files.basis == "pairs"
    by_time = files.basis == "absolute" or (
        by_pair and (policy.effect == "time" or bare.cell.control is None)
    )
    measured, *past = (
        _effects(runs, bare.metric, by_pair=by_pair, by_time=by_time) for runs in (ran, *before)
    )
    most, effects = bare.cell.target.max_runs, np.array(list(measured.values()))
    if files.bases:
        earlier = past[0] if by_pair else dict(enumerate(_in_turn([[*e.values()] for e in past])))
        most = most if by_pair else min(most, len(earlier))
        both = sorted(measured.keys() & earlier.keys())
        effects = np.array([measured[key] - earlier[key] for key in both])
    kept = effects[np.isfinite(effects)]
    lost = effects.size - kept.size + len(ran) - len(good(ran))
    reason = ""
    if not kept.size and ran:
        reason = "no run with a ratio: values are zero or negative, or there are none"
    return replace(
        bare,
        effects=bare.sign * kept,
        lost=lost,
        most=max(most, 1),
        reason=reason,
        past=tuple(np.array([*each.values()]) for each in past) if len(past) > 1 else (),
    )


def _in_turn(campaigns: list[list[float]]) -> list[float]:
    """Effects of several campaigns in turn: the first of each, then the second of each, ..."""
    rows = itertools.zip_longest(*campaigns)
    return [each for row in rows for each in row if each is not None]


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
