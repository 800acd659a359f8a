# SPDX-License-Identifier: MIT
"""Cells that are judged by their effects: the rule's outcome as rows of a verdict."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..result.effect import effect_over_runs
from ..stats import offset, power, sequential
from ..stats.dependence import dependence
from ..stats.interval import Interval, hodges_lehmann
from ..stats.one_sided import trimmed
from ..stats.sequential import Looks, Origin, Outcome
from .basis import CellEffects, Files
from .policy import Policy
from .verdict import Basis, CellVerdict, Verdict, Withheld

ATTEMPT_SHARE = 4
"""By what the error that cells may spend is divided each time they are measured once more: so that
of all attempts together it is at most a third more than that of the first."""

_NAMES: Mapping[int, Verdict] = {
    sequential.INCONCLUSIVE: "inconclusive",
    sequential.PASS: "pass",
    sequential.REGRESSED: "regressed",
    sequential.IMPROVED: "improved",
}
_WITHHELD: Mapping[int, Withheld] = {
    sequential.FIRM: "",
    sequential.DEPENDENT: "dependence",
    sequential.OFFSET: "offset",
}


@dataclass(frozen=True)
class Sitting:
    """What all cells of one gate are judged by."""

    files: Files
    policy: Policy
    family: int
    attempt: int
    interim: bool

    @property
    def size(self) -> int:
        """By how many the error of a family is divided, at least."""
        return int(self.family * ATTEMPT_SHARE ** (self.attempt - 1))


@dataclass(frozen=True)
class Judged:
    """What the rule says of all cells."""

    rows: tuple[CellVerdict, ...]
    offset_spreads: float | None
    """As in `verdict.Gate`."""
    floors: int
    """A/A cells that tell how far campaigns lie apart."""
    repeated: int
    """Cells of which several campaigns of the baseline tell it."""


def judged(cells: Sequence[CellEffects], sitting: Sitting) -> Judged:
    """Let the rule judge cells as one family."""
    looks = [_looks(row, sitting) for row in cells]
    margins = np.array([margin(row, sitting.policy) for row in cells])
    table = np.zeros((1, len(cells), max((row.have for row in cells), default=0)))
    for place, row in enumerate(cells):
        table[0, place, : row.have] = np.empty(0) if row.effects is None else row.effects
    origin = _origin(cells, sitting)
    outcome = sequential.decide(table, looks, margins, origin)
    judge = _Rows(sitting, outcome, looks, origin)
    rows = tuple(judge.row(row, place) for place, row in enumerate(cells))
    if origin.floors is None or not cells:
        return Judged(rows, None, 0, 0)
    return Judged(
        rows,
        float(offset.upper(outcome.weights[0])),
        sum(row.cell.mode == row.cell.control and row.have > 0 for row in cells),
        0 if origin.earlier is None else int((origin.earlier.freedom > 0).sum()),
    )


def assumption(basis: Basis, found: Judged) -> str:
    """What the verdicts suppose, and what is known of it, in a sentence."""
    if found.offset_spreads is None:
        return "supposed: nothing, since both sides took turns in random order"
    sources = [f"{found.floors} A/A cells"] if found.floors else []
    sources += [f"repeated baselines of {found.repeated} cells"] if found.repeated else []
    told = f"by {' and '.join(sources)}" if sources else "no A/A cell and no second baseline tells"
    what = "one campaign may be unlike another" if basis == "control" else "campaigns may differ"
    return (
        f"supposed: a cell's runs are exchangeable across campaigns; {what} by up to "
        f"{found.offset_spreads:.2g} standard deviations of a run ({told}), and that much is no "
        "regression"
    )


def margin(row: CellEffects, policy: Policy) -> float:
    """The smallest effect of interest in the unit of the effects."""
    given = policy.margin(row.cell.metric, row.metric)
    return math.log1p(given) if row.metric.effect == "ratio" else given


def planned(row: CellEffects, files: Files) -> tuple[int, ...]:
    """The numbers of runs at which a gate that samples wants to look at a cell."""
    looks = files.candidate.campaign.looks
    return sequential.planned(max(row.most, 1), looks) if looks else ()


def blank(row: CellEffects, given: float | None) -> CellVerdict:
    """A cell of which nothing is decided."""
    return CellVerdict(
        cell=row.cell.name,
        metric=row.cell.metric,
        unit=row.metric.unit,
        better=row.metric.better,
        kind="count" if row.exact else row.metric.effect,
        margin=given,
        reason=row.reason,
        broken=row.broken,
        warnings=row.said,
    )


def _looks(row: CellEffects, sitting: Sitting) -> Looks:
    """When a cell is judged: as its campaign planned, or once at all its runs."""
    looks = sequential.shares(_counts(row, sitting), sitting.size)
    return sequential.curtailed(looks, row.have, ended=not sitting.interim)


def _counts(row: CellEffects, sitting: Sitting) -> tuple[int, ...]:
    return planned(row, sitting.files) or ((row.have,) if row.have else ())


def _origin(cells: Sequence[CellEffects], sitting: Sitting) -> Origin:
    """Where the effects come from."""
    files = sitting.files
    if files.basis == "pairs":
        return Origin(sitting.size)
    floors = np.array([row.cell.mode == row.cell.control for row in cells], dtype=bool)
    return Origin(sitting.size, floors, len(files.bases), _earlier(cells))


def _earlier(cells: Sequence[CellEffects]) -> offset.Earlier | None:
    """What several campaigns of the baseline say of how far campaigns lie apart."""
    found = [offset.between([each[np.isfinite(each)] for each in row.past]) for row in cells]
    if not any(freedom for _, _, freedom in found):
        return None
    squares, variances, freedom = np.array(found).T[:, None, :]
    return offset.Earlier(squares, variances, freedom)


class _Rows:
    """Makes rows of an outcome."""

    def __init__(
        self, sitting: Sitting, outcome: Outcome, looks: Sequence[Looks], origin: Origin
    ) -> None:
        self._sitting, self._outcome, self._looks, self._origin = sitting, outcome, looks, origin

    def row(self, row: CellEffects, place: int) -> CellVerdict:
        """One cell."""
        used = int(self._outcome.used[0, place])
        empty = blank(row, self._sitting.policy.margin(row.cell.metric, row.metric))
        if row.effects is None or not used:
            said = f"{row.have} runs: not yet looked at" if row.have else "no run yet"
            return replace(empty, runs=row.have, reason=row.reason or said)
        found = self._shown(row, place, replace(empty, runs=used))
        return found if self._sitting.interim else self._powered(row, place, found)

    def _shown(self, row: CellEffects, place: int, empty: CellVerdict) -> CellVerdict:
        """What its effects show, and the verdict."""
        outcome, doubted = self._outcome, self._origin.floors is not None
        seen = row.effects[: empty.runs] if row.effects is not None else np.empty(0)
        factor = float(outcome.inflation[0, place])
        interval = _widened(hodges_lehmann(row.sign * seen), factor)
        shown = effect_over_runs(interval, row.metric, "", "medians")
        series = dependence(seen)
        found = replace(
            empty,
            estimate=_known(shown.estimate),
            low=_known(shown.low),
            high=_known(shown.high),
            level=interval.level,
            verdict=_NAMES[int(outcome.verdicts[0, place])],
            p=min(1.0, float(outcome.worse_p[0, place])),
            p_level=float(outcome.level[0, place]),
            lag1=series.lag1 if doubted else None,
            p_serial=series.p_serial if doubted else None,
            p_trend=series.p_trend if doubted else None,
            widened=factor,
            beyond=self._beyond(row, interval),
        )
        if found.verdict != "inconclusive":
            return found
        withheld = _WITHHELD[int(outcome.withheld[0, place])]
        surely = bool(outcome.dependent[0, place])
        return replace(found, withheld=withheld, reason=_why(row, found, withheld, surely=surely))

    def _beyond(self, row: CellEffects, interval: Interval) -> bool:
        """Whether all of the interval, or all there is, lies beyond the margin and worse."""
        ends = (interval.low, interval.high, interval.estimate)
        worst = min(row.sign * end for end in ends if not math.isnan(end))
        return worst > margin(row, self._sitting.policy)

    def _powered(self, row: CellEffects, place: int, found: CellVerdict) -> CellVerdict:
        """With what could have been seen, and what would decide it."""
        setting = self._setting(row, place, found.runs)
        looks = self._looks[place]
        if found.verdict != "inconclusive":
            looks = sequential.shares(_counts(row, self._sitting), self._sitting.size)
        smallest = power.smallest_seen(setting, looks)
        share = math.expm1(smallest) if row.metric.effect == "ratio" else smallest
        found = replace(found, smallest_seen=_known(share))
        if found.verdict != "inconclusive":
            return found
        seen = row.effects[: found.runs] if row.effects is not None else np.empty(0)
        further = power.further_runs(setting, float(sequential.estimates(seen)), found.runs)
        never = (
            "" if further else "no number of runs would decide it: the estimate is at its margin"
        )
        if never and found.withheld == "offset":
            never = "more runs would not tell: name more campaigns as the baseline"
        parts = filter(None, (found.reason, never))
        return replace(found, further_runs=further, reason="; ".join(parts))

    def _setting(self, row: CellEffects, place: int, used: int) -> power.Setting:
        found = trimmed(row.effects[:used]) if row.effects is not None else trimmed(np.empty(1))
        return power.Setting(
            margin=margin(row, self._sitting.policy),
            spread=float(found.spread),
            freedom=found.freedom,
            family=self._sitting.size,
            factor=float(self._outcome.inflation[0, place]),
            weights=None if self._origin.floors is None else self._outcome.weights[0],
            share=self._origin.share,
            shown=bool(self._outcome.shown[0]),
            dependent=bool(self._outcome.dependent[0, place]),
        )


def _widened(found: Interval, factor: float) -> Interval:
    """The interval with both ends as much farther from the estimate."""
    low = found.estimate - factor * (found.estimate - found.low)
    high = found.estimate + factor * (found.high - found.estimate)
    return replace(found, low=low, high=high)


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _why(row: CellEffects, found: CellVerdict, withheld: Withheld, *, surely: bool) -> str:
    """Why a cell with runs is undecided, in words."""
    needed = math.ceil(math.log2(1 / sequential.ALPHA))
    parts = []
    if withheld == "dependence":
        doubt = "its runs depend on each other" if surely else "its runs may depend on each other"
        parts.append(f"withheld: {doubt} (lag 1 {found.lag1 or 0:.2f}), and so show less")
    if withheld == "offset":
        parts.append("withheld: campaigns may lie as far apart by themselves")
    if found.runs < needed:
        parts.append(f"{found.runs} runs can show nothing: {needed} at least")
    if found.beyond:
        parts.append("all of the interval is worse than the margin: never let pass")
    if row.lost:
        parts.append(f"{row.lost} runs gave no number")
    if found.runs >= row.most:
        parts.append(f"{found.runs} were the most that plan and baseline allow")
    return "; ".join(parts)
