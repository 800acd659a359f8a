# SPDX-License-Identifier: MIT
"""Who lies in split memory, in words."""

from collections.abc import Mapping

from ..result.exposure import Exposure, Rung, Spread
from .quantity import count_span, percent, size

SHOWN: Mapping[str, str] = {
    "page-tables": "page tables of processes",
    "slab": "slab",
    "kernel-stacks": "kernel stacks",
    "vmalloc": "vmalloc",
    "other-kernel": "other kernel pages",
    "free-unmovable": "free, in unmovable blocks",
    "page-cache": "page cache",
    "anonymous": "anonymous memory",
}
"""Kinds that figures and short tables show, in that order -> their names."""

SENTENCE_BYTES = 1 << 20
"""The finding is of the dose that comes nearest to this: the first megabyte does most of it."""

_TOLD = {"page-tables": "the kernel's page tables", "slab": "its slab"}


def name(kind: str) -> str:
    """A kind as people read it."""
    return SHOWN.get(kind, kind.replace("-", " "))


def where(found: Exposure) -> str:
    """Machine and boots: Linux 6.12.95, 2 GiB, emulated, 3 fresh boots a dose."""
    splits = count_span([round(found.splits_before.low), round(found.splits_before.high)])
    boots = f"{found.runs} fresh boot{'s' if found.runs > 1 else ''} a dose"
    if not found.fresh:
        boots = (
            f"{found.runs} run{'s' if found.runs > 1 else ''} on one boot, {splits} splits before"
        )
    memory = f"{found.memory_bytes / (1 << 30):.2g} GiB"
    emulated = ("emulated",) if found.emulated else ()
    return ", ".join((f"Linux {found.kernel}", memory, *emulated, boots))


def share(spread: Spread | None) -> str:
    """A share of one boot, or least to most of several: 12 to 31 %; empty where there is none."""
    if spread is None:
        return ""
    low, high = percent(spread.low), percent(spread.high)
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def counted(spread: Spread | None) -> str:
    """A count of one boot, or least to most of several."""
    return "" if spread is None else count_span([round(spread.low), round(spread.high)])


def told(found: Exposure) -> Rung:
    """The rung of which the finding tells."""
    return min(
        found.rungs,
        key=lambda rung: (
            max(rung.dose_bytes, SENTENCE_BYTES) / min(rung.dose_bytes, SENTENCE_BYTES)
        ),
    )


def subject(found: Exposure) -> str:
    """The finding's first words: The first 1 MiB of secret memory."""
    return f"The first {size(told(found).dose_bytes)} of secret memory"


def finding(found: Exposure) -> str:
    """The rest of the sentence, computed from the numbers."""
    rung = told(found)
    parts = [
        f"{share(rung.reach[kind])} of {words}"
        for kind, words in _TOLD.items()
        if kind in rung.reach
    ]
    return f"put {' and '.join(parts)} into 4K mappings" if parts else "reached nothing counted"


def beside(found: Exposure) -> str:
    """What stands behind it: how it was before, the most that was reached, and who was spared."""
    rung, last = told(found), found.rungs[-1]
    said = []
    if "slab" in rung.before and "page-tables" in rung.before:
        before = f"{share(rung.before['page-tables'])} and {share(rung.before['slab'])}"
        said.append(f"{before} lay there before")
    if last is not rung:
        most = [share(last.held[kind]) for kind in ("page-tables", "slab") if kind in last.held]
        said.append(f"with {size(last.dose_bytes)} {' and '.join(most)}")
    spared = [last.reach[kind].high for kind in ("page-cache", "anonymous") if kind in last.reach]
    if spared:
        said.append(f"of page cache and anonymous memory at most {percent(max(*spared, 0.0))} more")
    return "; ".join(said)
