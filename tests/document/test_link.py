# SPDX-License-Identifier: MIT
"""Links between the documents lead somewhere."""

import re

import pytest

from .document import DOCUMENTS, ROOT, prose_of, text_of

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
METHOD = [
    each
    for each in DOCUMENTS
    if each.startswith(("METHODOLOGY", "docs/method/", "results/reference/"))
]
OLD_ANCHORS = (
    "what-stands-behind-one-number",
    "sampling",
    "the-process-that-measures",
    "the-owners-metrics",
    "backing",
    "carry-over-between-the-arms",
    "placement",
    "splits",
    "what-the-first-touch-of-secret-memory-waits-for",
    "what-it-costs-everyone-else",
    "uncached-what-it-is-and-where-it-may-be-measured",
    "guests-on-other-kernels",
    "guests-that-need-python",
    "what-it-buys",
    "secrecy-level-weight-frontier-advice",
    "noise-duets-against-separate-processes",
    "the-gate",
    "shown-by-numbers",
    "baselines-and-history",
    "held-against-a-public-tool",
    "where-these-measurements-differ-from-what-was-known",
    "figures-here-that-no-record-stands-behind",
    "limits-of-the-reference-results",
)
"""Sections that METHODOLOGY.md once had: links from elsewhere lead there."""


def anchors(document: str) -> set[str]:
    """Return what a link into a document may name: its headings as GitHub spells them, and ids."""
    text = prose_of(document)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    spelled = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return spelled | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(document: str) -> None:
    broken = []
    for target, anchor in LINK.findall(prose_of(document)):
        path = (ROOT / document).parent / target if target else ROOT / document
        name = str(path.resolve().relative_to(ROOT.resolve()))
        if not path.exists() or (anchor and anchor not in anchors(name)):
            broken.append(f"{target}#{anchor}")
    assert broken == []


def test_old_links_into_methodology_still_lead_there() -> None:
    assert set(OLD_ANCHORS) <= anchors("METHODOLOGY.md")


@pytest.mark.parametrize("document", METHOD)
def test_the_method_has_no_table_left_to_fill(document: str) -> None:
    assert not re.findall(r"\b[A-Z]{4,}$", text_of(document), re.MULTILINE)
