"""Can it be trusted: readiness, noise floor, what stopped early, failed, or was not to be had."""

from scipy.stats import binom

from ..load import RecordFile
from ..result import CellResult
from ..row import difference, percent, ratio_words
from .block import Chapter, Entry, Grid, Section, Tone
from .evidence import Evidence

CHANCE = 0.01
"""Probability below which so many A/A cells that seem to differ are no longer called chance."""

_Check = tuple[Entry, Entry]


def chapter(evidence: Evidence) -> Chapter:
    """A verdict per question first, the details after it."""
    summary = evidence.summary
    checks = (
        *(check for file in evidence.campaigns.files for check in _of_file(file)),
        _noise_check(summary.results),
        _count_check("cells that ended by budget", summary.ended_by_budget, summary.results),
        _failures_check(evidence),
        _modes_check(evidence),
        *((Entry("warning"), Entry(text, tone="bad")) for text in summary.warnings),
    )
    return Chapter(
        "trust",
        "Can it be trusted",
        (
            Section("", (Grid("What speaks for and against these numbers", ("", ""), checks),)),
            Section("Noise floor", (evidence.picture("noise"), _noise(evidence))),
            Section("In detail", _details(evidence)),
        ),
    )


def _of_file(file: RecordFile) -> tuple[_Check, ...]:
    """How the campaign ended and how ready the machine was."""
    end = file.end
    if end is None:
        ended = Entry("cut off: no end was recorded, but every whole run counts", tone="bad")
    else:
        tone: Tone = "good" if end.status == "complete" else "bad"
        text = f"{end.status}, {end.wall_s:.0f} s, {percent(end.core_share)} of it inside the core"
        ended = Entry(text, tone=tone)
    facts = file.campaign.readiness
    missed = [fact.fact for fact in facts if not fact.ok]
    text = f"{len(facts) - len(missed)} of {len(facts)} checks passed"
    if missed:
        text += f"; not: {', '.join(missed)}"
    ready = Entry(text, tone="bad" if missed else "good")
    return (Entry(f"campaign {file.label}"), ended), (Entry("machine was ready"), ready)


def _noise_rows(results: tuple[CellResult, ...]) -> list[CellResult]:
    """A/A cells with a ratio."""
    return [row for row in results if row.is_noise_floor and row.ratio]


def _noise_check(results: tuple[CellResult, ...]) -> _Check:
    """Whether more A/A cells seem to differ than chance makes."""
    rows = _noise_rows(results)
    head = Entry("noise floor", "noise")
    if not rows:
        return head, Entry("no A/A cell: nothing says how far to trust a ratio", tone="bad")
    differ = sum(row.ratio is not None and row.ratio.seen in {"worse", "better"} for row in rows)
    suspicious = differ > 0 and float(binom.sf(differ - 1, len(rows), 0.05)) < CHANCE
    text = (
        f"{len(rows)} A/A cells (a control against itself), {differ} of them seem to differ; "
        f"about {len(rows) / 20:.1f} would by chance"
    )
    if suspicious:
        text += ": more than chance explains, so small differences below are not to be believed"
    return head, Entry(text, tone="bad" if suspicious else "good")


def _count_check(name: str, cells: tuple[str, ...], results: tuple[CellResult, ...]) -> _Check:
    """Some cells out of all."""
    return Entry(name), Entry(f"{len(cells)} of {len(results)}", tone="bad" if cells else "good")


def _failures_check(evidence: Evidence) -> _Check:
    """Runs that failed out of all."""
    failed = sum(file.runs["failed"] for file in evidence.summary.files)
    total = sum(sum(file.runs.values()) for file in evidence.summary.files)
    return Entry("failed runs"), Entry(f"{failed} of {total}", tone="bad" if failed else "good")


def _modes_check(evidence: Evidence) -> _Check:
    """Modes that this machine lacks."""
    names = [row.mode for row in evidence.summary.unsupported]
    text = ", ".join(names) if names else "none"
    return Entry("unsupported modes"), Entry(text, tone="bad" if names else "good")


def _noise(evidence: Evidence) -> Grid:
    """The A/A cells."""
    rows = tuple(
        (
            Entry(row.cell),
            Entry(ratio_words(row.ratio), evidence.anchor(row.cell)),
            Entry(difference(row.ratio), tone="" if row.ratio.seen == "none" else "bad"),
            Entry(str(row.runs)),
        )
        for row in _noise_rows(evidence.summary.results)
        if row.ratio
    )
    columns = ("A/A cell", "ratio", "difference", "runs")
    return Grid(f"The {len(rows)} A/A cells", columns, rows, folded=True)


def _details(evidence: Evidence) -> tuple[Grid, ...]:
    """Everything the verdicts rest on; tables without rows are left out."""
    grids = (
        *(_readiness(file) for file in evidence.campaigns.files),
        _unsupported(evidence),
        _budget(evidence),
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
    return Grid(f"Readiness before {file.label}", ("fact", "", "found", "what to do"), rows)


def _unsupported(evidence: Evidence) -> Grid:
    """Modes and why this machine lacks them."""
    rows = tuple((Entry(row.mode), Entry(row.reason)) for row in evidence.summary.unsupported)
    return Grid("Unsupported modes", ("mode", "reason"), rows)


def _budget(evidence: Evidence) -> Grid:
    """Cells whose intervals are wider than planned."""
    cells = set(evidence.summary.ended_by_budget)
    rows = tuple(
        (
            Entry(row.cell, evidence.anchor(row.cell)),
            Entry(str(row.runs)),
            Entry(f"+-{percent(row.ratio.half_width)}" if row.ratio else "unknown"),
            Entry(f"+-{percent(row.half_width_target)}"),
        )
        for row in evidence.summary.results
        if row.cell in cells
    )
    caption = f"{len(rows)} cells ended by budget: their intervals may be wider than planned"
    return Grid(caption, ("cell", "runs", "half-width", "wanted"), rows, folded=True)


def _failed(evidence: Evidence) -> Grid:
    """Last words of failed runs."""
    rows = tuple(
        (Entry(cell, evidence.anchor(cell)), Entry(str(len(reasons))), Entry(reason))
        for cell, reasons in evidence.summary.failed.items()
        for reason in dict.fromkeys(reasons)
    )
    return Grid("Cells with failed runs", ("cell", "failed runs", "last words"), rows)


def _timed(evidence: Evidence) -> Grid:
    """Share of the runs' wall time in timed sections."""
    rows = tuple(
        (Entry(metric), Entry(percent(share)))
        for file in evidence.summary.files
        for metric, share in file.timed_share.items()
    )
    caption = "Share of the runs' wall time spent inside timed sections"
    return Grid(caption, ("metric", "share"), rows, folded=True)
