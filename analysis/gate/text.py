# SPDX-License-Identifier: MIT
"""A gate as the terminal shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .words import headline, number_words, ordered, remarks, runs, seen

if TYPE_CHECKING:
    from ..output.page import Page
    from .verdict import Gate


def text(gate: Gate, page: Page) -> str:
    """The terminal's table: every cell, and below each the command that measures it again."""
    page.text(headline(gate), style="bold")
    for file in gate.files:
        page.name(f"{file.role}: {file.path} (plan {file.plan}, {file.created})", indent=2)
    for sentence in remarks(gate):
        page.name(sentence, indent=2)
    page.text()
    heads = ("verdict", "estimate", "95 % interval", "margin", "would see", "runs", "cell")
    rows = [
        (row.verdict, *number_words(row), seen(row), runs(row), row.cell) for row in ordered(gate)
    ]
    page.table([heads, *rows], (), indent=0)
    page.text()
    for row in ordered(gate):
        if row.reason:
            page.name(f"{row.cell}: {row.reason}")
        for warning in row.warnings:
            page.name(f"warning: {row.cell}: {warning}", indent=2 if row.reason else 0)
        page.name(f"again: {row.again}", indent=2 if row.reason else 0)
    return str(page)
