# SPDX-License-Identifier: MIT
"""A section for a job summary."""

from ...output.printable import printable
from ..outputs import Output
from ..verdict import Gate
from ..words import headline, number_words, ordered, remarks, runs, seen


def markdown(gate: Gate) -> str:
    """One line per cell of a table, behind what concerns the whole."""
    lines = [f"### Gate: {_cell(headline(gate))}", ""]
    lines += [f"- {_cell(sentence)}" for sentence in remarks(gate)]
    heads = ("verdict", "cell", "estimate", "95 % interval", "margin", "would see", "runs", "again")
    lines += ["", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in ordered(gate):
        reason = f" ({row.reason})" if row.reason else ""
        numbers = (*number_words(row), seen(row), runs(row))
        parts = (_cell(f"{row.verdict}{reason}"), _code(row.cell), *map(_cell, numbers))
        lines.append(f"| {' | '.join(parts)} | {_code(row.again)} |")
    warned = [f"- {row.cell}: {text}" for row in ordered(gate) for text in row.warnings]
    lines += ["", "Warnings of runs:", "", *map(_cell, warned)] if warned else []
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that cannot leave its cell of a Markdown table, and is neither link nor tag."""
    inert = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace("](", "]\\(")
    return " ".join(inert.replace("`", "\\`").replace("|", "\\|").split())


def _code(text: str) -> str:
    """The same as code, which it cannot leave."""
    return f"`{printable(text).replace('`', chr(39)).replace('|', chr(92) + '|')}`"


OUTPUT = Output(
    flag="--markdown",
    metavar="FILE",
    help="Append a job summary.",
    text=markdown,
    append=True,
)
