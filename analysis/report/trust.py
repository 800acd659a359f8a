# SPDX-License-Identifier: MIT
"""Can it be trusted: readiness, noise floor, what stopped early, failed, or was not to be had."""

import math

from ..read.campaigns import RecordFile
from ..result.cell import CellResult
from ..result.effect import BY_CHANCE
from ..words.effect import effect_words, moved_words, reached, rests_words, seen_words, wanted
from ..words.quantity import percent
from .block import Chapter, Entry, Grid, Section
from .evidence import Evidence

CHANCE = 0.01
"""Probability below which so many A/A cells that seem to differ are no longer called chance."""

_ENDED = {
    "complete": "complete",
    "budget": "stopped because its time was spent",
    "interrupted": "interrupted",
}
"""Status of a campaign's end, in words."""

_Check = tuple[Entry, Entry, Entry]
"""What was looked at, whether it speaks for the numbers, and what was found."""


def chapter(evidence: Evidence) -> Chapter:
    """An answer per question first, the details after it."""
    summary = evidence.summary
    short = len(summary.short_of_target)
    failed = sum(file.runs["failed"] for file in summary.files)
    total = sum(sum(file.runs.values()) for file in summary.files)
    modes = [row.mode for row in summary.unsupported]
    checks = (
        *(check for file in evidence.campaigns.files for check in _of_file(file)),
        _noise_check(summary.results),
        *_order_checks(summary.results),
        _check("cells wider than planned", f"{short} of {len(summary.results)}", good=not short),
        _check("failed runs", f"{failed} of {total}", good=not failed),
        _check("unsupported modes", ", ".join(modes) or "none", good=not modes),
        *(_check("warning", text, good=False) for text in summary.warnings),
    )
    columns = ("what was looked at", "", "what was found")
    return Chapter(
        "trust",
        "Can it be trusted",
        (
            Section("", (Grid("What speaks for and against these numbers", columns, checks),)),
            Section("", (*_details(evidence), *evidence.pictures("trust"))),
        ),
    )


def _check(what: str, found: str, *, good: bool) -> _Check:
    """One line of the answers."""
    answer = Entry("ok", tone="good") if good else Entry("caution", tone="bad")
    return Entry(what), answer, Entry(found)


def _of_file(file: RecordFile) -> tuple[_Check, ...]:
    """How the campaign ended and how ready the machine was."""
    end = file.end
    ended = "cut off: no end was recorded, but every whole run counts"
    if end:
        share = percent(end.core_share)
        ended = f"{_ENDED[end.status]} after {end.wall_s:.0f} s, {share} of it inside the core"
    facts = file.campaign.readiness
    missed = [fact.fact for fact in facts if not fact.ok]
    ready = f"{len(facts) - len(missed)} of {len(facts)} checks passed"
    if missed:
        ready += f"; not: {', '.join(dict.fromkeys(missed))}"
    complete = end is not None and end.status == "complete"
    return (
        _check(f"campaign {file.label}", ended, good=complete),
        _check("machine was ready", ready, good=not missed),
    )


def _noise_rows(results: tuple[CellResult, ...]) -> list[CellResult]:
    """A/A cells with a ratio or a difference."""
    return [row for row in results if row.is_noise_floor and row.effect]


def _noise_check(results: tuple[CellResult, ...]) -> _Check:
    """Whether more A/A cells seem to differ than chance makes."""
    rows = _noise_rows(results)
    if not rows:
        text = "no A/A cell: nothing says how far to trust a ratio"
        return _check("noise floor", text, good=False)
    differ = sum(row.effect is not None and row.effect.seen in {"worse", "better"} for row in rows)
    suspicious = differ > 0 and _tail(len(rows), differ) < CHANCE
    text = (
        f"A/A cells, a control against itself: {len(rows)}, of which {differ} seem to differ; "
        f"about {len(rows) / 20:.1f} would by chance"
    )
    if suspicious:
        text += ": more than chance explains, so small differences below are not to be believed"
    return _check("noise floor", text, good=not suspicious)


def _tail(cells: int, differ: int, chance: float = 0.05) -> float:
    """Probability that at least `differ` of `cells` show what each shows with that chance."""
    below = (math.comb(cells, n) * chance**n * (1 - chance) ** (cells - n) for n in range(differ))
    return 1 - sum(below)


def _order_checks(results: tuple[CellResult, ...]) -> tuple[_Check, ...]:
    """Whether runs depend on each other in more cells than chance makes."""
    effects = [row.effect for row in results if row.effect and row.effect.rests_on]
    kinds = (
        ("neighbouring runs", "more alike", sum(effect.dependent for effect in effects)),
        ("trend over the runs", "moving with time", sum(effect.drifted for effect in effects)),
    )
    found = []
    for what, how, count in kinds if effects else ():
        text = (
            f"{how} than chance makes them (p < {BY_CHANCE:g}) in {count} of {len(effects)} cells; "
            f"about {len(effects) * BY_CHANCE:.1f} would be by chance"
        )
        suspicious = _tail(len(effects), count, BY_CHANCE) < CHANCE
        if suspicious:
            text += ": their intervals are wider for it"
        found.append(_check(what, text, good=not suspicious))
    return tuple(found)


def _order(evidence: Evidence) -> Grid:
    """Cells whose runs are not independent."""
    rows = []
    for row in evidence.summary.results:
        effect = row.effect
        if effect and effect.rests_on and (effect.dependent or effect.drifted):
            moved = moved_words(effect, row.unit if row.loss else "")
            rows.append(
                (
                    Entry(evidence.title(row), evidence.anchor(row.cell)),
                    Entry(effect_words(row)),
                    Entry(rests_words(effect.rests_on)),
                    Entry(moved),
                )
            )
    columns = ("cell", "effect", "its interval rests on", "moved, first run to last")
    return Grid(f"Runs that depend on each other in {len(rows)} cells", columns, tuple(rows))


def _noise(evidence: Evidence) -> Grid:
    """The A/A cells."""
    rows = tuple(
        (
            Entry(evidence.title(row)),
            Entry(effect_words(row), evidence.anchor(row.cell)),
            Entry(
                seen_words(row.effect, row.unit if row.loss else ""),
                tone="" if row.effect.seen == "none" else "bad",
            ),
            Entry(str(row.runs)),
        )
        for row in _noise_rows(evidence.summary.results)
        if row.effect
    )
    columns = ("A/A cell", "against itself", "difference", "runs")
    return Grid(f"Noise floor: {len(rows)} A/A cells", columns, rows, folded=True)


def _details(evidence: Evidence) -> tuple[Grid, ...]:
    """Everything the answers rest on; tables without rows are left out."""
    grids = (
        *(_readiness(file) for file in evidence.campaigns.files),
        _unsupported(evidence),
        _noise(evidence),
        _order(evidence),
        _short(evidence),
        _failed(evidence),
        _timed(evidence),
    )
    return tuple(grid for grid in grids if grid.rows)


def _readiness(file: RecordFile) -> Grid:
    """What the readiness check said when the campaign began."""
    rows = tuple(
        (
            Entry(fact.fact),
            Entry("ok" if fact.ok else "not ok", tone="good" if fact.ok else "bad"),
            Entry(fact.text),
            Entry("" if fact.ok else fact.hint),
        )
        for fact in file.campaign.readiness
    )
    missed = sum(not fact.ok for fact in file.campaign.readiness)
    caption = f"Readiness before {file.label}: {missed} of {len(rows)} checks not passed"
    return Grid(caption, ("fact", "", "found", "what to do"), rows, folded=True)


def _unsupported(evidence: Evidence) -> Grid:
    """Modes and why this machine lacks them."""
    rows = tuple((Entry(row.mode), Entry(row.reason)) for row in evidence.summary.unsupported)
    return Grid("Unsupported modes and why", ("mode", "reason"), rows, folded=True)


def _short(evidence: Evidence) -> Grid:
    """Cells whose intervals are wider than planned."""
    cells = set(evidence.summary.short_of_target)
    rows = tuple(
        (
            Entry(evidence.title(row), evidence.anchor(row.cell)),
            Entry(row.stop),
            Entry(str(row.runs)),
            Entry(reached(row)),
            Entry(wanted(row)),
        )
        for row in evidence.summary.results
        if row.cell in cells
    )
    caption = f"{len(rows)} cells ended, by time or runs, with a wider interval than planned"
    return Grid(caption, ("cell", "ended by", "runs", "half-width", "wanted"), rows, folded=True)


def _failed(evidence: Evidence) -> Grid:
    """Last words of failed runs."""
    rows = tuple(
        (
            Entry(evidence.title(row), evidence.anchor(row.cell)),
            Entry(str(row.failed.count(reason))),
            Entry(reason),
        )
        for row in evidence.summary.results
        for reason in dict.fromkeys(row.failed)
    )
    columns = ("cell", "failed runs", "last words")
    return Grid(f"Last words of failed runs in {len(rows)} cells", columns, rows, folded=True)


def _timed(evidence: Evidence) -> Grid:
    """Share of the runs' wall time in timed sections."""
    rows = tuple(
        (Entry(metric), Entry(percent(share)))
        for file in evidence.summary.files
        for metric, share in file.timed_share.items()
    )
    caption = "Share of the runs' wall time spent inside timed sections"
    return Grid(caption, ("metric", "share"), rows, folded=True)
