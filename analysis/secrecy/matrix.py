# SPDX-License-Identifier: MIT
"""What memory buys: each way of reading it as tried on each mode, and the order that follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from ..read.campaigns import Campaigns
from ..read.modes import Modes
from ..result.cell import CellResult
from ..result.note import noted

WAY_PREFIX = "way-"
"""What the name of a metric begins with that tries one way in."""

GROUPS = ("other processes", "kernel's hands", "direct map", "rest")
"""Groups of ways, in the order of every table; others follow."""

TrialResult = Literal["closed", "at rest", "open", "not tried"]
"""`at rest` is closed between uses and open during one: modes that open their memory for a use."""

TRIAL_RESULTS: tuple[TrialResult, ...] = ("closed", "at rest", "open", "not tried")


def is_way(metric: str) -> bool:
    """Whether a metric tries one way in: 1 is open, 0 is closed."""
    return metric.startswith(WAY_PREFIX)


@dataclass(frozen=True)
class Trial:
    """One way, tried on one mode."""

    way: str
    mode: str
    result: TrialResult
    reason: str
    """In words, why it was not tried or does not count; empty otherwise."""
    evidence: str
    """What was seen: an error number, or the bytes read."""
    control: str
    """Mode on which the same check was open in the same process; empty if it was not tried."""
    control_evidence: str
    cell: str
    runs: int


@dataclass(frozen=True)
class Way:
    """One way in, and what it came to on each mode."""

    name: str
    metric: str
    group: str
    about: str
    """What it means to an attacker, in a line."""
    trials: Mapping[str, Trial]

    def result(self, mode: str) -> TrialResult:
        """What it came to; `not tried` for a mode that the plan leaves out."""
        trial = self.trials.get(mode)
        return trial.result if trial else "not tried"


@dataclass(frozen=True)
class Rank:
    """How secret a mode is: the ways that it closes, closes between uses, and leaves open."""

    mode: str
    closed: frozenset[str]
    at_rest: frozenset[str]
    open: frozenset[str]

    def at_least(self, other: "Rank") -> bool:
        """Whether this mode is at least as secret as the other, as far as both were tried.

        In each way this mode closes it, or the other leaves it open, or both came out alike.
        That stays true however the ways come out that were tried on one of the two alone; ways
        tried on neither are left out. It is a partial order (of modes up to equal ranks).
        """
        return (
            other.closed <= self.closed
            and other.at_rest <= self.closed | self.at_rest
            and self.at_rest <= other.at_rest | other.open
            and self.open <= other.open
        )

    def above(self, other: "Rank") -> bool:
        """Whether this mode is at least as secret, and more so in a way tried on both."""
        more = (self.closed & (other.open | other.at_rest)) | (self.at_rest & other.open)
        return self.at_least(other) and bool(more)


@dataclass(frozen=True)
class Matrix:
    """Ways down, modes across."""

    ways: tuple[Way, ...]
    """By group, in the plan's order within."""
    modes: tuple[str, ...]
    """By the secrecy that they promise, least first."""

    @cached_property
    def ranks(self) -> Mapping[str, Rank]:
        """Mode -> its rank, for modes on which at least one way was tried."""
        found = {}
        for mode in self.modes:
            sets = [frozenset(self.of(mode, result)) for result in TRIAL_RESULTS[:3]]
            if any(sets):
                found[mode] = Rank(mode, *sets)
        return found

    def of(self, mode: str, result: TrialResult) -> tuple[str, ...]:
        """Names of the ways into a mode that came out so, of those tried on any mode."""
        return tuple(way.name for way in self.counted if way.result(mode) == result)

    @cached_property
    def counted(self) -> tuple[Way, ...]:
        """Ways that were tried on at least one mode."""
        return tuple(
            way
            for way in self.ways
            if any(trial.result != "not tried" for trial in way.trials.values())
        )


def abouts(campaigns: Campaigns) -> Mapping[str, str]:
    """Metric -> what it says of itself."""
    return {
        name: metric.about
        for file in campaigns.files
        for name, metric in file.campaign.metrics.items()
    }


def matrix(
    rows: Sequence[CellResult], modes: Modes, about: Mapping[str, str] | None = None
) -> Matrix:
    """All trials of these results.

    A mode that is the control of a way and has no cell of its own there is open: a run whose
    control was closed is no result.

    Args:
        rows: Results of one environment; metrics that try no way are passed over.
        modes: What the records say of the modes.
        about: Metric -> `<group>: <what the way means>`, where that is to be known.
    """
    found = [row for row in rows if is_way(row.metric)]
    names = _names(found)
    ways = [
        _way(name, [row for row in found if names[row.cell] == name], about or {})
        for name in dict.fromkeys(names.values())
    ]
    order = {group: place for place, group in enumerate(GROUPS)}
    ways.sort(key=lambda way: order.get(way.group, len(GROUPS)))
    return Matrix(tuple(ways), modes.promised(mode for way in ways for mode in way.trials))


def _names(rows: Sequence[CellResult]) -> Mapping[str, str]:
    """Cell -> name of its way, with those parameters that make several ways of one metric."""
    found = {}
    for metric in dict.fromkeys(row.metric for row in rows):
        of_metric = [row for row in rows if row.metric == metric]
        params = dict.fromkeys(name for row in of_metric for name in row.params if name != "state")
        vary = [p for p in params if len({row.params.get(p) for row in of_metric}) > 1]
        for row in of_metric:
            words = [f"{name}={row.params[name]}" for name in vary if name in row.params]
            found[row.cell] = " ".join([metric.removeprefix(WAY_PREFIX), *words])
    return found


def _way(name: str, rows: Sequence[CellResult], about: Mapping[str, str]) -> Way:
    """One way with what each mode came to."""
    metric = rows[0].metric
    group, colon, meaning = about.get(metric, "").partition(": ")
    if not colon:
        groups = (noted(row, "group") for row in rows)
        group, meaning = next(filter(None, groups), ""), group
    trials: dict[str, Trial] = {}
    for mode in dict.fromkeys(row.mode for row in rows):
        of_mode = [row for row in rows if row.mode == mode]
        rest, use = (
            [_trial(name, row) for row in of_mode if (row.params.get("state") == "in-use") == used]
            for used in (False, True)
        )
        trials[mode] = _both(_worst(rest), _worst(use))
    lent = {
        trial.control: replace(
            trial, mode=trial.control, result="open", reason="", evidence=trial.control_evidence
        )
        for trial in trials.values()
        if trial.control
    }
    return Way(name, metric, group, meaning, {**lent, **trials})


def _trial(way: str, row: CellResult) -> Trial:
    """What one cell came to."""
    result, reason = trial_result(row)
    return Trial(
        way=way,
        mode=row.mode,
        result=result,
        reason=reason,
        evidence=noted(row, "evidence"),
        control="" if result == "not tried" else str(row.control),
        control_evidence=noted(row, "control_evidence"),
        cell=row.cell,
        runs=row.runs,
    )


def trial_result(row: CellResult) -> tuple[TrialResult, str]:
    """Closed, open or not tried, and why not."""
    if not row.runs or row.exact is None:
        failed = f"the check failed: {row.failed[-1]}" if row.failed else ""
        return "not tried", row.unsupported.removeprefix("not tried: ") or failed or "no run"
    if row.control_median is None:
        return "not tried", "no control in the same run, and a check that cannot fail shows nothing"
    if row.control_median.estimate < 1:
        return "not tried", f"closed on {row.control} too, where it must be open: it shows nothing"
    if not row.exact.repeats:
        return "open", "not in every run"
    return ("open" if row.exact.values[0] else "closed"), ""


def _worst(trials: Sequence[Trial]) -> Trial | None:
    """Of several cells of one way, mode and state the one that says most against the mode."""
    order: tuple[TrialResult, ...] = ("open", "closed", "not tried")
    return min(trials, key=lambda trial: order.index(trial.result), default=None)


def _both(rest: Trial | None, use: Trial | None) -> Trial:
    """Between uses and during one: only what is closed in both is closed."""
    if rest is None or use is None:
        only = rest or use
        if only is None:
            raise ValueError("no trial")
        return only
    if rest.result != "closed" or use.result == "closed":
        return rest
    if use.result == "open":
        return replace(use, result="at rest", reason="open during a use, closed between uses")
    return replace(use, reason=f"closed between uses; during one not tried: {use.reason}")
