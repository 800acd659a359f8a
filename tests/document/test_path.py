# SPDX-License-Identifier: MIT
"""Every file and folder of the tree that a document names is there."""

import re

import pytest

from .document import DOCUMENTS, ROOT, prose_of

# In backticks, below one of these folders: a path, perhaps with a * in it.
PATH = re.compile(r"`((?:bench|analysis|tests|docs|results|LICENSES)/[\w./*-]+)`")
MADE = re.compile(r"/build/")
"""What a build leaves is not part of the tree."""


def paths(text: str) -> list[str]:
    """Return the paths that a text names."""
    return [path for path in PATH.findall(text) if not MADE.search(path)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(document: str) -> None:
    missing = [path for path in paths(prose_of(document)) if not any(ROOT.glob(path.rstrip("/")))]
    assert missing == []


def test_the_documents_that_lead_through_the_tree_name_paths() -> None:
    for document in ("ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md"):
        assert len(paths(prose_of(document))) > 10


def test_a_path_is_told_from_other_words() -> None:
    text = "`bench/core.py`, `bench list`, `results/*/*.xz`, bench/x, `bench/native/build/core`"
    assert paths(text) == ["bench/core.py", "results/*/*.xz"]
