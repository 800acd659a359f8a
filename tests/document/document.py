# SPDX-License-Identifier: MIT
"""The documents of the project, and what is marked in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "results/*.md", "results/reference/*.md")
    for path in ROOT.glob(pattern)
)
"""Their paths from the root."""

BLOCK = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block of code: its language, the rest of that line, what it holds."""


def text_of(document: str) -> str:
    """Return the text of a document."""
    return (ROOT / document).read_text()


def prose_of(document: str) -> str:
    """Return the text of a document without its blocks of code."""
    return BLOCK.sub("", text_of(document))


def files_in(document: str) -> dict[str, str]:
    """Return the blocks of a document that are marked as a file, by its path."""
    marked = [(re.search(r"file=(\S+)", m[2]), m[3]) for m in BLOCK.finditer(text_of(document))]
    return {mark[1]: body for mark, body in marked if mark}


def command_blocks(document: str) -> list[str]:
    """Return the shell blocks of a document that are not marked as slow."""
    found = BLOCK.finditer(text_of(document))
    return [m[3] for m in found if m[1] == "sh" and "slow" not in m[2]]
