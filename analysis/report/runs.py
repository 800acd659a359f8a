# SPDX-License-Identifier: MIT
"""What stands behind each number: the runs of its cell, their file, and how to print them."""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import starmap

import numpy as np

from ..read.campaigns import RecordFile
from ..read.record import Metric, RegionPlacement, Run, Scalar
from ..result.cell import CellResult
from ..result.effect import effect_of
from ..result.note import span
from ..secrecy.matrix import is_way
from ..stats.array import FloatArray
from ..words.effect import rests_words
from ..words.quantity import parameter, percent, quantity
from ..words.row import notes
from .block import Block, Chapter, Prose, RunTable, Section
from .evidence import Evidence
from .secrecy_proof import proof


def chapter(evidence: Evidence) -> Chapter:
    """One table per cell and record file, to be opened by the links of the numbers."""
    intro = (
        "One table per cell. Each run is a fresh process and counts once; values are its medians. "
        "The command prints every raw value of the cell, also where not all runs are listed, since "
        "the page would be too long."
    )
    runs = {file.label: _by_cell(file) for file in evidence.campaigns.files}
    files = [Prose(f"{file.path.name}: sha256 {file.sha256}") for file in evidence.campaigns.files]
    sections = [Section("", (Prose(intro), *files))]
    results = evidence.summary.results
    tried: list[Block] = []
    for metric in dict.fromkeys(row.metric for row in results):
        if is_way(metric):
            tried.append(proof(metric, evidence))
            continue
        run_tables = [
            _run_table(file, row, evidence, runs[file.label].get(row.cell, []))
            for row in results
            if row.metric == metric
            for file in evidence.campaigns.files
            if row.cell in file.cells
        ]
        sections.append(Section(metric, tuple(run_tables)))
    if tried:
        sections.append(Section("Ways in, and what was seen", tuple(tried)))
    return Chapter("runs", "Behind the numbers: run by run", tuple(sections))


def shortened(chapter: Chapter, runs: int) -> Chapter:
    """The chapter with at most so many runs per table, which say how many are left out."""

    def cut(block: Block) -> Block:
        if not isinstance(block, RunTable) or len(block.rows) <= runs:
            return block
        left_out = block.left_out + len(block.rows) - runs
        return replace(block, rows=block.rows[:runs], left_out=left_out)

    sections = [replace(each, blocks=tuple(map(cut, each.blocks))) for each in chapter.sections]
    return replace(chapter, sections=tuple(sections))


def _by_cell(file: RecordFile) -> Mapping[str, list[Run]]:
    """Runs of each cell in their order."""
    found: dict[str, list[Run]] = {}
    for run in file.runs:
        found.setdefault(run.cell, []).append(run)
    return found


def _run_table(
    file: RecordFile, row: CellResult, evidence: Evidence, runs: Sequence[Run]
) -> RunTable:
    """One cell in one file."""
    metric = file.campaign.metrics[row.metric]
    place = row.campaigns.index(file.label)
    anchor = evidence.anchor(row.cell) + (f"-{place}" if place else "")
    facts = (
        *((("parameters", ", ".join(starmap(_given, row.params.items()))),) if row.params else ()),
        *_rests(row),
        *(("note", text) for text in notes(row)),
        *((name.replace("_", " "), text) for name, text in _notes(runs).items()),
    )
    several = f" in {file.label}" if len(row.campaigns) > 1 else ""
    return RunTable(
        anchor=anchor,
        title=f"{evidence.title(row)}{several}",
        facts=facts,
        columns=(
            "run",
            row.mode,
            row.control or "no control",
            "difference" if row.loss else "ratio",
            "dropped",
            "2M blocks",
            "next follows",
            "status",
        ),
        rows=tuple(_line(run, metric) for run in runs),
        command=f"python -m analysis values {shlex.quote(row.cell)} {shlex.quote(file.path.name)}",
    )


def _rests(row: CellResult) -> tuple[tuple[str, str], ...]:
    """What the interval rests on, and how fine the timer is beside it."""
    if row.effect is None:
        return ()
    on, step = row.effect.rests_on, row.effect.resolution
    found = [("interval rests on", rests_words(on))] if on else []
    if step:
        said = quantity(step, row.unit) if row.loss else percent(step)
        found.append(("one step of the timer", said))
    return tuple(found)


def _given(name: str, value: float | str) -> str:
    """One parameter with its name, where the value does not say it: order line-random, 9 slices."""
    words, text = name.replace("_", " "), parameter(name, value)
    return text if words.removesuffix("s") in text else f"{words} {text}"


def _notes(runs: Sequence[Run]) -> Mapping[str, str]:
    """The runs' own findings: the text if all agree, else the distinct texts or the range."""
    found: dict[str, list[Scalar]] = {}
    for run in runs:
        for name, value in run.notes.items():
            found.setdefault(name, []).append(value)
    return {name: _span_words(values, len(runs)) for name, values in found.items()}


def _span_words(values: list[Scalar], runs: int) -> str:
    """Distinct values in words, with how many of the runs had one."""
    text = span(values)
    return text if len(values) == runs else f"{text} (in {len(values)} of {runs} runs)"


def _line(run: Run, metric: Metric) -> tuple[str, ...]:
    """One run: its medians, their ratio, placement as mode / control, how it ended."""
    treatment, control = run.values.treatment, run.values.control
    here, there = run.placement.treatment, run.placement.control
    status = run.status if run.status == "ok" else f"{run.status}: {run.reason}"
    return (
        str(run.run),
        _median(treatment, metric.unit),
        _median(control, metric.unit),
        _effect(run, metric),
        str(run.dropped),
        _placed(here, there, "blocks_2m"),
        _placed(here, there, "next_follows"),
        "; ".join((status, *run.warnings)),
    )


def _effect(run: Run, metric: Metric) -> str:
    """How the two arms of a run compare; empty where there is one arm only."""
    if not run.values.treatment.size or not run.values.control.size:
        return ""
    effect = effect_of(run, metric)
    if metric.effect == "difference":
        return quantity(effect, metric.unit)
    return "-" if math.isnan(effect) else f"{math.exp(effect):.5g}x"


def _median(values: FloatArray, unit: str) -> str:
    """Median of one arm."""
    return quantity(float(np.median(values)), unit) if values.size else "-"


def _placed(here: RegionPlacement | None, there: RegionPlacement | None, name: str) -> str:
    """One fact of the placement: of the mode / of the control."""
    sides = [f"{getattr(side, name):g}" if side else "-" for side in (here, there)]
    return " / ".join(sides) if here or there else "-"
