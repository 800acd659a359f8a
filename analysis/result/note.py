# SPDX-License-Identifier: MIT
"""What the runs of a cell noted or said, put together."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest

from ..read.record import Run, Scalar
from .cell import CellResult

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def noted(row: CellResult, fact: str) -> str:
    """What the runs noted of a fact, once each."""
    return "; ".join(dict.fromkeys(str(value) for value in row.notes.get(fact, ())))


def numbers(row: CellResult, fact: str) -> list[float]:
    """The numbers that the runs noted of a fact, in their order."""
    return [value for value in row.notes.get(fact, ()) if isinstance(value, int | float)]


def span(values: Sequence[Scalar]) -> str:
    """What runs noted: the value if all agree, least to most of numbers, else distinct values."""
    distinct = list(dict.fromkeys(values))
    known = [v for v in distinct if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(known) == len(distinct) > 1:
        return f"{min(known):.10g} to {max(known):.10g}"
    shown = ["yes" if v is True else "no" if v is False else str(v) for v in distinct[:4]]
    return ", ".join(shown) + (", ..." if len(distinct) > 4 else "")


def together(texts: Iterable[str]) -> dict[str, int]:
    """How often each sentence occurs; those that differ in numbers only, as `31 to 109 %`, once."""
    alike: dict[str, list[str]] = {}
    for text in texts:
        alike.setdefault(_NUMBER.sub("0", text), []).append(text)
    found = {}
    for group in alike.values():
        columns = zip(*map(_NUMBER.findall, group), strict=True)
        spans = [
            column[0] if len(set(column)) == 1 else span([float(number) for number in column])
            for column in columns
        ]
        words = _NUMBER.split(group[0])
        found["".join(chain(*zip_longest(words, spans, fillvalue="")))] = len(group)
    return found


def said_by_runs(runs: Sequence[Run]) -> tuple[str, ...]:
    """Each sentence that runs recorded, once, with how many said it; first how many failed."""
    failed = sum(run.status == "failed" for run in runs)
    ended = failed + sum(run.status == "ok" for run in runs)
    warnings = [f"{failed} of {ended} runs failed"] if failed else []
    said = together(text for run in runs for text in dict.fromkeys(run.warnings))
    return (*warnings, *(f"{count} of {len(runs)} runs: {text}" for text, count in said.items()))
