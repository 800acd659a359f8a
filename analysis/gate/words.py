# SPDX-License-Identifier: MIT
"""What a gate found in words: each number of a cell, and what concerns the whole."""

from collections.abc import Mapping

from ..words.effect import shift_words
from ..words.quantity import times
from .verdict import VERDICTS, Basis, CellVerdict, Gate

BASES: Mapping[Basis, str] = {
    "control": "modes against their controls",
    "baseline": "ratios to the control against those of a baseline",
    "pairs": "side B against side A, pair by pair",
    "absolute": "ABSOLUTE times against a baseline: for information, no verdict",
}


def headline(gate: Gate) -> str:
    """The verdict on the whole in one line, and how much of the baseline it is about."""
    counts = ", ".join(f"{count} {name}" for name, count in gate.counts.items() if count)
    gone = len(gate.removed) + len(gate.unasked)
    missing = f"; {gone} of the baseline's {gate.baseline_cells} cells not measured" if gone else ""
    return f"{gate.verdict}: {counts or 'no cell judged'} ({BASES[gate.basis]}){missing}"


def remarks(gate: Gate) -> list[str]:
    """All that concerns the whole, one sentence each; nothing is left out in silence."""
    again = "" if gate.attempt == 1 else f" (measured {gate.attempt} times, so held more strictly)"
    found = [
        (
            f"false alarms over {gate.family} cells together{again}: at most "
            f"{100 * gate.alpha:g} %; a regression takes at least {gate.fewest_runs} runs to show"
        ),
    ]
    found += [gate.assumption] if gate.assumption else []
    found += [f"under test: {each}" for each in gate.under_test]
    found += [f"added, not in the baseline: {name}" for name in gate.added]
    found += [f"removed, only in the baseline: {name}" for name in gate.removed]
    found += [f"left out on purpose: {len(gate.unasked)} cells"] if gate.unasked else []
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


def seen(row: CellVerdict) -> str:
    """The smallest effect that would have been called regressed."""
    if row.kind == "count":
        return "any"
    if row.smallest_seen is None:
        return "nothing"
    if row.kind == "ratio":
        return f"{100 * row.smallest_seen:.3g} %"
    return _shift(row, row.smallest_seen).lstrip("+")


def ordered(gate: Gate) -> list[CellVerdict]:
    """Cells by verdict, the worst first."""
    return sorted(gate.cells, key=lambda row: (VERDICTS.index(row.verdict), -_size(row)))


def sentence(row: CellVerdict) -> str:
    """One cell in one line, with what its runs warned of."""
    reason = f" ({row.reason})" if row.reason else ""
    number, between, wanted = number_words(row)
    warned = "".join(f"; warning: {text}" for text in row.warnings)
    return (
        f"{row.verdict}{reason}: {number} {between}, margin {wanted}, would have seen {seen(row)}, "
        f"runs {runs(row)}{warned}"
    )


def number_words(row: CellVerdict) -> tuple[str, str, str]:
    """Estimate, interval and margin."""
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
