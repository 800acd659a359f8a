# SPDX-License-Identifier: MIT
"""Advice for three kinds of user, computed from the figures of this very report."""

from ..advice import words
from ..advice.rule import CASES, Advice, Amount, advise
from .block import Block, Entry, Grid, Notice, Prose, Tone
from .evidence import Evidence


def advice(evidence: Evidence) -> tuple[Block, ...]:
    """The rule, then for each kind of user the mode, what it costs, and what it leaves open."""
    if not evidence.ways.ranks:
        return ()
    results = evidence.summary.results
    blocks: list[Block] = [Prose(words.RULE)]
    for case in CASES:
        found = advise(results, evidence.ways, case)
        title = f"{case.name}: {words.answer(found)}"
        sentences = (f"{_capital(words.situation(case))}.", *words.reasons(found))
        tone: Tone = "good" if found.chosen else "bad"
        blocks += [Notice(title, sentences, tone=tone), _table(found, evidence)]
    blocks.append(
        Prose(
            "For a case of your own: python -m analysis advise FILE --secrets N "
            "--uses-per-second R, with --must-close WAY for each way that must be closed."
        )
    )
    return tuple(blocks)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _table(found: Advice, evidence: Evidence) -> Grid:
    """Every mode with the numbers that decided, each leading to its runs."""
    rows = []
    for one in found.assessments:
        texts = words.line(one, found.case)
        amounts: tuple[Amount | None, ...] = (one.cpu_share, one.setup_s, one.others_s)
        if found.case.strangers:
            amounts = (one.others_share,)
        anchors = ["", "", *(evidence.anchor(each.cell) if each else "" for each in amounts)]
        anchors += [""] * (len(texts) - len(anchors))
        tone: Tone = "strong" if one.standing == "chosen" else ""
        first, *rest = zip(texts, anchors, strict=True)
        rows.append((Entry(first[0], tone=tone), *(Entry(text, anchor) for text, anchor in rest)))
    caption = f"{found.case.name}: every mode, and the numbers that decided"
    return Grid(caption, words.headings(found.case), tuple(rows), folded=True)
