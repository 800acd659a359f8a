# SPDX-License-Identifier: MIT
"""Annotations of GitHub Actions."""

from ...output.printable import printable
from ..outputs import Output
from ..verdict import Gate, Verdict
from ..words import ordered, sentence

ANNOTATIONS = 10
"""Most that GitHub shows of one type and step; of more it drops any, so the worst are chosen.
https://docs.github.com/en/actions/reference/limits"""

_LEVELS: dict[Verdict, str] = {
    "regressed": "error",
    "inconclusive": "warning",
    "improved": "notice",
}


def github(gate: Gate) -> str:
    """Workflow commands for annotations: of each type the ten worst cells."""
    lines = []
    for verdict, level in _LEVELS.items():
        worst = [row for row in ordered(gate) if row.verdict == verdict][:ANNOTATIONS]
        for row in worst:
            title = _property(f"{row.verdict}: {row.cell}")
            lines.append(f"::{level} title={title}::{_data(f'{sentence(row)}; {row.again}')}\n")
    return "".join(lines)


def _data(text: str) -> str:
    """Escapes of a workflow command's message (github.com/actions/toolkit, command.ts).

    Line breaks are escaped already, as all is that cannot be printed.
    """
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


OUTPUT = Output(flag="--github", help="Print annotations: of each type the ten worst.", text=github)
