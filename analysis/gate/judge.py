# SPDX-License-Identifier: MIT
"""Whether anything got worse: from record files and a policy to verdicts."""

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..output.error import UsageError
from ..read.campaigns import Campaigns, RecordFile
from ..stats import sequential
from .basis import CellEffects, Files, arrange, cell_effects
from .comparable import doubts, refuse
from .policy import Policy
from .sampled import Judged, Sitting, assumption, blank, judged, planned
from .verdict import VERDICTS, CellVerdict, Gate, JudgedFile, LeftOut, Verdict

OK, REGRESSED, INCONCLUSIVE = 0, 1, 3


@dataclass(frozen=True)
class Request:
    """How a gate was asked."""

    policy: Policy
    absolute: bool = False
    interim: bool = False
    """Sampling goes on: only the looks that have been reached count."""
    all_cells: bool = False
    """A cell of the baseline that the candidate lacks is a doubt, also if it was left out on
    purpose, and whatever the policy says of doubts."""
    family: int = 0
    """Cells that are judged as one family, if more than there are; 0: as the record says."""
    attempt: int = 0
    """How often they have been measured; 0: as the record says."""
    again: str = ""
    """Begins the command that measures one cell again; made up from the files if empty."""


@dataclass(frozen=True)
class _Sorted:
    """The cells of both sides by what becomes of them."""

    rows: tuple[CellEffects, ...]
    """Of the candidate, but for those that the policy ignores."""
    ignored: tuple[LeftOut, ...]
    known: frozenset[str]
    """Of the baseline, but for those that the policy ignores."""
    removed: tuple[str, ...]
    unasked: tuple[str, ...]

    @property
    def judged(self) -> tuple[CellEffects, ...]:
        """Those that get a verdict."""
        return tuple(row for row in self.rows if not row.aside)

    @property
    def sampled(self) -> tuple[CellEffects, ...]:
        """Of these, those that are judged by their effects."""
        return tuple(row for row in self.judged if not row.exact)

    @property
    def added(self) -> tuple[str, ...]:
        """Cells that there is nothing to compare with."""
        return tuple(row.cell.name for row in self.rows if row.cell.name not in self.known)


def judge(campaigns: Campaigns, request: Request) -> Gate:
    """Judge one file (modes against controls) or more (a baseline or side A, and a candidate).

    Raises:
        UsageError: The files cannot be compared, or the policy does not fit them.
    """
    files = arrange(campaigns, absolute=request.absolute)
    if request.absolute and files.basis != "absolute":
        raise UsageError("--absolute compares with a baseline: name two files that are no ab run")
    under_test = refuse(files, request.policy)
    cells = _sorted(files, request.policy)
    sitting = _sitting(files, cells, request)
    found = judged(cells.sampled, sitting)
    verdicts = _verdicts(cells, found, sitting, request)
    verdict, code = _overall(verdicts, files, cells, request)
    open_rows = [row for row in verdicts if row.next_look]
    return Gate(
        verdict=verdict,
        exit_code=code,
        basis=files.basis,
        files=tuple(_judged_file(file, files) for file in files.all),
        alpha=sequential.ALPHA,
        family=sitting.family,
        attempt=sitting.attempt,
        fewest_runs=sequential.fewest(max(1, sitting.size)),
        assumption=assumption(files.basis, found) if cells.sampled else "",
        offset_spreads=found.offset_spreads,
        under_test=under_test,
        counts={name: Counter(row.verdict for row in verdicts)[name] for name in VERDICTS},
        baseline_cells=len(cells.known) if files.bases else 0,
        added=cells.added,
        removed=cells.removed,
        unasked=cells.unasked,
        left_out=tuple(LeftOut(row.cell.name, row.reason) for row in cells.rows if row.aside),
        ignored=cells.ignored,
        warnings=(*campaigns.warnings, *doubts(files), *_warnings(request.policy, cells)),
        cells=tuple(verdicts),
        open_cells=tuple(row.cell for row in open_rows),
        next_look=min((row.next_look for row in open_rows if row.next_look), default=None),
    )


def _sorted(files: Files, policy: Policy) -> _Sorted:
    candidate, rows, ignored = files.candidate, [], []
    for name, cell in candidate.cells.items():
        if entry := policy.ignored(name):
            ignored.append(LeftOut(name, f"{entry.reason} (until {entry.until})"))
        else:
            rows.append(cell_effects(files, cell, policy))
    known = frozenset(name for name in files.known if not policy.ignored(name))
    gone = known - set(candidate.cells)
    on_purpose = gone & set(candidate.campaign.left_out)
    return _Sorted(
        rows=tuple(rows),
        ignored=tuple(ignored),
        known=known,
        removed=tuple(sorted(gone - on_purpose)),
        unasked=tuple(sorted(on_purpose)),
    )


def _sitting(files: Files, cells: _Sorted, request: Request) -> Sitting:
    campaign = files.candidate.campaign
    return Sitting(
        files=files,
        policy=request.policy,
        family=max(len(cells.sampled), request.family or campaign.family),
        attempt=request.attempt or campaign.attempt,
        interim=request.interim,
    )


def _judged_file(file: RecordFile, files: Files) -> JudgedFile:
    campaign = file.campaign
    role: Literal["baseline", "candidate"] = "candidate" if file is files.candidate else "baseline"
    return JudgedFile(
        role=role,
        path=str(file.path),
        sha256=file.sha256,
        plan=campaign.plan,
        machine=campaign.machine.name,
        created=campaign.created,
    )


def _overall(
    rows: Sequence[CellVerdict], files: Files, cells: _Sorted, request: Request
) -> tuple[Verdict, int]:
    """The verdict on the whole and the exit code."""
    if any(row.verdict == "regressed" for row in rows):
        return "regressed", REGRESSED
    if files.basis == "absolute" or _never_passes(rows, cells, request):
        return "inconclusive", INCONCLUSIVE
    if any(row.verdict == "inconclusive" for row in rows) or _lacks(files, cells):
        fail = request.policy.inconclusive == "fail"
        return "inconclusive", INCONCLUSIVE if fail else OK
    better = any(row.verdict == "improved" for row in rows)
    return ("improved" if better else "pass"), OK


def _never_passes(rows: Sequence[CellVerdict], cells: _Sorted, request: Request) -> bool:
    """Whether there is what no policy may let pass."""
    looked_at = any(row.verdict != "inconclusive" or row.runs for row in rows)
    undecided = [row for row in rows if row.verdict == "inconclusive"]
    return (
        not looked_at
        or any(row.beyond or row.broken for row in undecided)
        or (request.all_cells and bool(cells.removed or cells.unasked))
    )


def _lacks(files: Files, cells: _Sorted) -> bool:
    """Whether cells are missing that nobody meant to leave out, or are another thing now."""
    plans = {file.campaign.plan for file in files.all}
    return (len(plans) == 1 and bool(cells.added or cells.removed)) or any(
        row.redefined for row in cells.rows
    )


def _warnings(policy: Policy, cells: _Sorted) -> list[str]:
    if len(policy.ignore) and not cells.ignored:
        return ["policy: no cell was ignored: none has such a name"]
    return []


def _verdicts(
    cells: _Sorted, sampled: Judged, sitting: Sitting, request: Request
) -> list[CellVerdict]:
    """Verdicts of all cells, in the plan's order."""
    found = {row.cell: row for row in sampled.rows}
    for row in cells.judged:
        if row.exact or (row.reason and row.effects is None):
            found[row.cell.name] = _exact(row, request.policy)
    again = _again(sitting, request)
    rows = [
        replace(
            found[row.cell.name],
            again=f"{again} --cell {shlex.quote(row.cell.name)}",
            next_look=_next_look(row, found[row.cell.name], sitting),
        )
        for row in cells.judged
    ]
    return [_informed(row) for row in rows] if sitting.files.basis == "absolute" else rows


def _next_look(row: CellEffects, found: CellVerdict, sitting: Sitting) -> int | None:
    """At how many runs a gate that samples wants to look at a cell again."""
    stuck = bool(row.reason) and row.effects is None
    if not sitting.interim or found.verdict != "inconclusive" or stuck:
        return None
    if row.exact:
        return found.next_look
    return next((count for count in planned(row, sitting.files) if count > row.have), None)


def _exact(row: CellEffects, policy: Policy) -> CellVerdict:
    """A count, held against that of the baseline without any statistics."""
    tolerance = policy.tolerances.get(row.cell.metric, 0.0)
    empty = blank(row, tolerance if row.exact else None)
    before, now = row.counts
    if not before or not now:
        return empty if row.reason else replace(empty, reason="no run yet", next_look=1)
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
        empty, verdict=verdict, estimate=worst(now), low=min(now), high=max(now), reason=reason,
        baseline=worst(before), runs=row.counted,
    )  # fmt: skip


def _informed(row: CellVerdict) -> CellVerdict:
    """An absolute comparison with a baseline informs and decides nothing."""
    seen = f"looks {row.verdict}" if row.verdict != "inconclusive" else row.reason
    reason = f"absolute: for information, never a verdict{f'; {seen}' if seen else ''}"
    return replace(row, verdict="inconclusive", further_runs=None, reason=reason)


def _again(sitting: Sitting, request: Request) -> str:
    """The command that measures cells again, which stay a family of as many as they are now."""
    again = request.again or _command(sitting.files)
    return f"{again} --family {max(1, sitting.family)} --attempt {sitting.attempt + 1}"


def _command(files: Files) -> str:
    """The command that measures the same plan again, as far as the files tell it."""
    plan = shlex.quote(files.candidate.campaign.plan)
    if not files.bases:
        return f"python -m bench gate {plan}"
    if files.basis == "pairs" and files.candidate.campaign.machine.kind == "guest":
        releases = (file.campaign.environment.get("kernel_release") for file in files.all)
        kernels = " ".join(f"--kernel {shlex.quote(str(each))}" for each in releases)
        return f"python -m bench ab {plan} --gate {kernels}"
    if files.basis == "pairs":
        return f"python -m bench gate {plan} --base-core A --core B"
    named = " ".join(f"--baseline {shlex.quote(str(file.path))}" for file in files.bases)
    return f"python -m bench gate {plan} {named}"
