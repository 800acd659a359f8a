"""A gate's findings for people and for the machines of a CI."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ..output.printable import printable
from ..words.effect import shift_words
from ..words.quantity import times
from .verdict import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..output.page import Page
    from .verdict import CellVerdict, Gate, Verdict

ANNOTATIONS = 10
"""Most that GitHub shows of one type and step; of more it drops any, so the worst are chosen.
https://docs.github.com/en/actions/reference/limits"""

WAYS = {
    "control": "modes against their controls",
    "baseline": "ratios to the control against those of a baseline",
    "pairs": "side B against side A, pair by pair",
    "absolute": "ABSOLUTE times against a baseline: for information, no verdict",
}

_LEVELS: dict[Verdict, str] = {
    "regressed": "error",
    "inconclusive": "warning",
    "improved": "notice",
}


def headline(gate: Gate) -> str:
    """The verdict on the whole in one line."""
    counts = ", ".join(f"{count} {name}" for name, count in gate.counts.items() if count)
    return f"{gate.verdict}: {counts or 'no cell judged'} ({WAYS[gate.way]})"


def remarks(gate: Gate) -> list[str]:
    """All that concerns the whole, one sentence each; nothing is left out in silence."""
    found = [
        (
            f"false alarms over {gate.family} cells together: at most {100 * gate.alpha:g} %; "
            f"a regression takes at least {gate.fewest_runs} runs to show"
        )
    ]
    found += [
        f"under test: {each.fact}: {each.values[0]} against {each.values[1]}"
        for each in gate.under_test
    ]
    found += [f"added, not in the baseline: {name}" for name in gate.added]
    found += [f"removed, only in the baseline: {name}" for name in gate.removed]
    found += [f"ignored: {each.cell}: {each.reason}" for each in gate.ignored]
    known = {*gate.added}
    found += [
        f"not judged: {each.cell}: {each.reason}"
        for each in gate.left_out
        if each.cell not in known
    ]
    return [*found, *gate.warnings]


def estimate(row: CellVerdict) -> str:
    """`1.104x`, `+9.06 us`, or a count with that of the baseline."""
    if row.estimate is None:
        return "-"
    if row.kind == "count":
        return f"{row.estimate:.12g} (was {row.baseline:.12g})"
    return _number(row, row.estimate)


def _number(row: CellVerdict, number: float) -> str:
    if row.kind == "count":
        return f"{number:.12g}"
    return times(number) if row.kind == "ratio" else _shift(row, number)


def interval(row: CellVerdict) -> str:
    """`[1.092x, 1.117x]`; a dash where there is none."""
    if row.low is None or row.high is None:
        return "-"
    low, high = _number(row, row.low), _number(row, row.high)
    return f"[{low}, {high}]"


def margin(row: CellVerdict) -> str:
    """The smallest effect of interest, or a count's tolerance."""
    if row.margin is None:
        return "-"
    if row.kind == "ratio":
        return f"{100 * row.margin:.3g} %"
    return f"{row.margin:.12g}" if row.kind == "count" else _shift(row, row.margin).lstrip("+")


def runs(row: CellVerdict) -> str:
    """Runs used, and how many more would decide."""
    more = f", about {row.further_runs} more would decide" if row.further_runs else ""
    return f"{row.runs}{more}"


def ordered(gate: Gate) -> list[CellVerdict]:
    """Cells by verdict, the worst first."""
    return sorted(gate.cells, key=lambda row: (VERDICTS.index(row.verdict), -_size(row)))


def text(gate: Gate, page: Page) -> str:
    """The terminal's table: every cell, and below each the command that measures it again."""
    page.text(headline(gate), style="bold")
    for file in gate.files:
        page.name(f"{file.role}: {file.path} (plan {file.plan}, {file.created})", indent=2)
    for sentence in remarks(gate):
        page.name(sentence, indent=2)
    page.text()
    heads = ("verdict", "estimate", "95 % interval", "margin", "runs", "cell")
    rows = [(row.verdict, *_numbers(row), runs(row), row.cell) for row in ordered(gate)]
    page.table([heads, *rows], (), indent=0)
    page.text()
    for row in ordered(gate):
        if row.reason:
            page.name(f"{row.cell}: {row.reason}")
        page.name(f"again: {row.again}", indent=2 if row.reason else 0)
    return str(page)


def markdown(gate: Gate) -> str:
    """A section for a job summary."""
    lines = [f"### Gate: {_cell(headline(gate))}", ""]
    lines += [f"- {_cell(sentence)}" for sentence in remarks(gate)]
    lines += ["", "| verdict | cell | estimate | 95 % interval | margin | runs | again |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for row in ordered(gate):
        reason = f" ({row.reason})" if row.reason else ""
        parts = (f"{row.verdict}{reason}", f"`{row.cell}`", *_numbers(row), runs(row))
        lines.append(f"| {' | '.join(map(_cell, parts))} | `{_cell(row.again)}` |")
    return "\n".join(lines) + "\n"


def junit(gate: Gate) -> str:
    """JUnit XML: one test case per cell, a regression is a failure, a doubt is skipped."""
    suite = ET.Element(
        "testsuite",
        name=f"gate ({WAYS[gate.way]})",
        tests=str(len(gate.cells)),
        failures=str(gate.counts["regressed"]),
        errors="0",
        skipped=str(gate.counts["inconclusive"]),
    )
    for row in gate.cells:
        case = ET.SubElement(suite, "testcase", classname=row.metric, name=printable(row.cell))
        said = printable(sentence(row))
        if row.verdict == "regressed":
            ET.SubElement(case, "failure", message=said, type="regressed").text = printable(
                row.again
            )
        elif row.verdict == "inconclusive":
            ET.SubElement(case, "skipped", message=said)
        ET.SubElement(case, "system-out").text = f"{said}\nagain: {printable(row.again)}"
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def github(gate: Gate) -> list[str]:
    """Workflow commands for annotations: of each type the ten worst cells."""
    lines = []
    for verdict, level in _LEVELS.items():
        worst = [row for row in ordered(gate) if row.verdict == verdict][:ANNOTATIONS]
        for row in worst:
            title = _property(f"{row.verdict}: {row.cell}")
            lines.append(f"::{level} title={title}::{_data(f'{sentence(row)}; {row.again}')}")
    return lines


def sentence(row: CellVerdict) -> str:
    """One cell in one line."""
    reason = f" ({row.reason})" if row.reason else ""
    number, between, wanted = _numbers(row)
    return f"{row.verdict}{reason}: {number} {between}, margin {wanted}, runs {runs(row)}"


def _numbers(row: CellVerdict) -> tuple[str, str, str]:
    return estimate(row), interval(row), margin(row)


def _shift(row: CellVerdict, number: float) -> str:
    from ..stats.interval import Interval  # noqa: PLC0415

    nan = float("nan")
    return shift_words(Interval(number, nan, nan, 0.0, 0), row.unit)


def _size(row: CellVerdict) -> float:
    """How far a cell is out, in margins."""
    if row.estimate is None or row.margin is None:
        return 0.0
    start = {"ratio": 1.0, "count": row.baseline or 0.0}.get(row.kind, 0.0)
    return abs(row.estimate - start) / (row.margin or 1.0)


def _cell(text_: str) -> str:
    """Text that cannot leave its cell of a Markdown table."""
    return " ".join(printable(text_).replace("|", "\\|").split())


def _data(text_: str) -> str:
    """Escapes of a workflow command's message (github.com/actions/toolkit, command.ts).

    Line breaks are escaped already, as all is that cannot be printed.
    """
    return printable(text_).replace("%", "%25")


def _property(text_: str) -> str:
    return _data(text_).replace(":", "%3A").replace(",", "%2C")


def everything(gate: Gate, page: Page, *, annotate: bool) -> Sequence[str]:
    """What goes to stdout where no JSON is asked for."""
    lines = [f"{line}\n" for line in github(gate)] if annotate else []
    return [text(gate, page), *lines]


def complaints(gate: Gate) -> list[str]:
    """What stands in the way of a verdict, one line each, for stderr."""
    found = []
    short = [row for row in gate.cells if row.kind != "count" and row.verdict == "inconclusive"]
    few = [row for row in short if 0 < row.runs < gate.fewest_runs]
    if few:
        found.append(
            f"{len(few)} of {len(gate.cells)} cells have too few runs (least {few[0].runs}) to "
            f"show a regression among {gate.family}: {gate.fewest_runs} are needed; measure more"
        )
    for names, where in ((gate.added, "the candidate"), (gate.removed, "the baseline")):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            found.append(f"only in {where}: {names[0]}{more}: record a new baseline of this plan")
    numberless = [row for row in short if "no run with a ratio" in row.reason]
    if numberless:
        found.append(f"{numberless[0].cell}: {numberless[0].reason}: measure it again")
    return found
