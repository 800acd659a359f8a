# SPDX-License-Identifier: MIT
"""The matrix of secrecy and the evidence behind its entries."""

from ..result.cell import CellResult
from ..result.note import noted
from ..secrecy.matrix import Way, trial_result
from .block import Entry, Proof, Tone, Ways
from .evidence import Evidence

TONES: dict[str, Tone] = {
    "closed": "closed",
    "at rest": "at-rest",
    "open": "open",
    "not tried": "untried",
}
CAPTION = (
    "Ways of reading the secret, each tried: closed means that the marker was searched for where "
    "it would have arrived and was not there, while the same check found it in ordinary memory in "
    "the same run. At rest: closed between uses, open during one. Each entry leads to its evidence"
)


def columns(evidence: Evidence) -> tuple[str, ...]:
    """Modes of the matrix: those that were tried at all, and secret ones even if not."""
    ways = evidence.ways
    return tuple(mode for mode in ways.modes if mode in ways.ranks or mode.startswith("secret"))


def ways(evidence: Evidence) -> Ways:
    """Ways down by group, modes across by the secrecy that they promise."""
    modes, found = columns(evidence), evidence.ways.ways
    groups = tuple(
        (
            group or "other ways",
            tuple(
                (way.name, way.about, tuple(_entry(way, mode, evidence) for mode in modes))
                for way in found
                if way.group == group
            ),
        )
        for group in dict.fromkeys(way.group for way in found)
    )
    counts = tuple(
        f"{len(evidence.ways.of(mode, 'closed'))} of {_tried(mode, evidence)}" for mode in modes
    )
    return Ways(CAPTION, modes, groups, counts)


def _tried(mode: str, evidence: Evidence) -> int:
    return len(evidence.ways.counted) - len(evidence.ways.of(mode, "not tried"))


def _entry(way: Way, mode: str, evidence: Evidence) -> Entry:
    """One result as a link to its evidence."""
    trial = way.trials.get(mode)
    anchor = evidence.anchor(trial.cell) if trial else ""
    result = way.result(mode)
    return Entry(result, anchor, TONES[result])


def proof(metric: str, evidence: Evidence) -> Proof:
    """Every cell that tried one way in, with what it saw."""
    rows = [row for row in evidence.summary.results if row.metric == metric]
    about = next(way.about for way in evidence.ways.ways if way.metric == metric)
    labels = {label for row in rows for label in row.campaigns}
    files = [file for file in evidence.campaigns.files if file.label in labels]
    name = files[0].path.name
    return Proof(
        title=f"{metric}: {about}",
        columns=("way and mode", "result", "evidence", "open on", "evidence there", "runs", "cell"),
        rows=tuple((evidence.anchor(row.cell), _line(row)) for row in rows),
        files=tuple((file.path.name, file.sha256) for file in files),
        command=f"python -m analysis values CELL {name}",
    )


def _line(row: CellResult) -> tuple[str, ...]:
    """One cell in words."""
    state = " in use" if row.params.get("state") == "in-use" else ""
    result, reason = trial_result(row)
    seen = [noted(row, "evidence"), reason, *row.warnings]
    return (
        f"{row.metric}: {row.mode}{state}",
        result,
        "; ".join(filter(None, seen)),
        str(row.control) if row.runs else "",
        noted(row, "control_evidence"),
        str(row.runs),
        row.cell,
    )
