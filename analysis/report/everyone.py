"""What the memory costs the rest of the machine."""

from .block import Chapter, Prose, Section
from .evidence import Evidence
from .table import tables

QUESTION = "everyone"


def chapter(evidence: Evidence) -> Chapter:
    """The tables of this question, or that it was not asked."""
    missing = (
        "Not measured in these records. This chapter is for what secret memory costs everybody "
        "else: splits of the kernel's direct map, misses of the kernel's TLB, slower kernel work, "
        "time taken from the other CPUs, and what stays behind after release."
    )
    blocks = tables(evidence, QUESTION) or (Prose(missing),)
    return Chapter(QUESTION, "What it costs the rest of the machine", (Section("", blocks),))
