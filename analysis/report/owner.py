# SPDX-License-Identifier: MIT
"""What the memory costs its owner: findings first, then figures, then tables."""

from ..summary.summary import SPLITS
from ..words.row import params_words
from .block import Block, Chapter, Entry, Grid, Headlines, Notice, Prose, Section
from .cell_table import tables
from .evidence import SUBJECT, Evidence
from .owner_headlines import headlines
from .owner_trips import TITLE as TRIPS
from .owner_trips import blocks as trips
from .owner_trips import trips_headlines

QUESTION = "owner"
BOOT = (
    "Hot access and first touch depend on what this boot has been through: secret pages come from "
    "blocks that were split earlier, and where pages lie changes their access time by a few "
    "percent. So these numbers hold for this boot in this state, and are no general claim about "
    "secret memory."
)
PLACED = ("access-latency", "first-touch")
"""Metrics that depend on where the pages lie and on earlier splits of the direct map."""


def chapter(evidence: Evidence) -> Chapter:
    """Findings with their conditions, figures, and a table per metric."""
    simulated = trips(evidence)
    return Chapter(
        "owner",
        "What the memory costs its owner",
        (
            Section("", _findings(evidence)),
            Section("What these numbers hold for", _conditions(evidence)),
            *((Section(TRIPS, simulated),) if simulated else ()),
            Section("Figures", evidence.pictures(QUESTION)),
            Section("Tables", tables(evidence, QUESTION)),
        ),
    )


def _findings(evidence: Evidence) -> tuple[Block, ...]:
    """The headlines, or why there are none."""
    lines = (*headlines(evidence), *trips_headlines(evidence))
    if not lines:
        text = f"No time of {SUBJECT} was measured in these records; what was is below."
        return (Prose(text),)
    how = (
        f"Costs of {SUBJECT} memory with the control measured beside it in the same process. In "
        "brackets: 95 % intervals over runs. Each number leads to the runs behind it."
    )
    return Prose(how), Headlines(lines)


def _conditions(evidence: Evidence) -> tuple[Block, ...]:
    """State of the boot and placement, without which the numbers say nothing in general."""
    sentences = [BOOT]
    for file in evidence.summary.files:
        for counter, name in SPLITS.items():
            if counter in file.splits:
                moved = file.splits_moved.get(counter)
                during = f", {moved:,} more during it" if moved is not None else ""
                label = f"{file.label}, {name}" if len(evidence.summary.files) > 1 else name
                sentences.append(
                    f"{label[0].upper()}{label[1:]}: {file.splits[counter]:,} since boot when the "
                    f"campaign began{during}."
                )
    sentences += _pool(evidence)
    title = "One boot, one state: no general claim"
    return Notice(title, tuple(sentences), tone=""), *_placement(evidence)


def _pool(evidence: Evidence) -> list[str]:
    """Say where class runs met no page that splits the direct map."""
    said = [
        f"{evidence.title(row)}: {text}."
        for row in evidence.summary.results
        for text in row.warnings
        if "pool not exhausted" in text
    ]
    return list(dict.fromkeys(said))


def _placement(evidence: Evidence) -> tuple[Grid, ...]:
    """Blocks and neighbours of both arms."""
    rows = []
    for row in evidence.summary.results:
        here, there = row.placement.treatment, row.placement.control
        if row.metric not in PLACED or here is None:
            continue
        rows.append(
            (
                Entry(f"{row.metric}, {params_words(row, evidence.names(row.metric))}"),
                Entry(row.mode, evidence.anchor(row.cell)),
                Entry(f"{here.pages:.0f}"),
                Entry(f"{here.blocks_2m:.0f}"),
                Entry(f"{100 * here.next_follows:.0f} %"),
                Entry(row.control or ""),
                Entry(f"{there.blocks_2m:.0f}" if there else "-"),
                Entry(f"{100 * there.next_follows:.0f} %" if there else "-"),
            )
        )
    head = ("2M blocks", "next follows")
    columns = ("cell", "mode", "pages", *head, "control", *head)
    caption = (
        "Physical placement: distinct blocks of 2 MiB, and the share of pages whose next frame "
        "follows (medians over runs)"
    )
    return (Grid(caption, columns, tuple(rows), folded=True),) if rows else ()
