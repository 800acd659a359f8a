# SPDX-License-Identifier: MIT
"""Whether anything got worse: from record files and a policy to verdicts."""

import math
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

import numpy as np

from ..output.error import UsageError
from ..read.campaigns import Campaigns, RecordFile
from ..result.effect import effect_over_runs
from ..stats import sequential
from ..stats.interval import hodges_lehmann
from ..stats.sequential import Looks, Outcome
from .basis import CellEffects, Files, arrange, cell_effects
from .comparable import refuse
from .policy import Policy
from .verdict import VERDICTS, CellVerdict, Gate, JudgedFile, LeftOut, Verdict

OK, REGRESSED, INCONCLUSIVE = 0, 1, 3

POWER = 0.8
"""With which the further runs that are named would decide a cell, were its estimate the truth."""

MOST_FURTHER = 10_000
"""Beyond so many runs the estimate lies at its margin, and no number of runs is worth naming."""

_NAMES: dict[int, Verdict] = {
    sequential.INCONCLUSIVE: "inconclusive",
    sequential.PASS: "pass",
    sequential.REGRESSED: "regressed",
    sequential.IMPROVED: "improved",
}


@dataclass(frozen=True)
class Request:
    """How a gate was asked."""

    policy: Policy
    absolute: bool = False
    interim: bool = False
    """Sampling goes on: only the looks that have been reached count."""
    again: str = ""
    """Begins the command that measures one cell again; made up from the files if empty."""


def judge(campaigns: Campaigns, request: Request) -> Gate:
    """Judge one file (modes against controls) or two (a baseline or side A, and a candidate).

    Raises:
        UsageError: The files cannot be compared, or the policy does not fit them.
    """
    files = arrange(campaigns, absolute=request.absolute)
    policy = request.policy
    if request.absolute and files.basis != "absolute":
        raise UsageError("--absolute compares with a baseline: name two files that are no ab run")
    sides = [file for file in (files.base, files.candidate) if file]
    under_test = refuse(sides, policy, pairs=files.basis == "pairs")
    rows, ignored = _rows(files, policy)
    known = set(files.base.cells) if files.base else set(files.candidate.cells)
    gone = [name for name in known - set(files.candidate.cells) if not policy.ignored(name)]
    judged = [row for row in rows if not row.aside]
    verdicts = _verdicts(judged, files, request)
    family = sum(not row.exact for row in judged)
    added = tuple(row.cell.name for row in rows if row.cell.name not in known)
    removed = tuple(sorted(gone))
    verdict, code = _overall(verdicts, files, policy, lacking=bool(added or removed))
    return Gate(
        verdict=verdict,
        exit_code=code,
        basis=files.basis,
        files=(
            *((_judged_file("baseline", files.base),) if files.base else ()),
            _judged_file("candidate", files.candidate),
        ),
        alpha=sequential.ALPHA,
        family=family,
        fewest_runs=sequential.fewest(max(1, family)),
        under_test=under_test,
        counts={name: Counter(row.verdict for row in verdicts)[name] for name in VERDICTS},
        added=added,
        removed=removed,
        left_out=tuple(LeftOut(row.cell.name, row.reason) for row in rows if row.aside),
        ignored=ignored,
        warnings=(*campaigns.warnings, *_warnings(policy, ignored)),
        cells=tuple(verdicts),
        open_cells=tuple(row.cell for row in verdicts if row.next_look),
        next_look=min((row.next_look for row in verdicts if row.next_look), default=None),
    )


def _rows(files: Files, policy: Policy) -> tuple[list[CellEffects], tuple[LeftOut, ...]]:
    """Cells of the candidate, and those that the policy ignores."""
    rows, ignored = [], []
    for name, cell in files.candidate.cells.items():
        if entry := policy.ignored(name):
            ignored.append(LeftOut(name, f"{entry.reason} (until {entry.until})"))
        else:
            rows.append(cell_effects(files, cell, policy))
    return rows, tuple(ignored)


def _judged_file(role: Literal["baseline", "candidate"], file: RecordFile) -> JudgedFile:
    campaign = file.campaign
    return JudgedFile(
        role=role,
        path=str(file.path),
        sha256=file.sha256,
        plan=campaign.plan,
        machine=campaign.machine.name,
        created=campaign.created,
    )


def _overall(
    rows: Sequence[CellVerdict], files: Files, policy: Policy, *, lacking: bool
) -> tuple[Verdict, int]:
    """The verdict on the whole and the exit code."""
    if any(row.verdict == "regressed" for row in rows):
        return "regressed", REGRESSED
    same_plan = files.base is None or files.base.campaign.plan == files.candidate.campaign.plan
    unsure = any(row.verdict == "inconclusive" for row in rows) or not rows
    if files.basis == "absolute":
        return "inconclusive", INCONCLUSIVE
    if unsure or (lacking and same_plan):
        return "inconclusive", INCONCLUSIVE if policy.inconclusive == "fail" else OK
    better = any(row.verdict == "improved" for row in rows)
    return ("improved" if better else "pass"), OK


def _warnings(policy: Policy, ignored: Sequence[LeftOut]) -> list[str]:
    if len(policy.ignore) and not ignored:
        return ["policy: no cell was ignored: none has such a name"]
    return []


def _verdicts(judged: Sequence[CellEffects], files: Files, request: Request) -> list[CellVerdict]:
    """Verdicts of all cells, in the plan's order."""
    sampled = [row for row in judged if not row.exact]
    found = dict(
        zip((row.cell.name for row in sampled), _decided(sampled, files, request), strict=True)
    )
    for row in judged:
        if row.exact or (row.reason and row.effects is None):
            found[row.cell.name] = _exact(row, request.policy)
    again = request.again or _again(files)
    rows = [
        replace(
            found[row.cell.name],
            again=f"{again} --cell {shlex.quote(row.cell.name)}",
            next_look=_next_look(row, found[row.cell.name], files, request),
        )
        for row in judged
    ]
    return [_informed(row) for row in rows] if files.basis == "absolute" else rows


def _decided(
    sampled: Sequence[CellEffects], files: Files, request: Request
) -> Iterator[CellVerdict]:
    """What the rule says of cells that are judged by their effects, as one family."""
    family = max(1, len(sampled))
    looks = [_looks(row, files, family, interim=request.interim) for row in sampled]
    margins = np.array([_margin(row, request.policy) for row in sampled])
    table = np.zeros((1, len(sampled), max((row.have for row in sampled), default=0)))
    for place, row in enumerate(sampled):
        table[0, place, : row.have] = np.empty(0) if row.effects is None else row.effects
    outcome = sequential.decide(table, looks, margins)
    for place, row in enumerate(sampled):
        yield _sampled(row, place, outcome, request.policy)


def _looks(row: CellEffects, files: Files, family: int, *, interim: bool) -> Looks:
    """When a cell is judged: as its campaign planned, or once at all its runs."""
    counts = _planned(row, files) or ((row.have,) if row.have else ())
    return sequential.curtailed(sequential.shares(counts, family), row.have, ended=not interim)


def _planned(row: CellEffects, files: Files) -> tuple[int, ...]:
    """The numbers of runs at which a gate that samples wants to look at a cell."""
    looks = files.candidate.campaign.looks
    return sequential.planned(max(row.most, 1), looks) if looks else ()


def _next_look(row: CellEffects, found: CellVerdict, files: Files, request: Request) -> int | None:
    """At how many runs a gate that samples wants to look at a cell again."""
    stuck = bool(row.reason) and row.effects is None
    if not request.interim or found.verdict != "inconclusive" or stuck:
        return None
    if row.exact:
        return found.next_look
    return next((count for count in _planned(row, files) if count > row.have), None)


def _margin(row: CellEffects, policy: Policy) -> float:
    """The smallest effect of interest in the unit of the effects."""
    margin = policy.margin(row.cell.metric, row.metric)
    return math.log1p(margin) if row.metric.effect == "ratio" else margin


def _sampled(row: CellEffects, place: int, outcome: Outcome, policy: Policy) -> CellVerdict:
    """One cell that was judged by its effects."""
    used = int(outcome.used[0, place])
    blank = _blank(row, policy.margin(row.cell.metric, row.metric))
    if row.effects is None or not used:
        said = row.reason or (f"{row.have} runs: not yet looked at" if row.have else "no run yet")
        return replace(blank, runs=row.have, reason=said)
    # As a plain ratio or in the unit, larger = more of the metric.
    interval = hodges_lehmann(row.sign * row.effects[:used])
    shown = effect_over_runs(interval, row.metric, "", "medians")
    level = float(outcome.level[0, place])
    found = replace(
        blank,
        estimate=_known(shown.estimate),
        low=_known(shown.low),
        high=_known(shown.high),
        level=interval.level,
        verdict=_NAMES[int(outcome.verdicts[0, place])],
        runs=used,
        p=min(1.0, float(outcome.worse_p[0, place])),
        p_level=level,
    )
    if found.verdict != "inconclusive":
        return found
    further = _further(row.effects[:used], _margin(row, policy), level)
    return replace(found, further_runs=further, reason=_why(row, used, further))


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _further(seen: np.typing.NDArray[np.float64], margin: float, level: float) -> int:
    """About how many more runs would decide, were estimate and spread the truth."""
    estimate = float(sequential.estimates(seen))
    spread = float(np.std(seen, ddof=1)) if seen.size > 1 else 0.0
    normal = NormalDist()
    room = abs(margin - abs(estimate))
    beyond = abs(estimate) > margin
    z = normal.inv_cdf(1 - (level if beyond else sequential.ALPHA)) + normal.inv_cdf(POWER)
    # To be shown worse the estimate must stand clear of zero and stay beyond the margin.
    sure = normal.inv_cdf(POWER) * spread / room if room else math.inf
    needed = (z * spread / (abs(estimate) if beyond else room)) ** 2 if room else math.inf
    needed = max(needed, sure**2 if beyond else 0.0, math.log2(1 / level))
    return max(1, math.ceil(min(needed, MOST_FURTHER)) - seen.size)


def _why(row: CellEffects, used: int, further: int) -> str:
    """Why a cell with runs is undecided, in words."""
    needed = math.ceil(math.log2(1 / sequential.ALPHA))
    parts = []
    if used < needed:
        parts.append(f"{used} runs can show nothing: {needed} at least")
    if row.lost:
        parts.append(f"{row.lost} runs gave no number")
    if used >= row.most:
        parts.append(f"{used} were the most that plan and baseline allow")
    if used + further >= MOST_FURTHER:
        parts.append("the estimate lies at its margin")
    return "; ".join(parts)


def _blank(row: CellEffects, margin: float | None) -> CellVerdict:
    """A cell of which nothing is decided."""
    return CellVerdict(
        cell=row.cell.name,
        metric=row.cell.metric,
        unit=row.metric.unit,
        better=row.metric.better,
        kind="count" if row.exact else row.metric.effect,
        margin=margin,
        reason=row.reason,
    )


def _exact(row: CellEffects, policy: Policy) -> CellVerdict:
    """A count, held against that of the baseline without any statistics."""
    tolerance = policy.tolerances.get(row.cell.metric, 0.0)
    blank = _blank(row, tolerance if row.exact else None)
    before, now = row.counts
    if not before or not now:
        return blank if row.reason else replace(blank, reason="no run yet", next_look=1)
    shifts = [row.sign * (new - old) for new in now for old in before]
    verdict: Verdict = "inconclusive"
    if max(map(abs, shifts)) <= tolerance:
        verdict = "pass"
    elif min(shifts) > tolerance:
        verdict = "regressed"
    elif max(shifts) < -tolerance:
        verdict = "improved"
    reason = "" if verdict != "inconclusive" else "the count does not repeat"
    worst = max if row.sign > 0 else min
    return replace(
        blank, verdict=verdict, estimate=worst(now), low=min(now), high=max(now), reason=reason,
        baseline=worst(before), runs=row.counted,
    )  # fmt: skip


def _informed(row: CellVerdict) -> CellVerdict:
    """An absolute comparison with a baseline informs and decides nothing."""
    seen = f"looks {row.verdict}" if row.verdict != "inconclusive" else row.reason
    reason = f"absolute: for information, never a verdict{f'; {seen}' if seen else ''}"
    return replace(row, verdict="inconclusive", further_runs=None, reason=reason)


def _again(files: Files) -> str:
    """The command that measures the same cells again."""
    plan = shlex.quote(files.candidate.campaign.plan)
    sides = [file for file in (files.base, files.candidate) if file]
    if files.base is None:
        return f"python -m bench gate {plan}"
    if files.basis == "pairs" and files.candidate.campaign.machine.kind == "guest":
        releases = (file.campaign.environment.get("kernel_release") for file in sides)
        kernels = " ".join(f"--kernel {shlex.quote(str(each))}" for each in releases)
        return f"python -m bench ab {plan} --gate {kernels}"
    if files.basis == "pairs":
        return f"python -m bench gate {plan} --base-core A --core B"
    return f"python -m bench gate {plan} --baseline {shlex.quote(str(files.base.path))}"
