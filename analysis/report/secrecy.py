"""What the memory buys: which ways of reading it are closed."""

from .block import Chapter, Prose, Section
from .evidence import Evidence
from .table import tables

QUESTION = "secrecy"


def chapter(evidence: Evidence) -> Chapter:
    """The tables of this question, or that it was not asked."""
    missing = (
        "Not measured in these records. This chapter is for what secret memory buys: which ways "
        "of reading it are closed, each found out by trying it. Nothing on this page says that "
        "a way is closed."
    )
    blocks = tables(evidence, QUESTION) or (Prose(missing),)
    return Chapter(QUESTION, "What it buys", (Section("", blocks),))
