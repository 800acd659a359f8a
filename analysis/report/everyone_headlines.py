# SPDX-License-Identifier: MIT
"""What secret memory costs everybody else, in sentences computed from the measurements."""

import math
from collections.abc import Callable, Sequence

from ..result.cell import CellResult
from ..result.effect import Effect, good
from ..result.note import numbers
from ..result.pause import floor_s
from ..result.resolution import step_s
from ..result.split import BLOCK_PAGES, PAGE_BYTES, curves
from ..result.victim import victims
from ..stats.interval import Interval
from ..words.effect import (
    difference_words,
    moved_words,
    ratio_words,
    seen_words,
    shift_words,
)
from ..words.quantity import count_span, digits, percent, quantity, size
from ..words.split import pool_words
from ..words.victim import victim_words
from .block import Headline
from .everyone_exposure import METRICS as EXPOSURE
from .everyone_exposure import exposure_headlines
from .everyone_simulated import METRICS as SIMULATED
from .everyone_simulated import simulated_headlines
from .evidence import SUBJECT, Evidence

PER_SECOND = 1000
"""Rate at which the findings state what secrets cost: a busy server's new sessions."""

_Test = Callable[[str], bool]

TOPICS: tuple[tuple[str, _Test], ...] = (
    ("Splits of the direct map, step by step", lambda metric: metric == "splits"),
    ("Which memory splits reach, kind by kind", lambda metric: metric in EXPOSURE),
    ("What one user without privileges can split", lambda metric: metric == "user-reach"),
    ("Time taken from other CPUs", lambda metric: metric == "neighbour-loss"),
    ("Flush interrupts per first touch", lambda metric: metric == "flush-count"),
    ("Kernel work on split memory (victims)", lambda metric: metric.startswith("victim")),
    ("Walks of the page tables after TLB misses", lambda metric: metric == "tlb-walks"),
    ("TLB misses of models, inside and beside split memory", lambda metric: metric in SIMULATED),
    ("Stages of a fault", lambda metric: metric == "fault-stages"),
)
"""What this question is made of -> whether a metric measures it."""


def headlines(evidence: Evidence) -> tuple[Headline, ...]:
    """The findings, nearest to use first; empty if nothing of it was measured."""
    losses = [
        row
        for row in evidence.measured("neighbour-loss")
        if row.mode == SUBJECT and row.difference and math.isfinite(row.difference.estimate)
    ]
    found = []
    for use, headline in (("secrets", _secrets), ("faults", _touch)):
        of_use = [row for row in losses if row.params.get("use", "faults") == use]
        for state in dict.fromkeys(row.params.get("others", "") for row in of_use):
            beside = [row for row in of_use if row.params.get("others", "") == state]
            # Several plans may have asked, the one longer than the other.
            row = max(beside, key=lambda row: _operations(row, evidence))
            found.append(headline(row, evidence))
    found += _flushes(evidence)
    found += _splits(evidence)
    found += exposure_headlines(evidence)
    found += simulated_headlines(evidence)
    found += _reach(evidence)
    found += _split_costs(evidence)
    found += _victims(evidence)
    return tuple(found)


def absent(evidence: Evidence) -> tuple[str, ...]:
    """One sentence for each topic that these records do not answer."""
    said = []
    for topic, belongs in TOPICS:
        rows = [row for row in evidence.summary.results if belongs(row.metric)]
        if not rows:
            said.append(f"{topic}: not measured in these records.")
        elif not any(row.runs for row in rows):
            reasons = dict.fromkeys(
                reason for row in rows for reason in (row.unsupported, *row.failed)
            )
            why = "; ".join(reason for reason in reasons if reason)
            said.append(f"{topic}: no run succeeded{f': {why}' if why else ''}.")
    return tuple(said)


def unproved(row: CellResult) -> bool:
    """Whether a run could not prove which memory it worked on, so that nothing follows from it."""
    return any(value is False for value in row.notes.get("proved", ()))


def _secrets(row: CellResult, evidence: Evidence) -> Headline:
    """A plausible use: what a rate of secrets costs another CPU."""
    found = row.difference
    if found is None:
        raise ValueError(row.cell)
    subject = f"Obtaining {PER_SECOND:,} secrets of 32 bytes per second{_beside(row)}"
    number = f"costs another CPU {_loss_share(found)}"
    if found.seen == "none":
        smallest = percent(found.smallest_seen * PER_SECOND)
        number = f"no time was seen to be lost on another CPU; {smallest} of it would be"
    operations = _operations(row, evidence)
    rest = f"{difference_words(found, row.unit)} for each; {operations:,} secrets in all"
    rest = _with_warning(rest, found, row.unit)
    return Headline(subject, number, rest, evidence.anchor(row.cell))


def _loss_share(found: Effect) -> str:
    """The loss at that rate as a share of the CPU, with its interval."""
    shares = [100 * PER_SECOND * each for each in (found.estimate, found.low, found.high)]
    if not math.isfinite(shares[1]):
        return f"{digits(shares[0])} % of its time"
    half = (shares[2] - shares[1]) / 2
    places = max(0, min(4, -math.floor(math.log10(half)))) if half else 2
    estimate, low, high = (f"{share:.{places}f}" for share in shares)
    return f"{estimate} % of its time [{low}, {high}]"


def _touch(row: CellResult, evidence: Evidence) -> Headline:
    """What one first touch takes from another CPU, and that the control takes nothing."""
    found = row.difference
    if found is None:
        raise ValueError(row.cell)
    subject = f"One first touch of {SUBJECT} memory{_beside(row)}"
    number = f"takes {difference_words(found, row.unit).removeprefix('+')} from another CPU"
    if found.seen == "none":
        smallest = quantity(found.smallest_seen, row.unit)
        number = f"no time was seen to be taken from another CPU; {smallest} would be"
    rest = _control_loss(row, evidence)
    shares = numbers(row, "share_lost")
    if shares:
        most = (
            f"at full rate that CPU loses {percent(sorted(shares)[len(shares) // 2])} of its time"
        )
        rest = f"{rest}; {most}" if rest else most
    rest = _with_warning(rest, found, row.unit)
    return Headline(subject, number, rest, evidence.anchor(row.cell))


def _beside(row: CellResult) -> str:
    """What the other CPUs did beside it, where it was chosen."""
    return ", a process spinning on each CPU" if row.params.get("others") == "busy" else ""


def _control_loss(row: CellResult, evidence: Evidence) -> str:
    """What the control takes at most; below the shortest pause that counts, nothing can be said."""
    beside = row.control_median
    if beside is None or not math.isfinite(beside.high):
        return ""
    shortest_s = floor_s(evidence.campaigns.runs_of(row.cell))
    return f"of {row.control} nothing above {quantity(max(shortest_s, beside.high), row.unit)}"


def _with_warning(rest: str, found: Effect, unit: str) -> str:
    moved = f"it moved from {moved_words(found, unit)} while it was measured"
    said = (rest, moved if found.drifted else "", found.warning)
    return "; ".join(text for text in said if text)


def _operations(row: CellResult, evidence: Evidence) -> int:
    """Operations of the mode over all good runs."""
    runs = evidence.campaigns.runs_of(row.cell)
    return sum(round(run.operations.treatment or 0) for run in good(runs))


def _flushes(evidence: Evidence) -> list[Headline]:
    """Interrupts per first touch, with those of the other modes beside."""
    rows = [row for row in evidence.measured("flush-count") if row.exact]
    others = [f"{row.mode} {_values(row)}" for row in rows if row.mode != SUBJECT]
    rest = f"other modes: {', '.join(others)}" if others else ""
    return [
        Headline(
            f"One first touch of {SUBJECT} memory, counted in interrupts",
            f"interrupts another CPU {_values(row)} times to flush its TLB".replace(
                " 1 times", " once"
            ),
            rest,
            evidence.anchor(row.cell),
        )
        for row in rows
        if row.mode == SUBJECT
    ]


def _values(row: CellResult) -> str:
    return ", ".join(f"{value:.4g}" for value in row.exact.values) if row.exact else ""


def _splits(evidence: Evidence) -> list[Headline]:
    """Splits by phase for the most memory touched."""
    found = [
        curve for curve in curves(evidence.campaigns) if curve.mode == SUBJECT and not curve.beside
    ]
    if not found:
        return []
    most = max(curve.touched_bytes[-1] for curve in found)
    largest = [curve for curve in found if curve.touched_bytes[-1] == most]
    pages = most // PAGE_BYTES
    said, rest = [], [f"best possible {pages // BLOCK_PAGES:,}, worst {pages:,}"]
    phases = sorted({curve.phase for curve in largest})
    for phase in sorted(phases, key=lambda phase: [*_PHASES, phase].index(phase)):
        group = [curve for curve in largest if curve.phase == phase]
        said.append(
            f"{count_span([curve.splits[-1] for curve in group])} {_PHASES.get(phase, phase)}"
        )
        rest += [f"{phase}: {text}" for text in pool_words(group)]
    subject = f"2M mappings of the direct map that {size(most)} of {SUBJECT} memory split"
    return [Headline(subject, ", ".join(said), "; ".join(rest), evidence.anchor(largest[0].cell))]


_PHASES = {
    "first": "when touched",
    "again": "when touched again after release",
    "crowded": "with the page cache filled",
}


def _reach(evidence: Evidence) -> list[Headline]:
    """How far one user without privileges gets, by the rule that holds for the limit."""
    found = []
    for row in evidence.measured("user-reach"):
        if row.mode != SUBJECT or not row.exact:
            continue
        touched = size(round(max(row.exact.values)) * PAGE_BYTES)
        limit = size(int(row.params["limit_bytes"]))
        notes = {name: _last(row.notes.get(name, ())) for name in _REACH_NOTES}
        rest = [
            f"{notes[name]}{words}" for name, words in _REACH_NOTES.items() if notes[name] != ""
        ]
        found.append(
            Headline(
                f"One user with {row.params['processes']} processes and {limit} of RLIMIT_MEMLOCK",
                f"gets {touched} of {SUBJECT} memory",
                "; ".join(rest),
                evidence.anchor(row.cell),
            )
        )
    return found


_REACH_NOTES = {
    "rule": "",
    "most_processes": " processes allowed by RLIMIT_NPROC",
    "splits_2m": " 2M mappings split by it here",
    "unsplit_2m_blocks": " left to split",
}
"""Note of a `user-reach` run -> the words after its value."""


def _last(values: Sequence[object]) -> str:
    """A note's value in the last good run, empty if there is none."""
    value = next((each for each in reversed(values) if each is not None), "")
    return f"{value:,}" if isinstance(value, int) else str(value)


def _split_costs(evidence: Evidence) -> list[Headline]:
    """What one split adds, from the cell with the most split pages."""
    costs = [cost for cost in evidence.summary.split_costs if cost.mode == SUBJECT]
    if not costs:
        return []
    best = max(costs, key=lambda cost: sum(each.pages for each in cost.classes if each.adds))
    step = step_s(evidence.campaigns.files)
    found = []
    for each in best.classes:
        if each.adds is None:
            continue
        name = each.name.removeprefix("split-")
        rest = each.adds.warning or f"{each.pages:,} such pages in {each.runs} runs"
        subject = f"A first touch that splits a {name} mapping of the direct map"
        longer = _longer(each.adds, step or 0.0)
        found.append(Headline(subject, longer, rest, evidence.anchor(best.cell)))
    return found


def _longer(adds: Interval, step: float) -> str:
    """What a split adds, or the smallest that would be seen by a timer of that step, in s."""
    beside = "one that splits nothing"
    if not adds.warning and adds.low <= 0 <= adds.high:
        smallest = quantity(max(adds.smallest_seen, step), "s")
        return f"not seen to take longer than {beside}; {smallest} would be"
    return f"takes {shift_words(adds, 's', f' longer than {beside}').removeprefix('+')}"


def _victims(evidence: Evidence) -> list[Headline]:
    """Kernel work on split memory, where it is proved which memory it was."""
    found = []
    for each in victims(evidence.campaigns, evidence.summary.results):
        row = each.row
        if not each.proved or row.ratio is None:
            continue
        rest = [f"difference: {seen_words(row.ratio)}"]
        if each.alike and each.alike.ratio:
            floor = _unsplit(each.alike.ratio)
            rest.append(f"with neither set in split blocks {floor}")
        if each.user:
            rest.append(f"by the user on the same pages {each.user.estimate:.3f}")
        subject = f"Kernel work on split memory: {victim_words(each, evidence.names(row.metric))}"
        found.append(
            Headline(subject, _unsplit(row.ratio), "; ".join(rest), evidence.anchor(row.cell))
        )
    return found


def _unsplit(ratio: Effect) -> str:
    """The control of a victim is unsplit memory, whatever the cell calls it."""
    return ratio_words(ratio).replace(f"x {ratio.against}", "x unsplit memory", 1)
