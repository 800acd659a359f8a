# SPDX-License-Identifier: MIT
"""Victims in words."""

from collections.abc import Sequence

from ..result.victim import DOSE, Victim
from .row import params_words

_UNSAID = {"victim", "ballast_max_bytes", "block_pages", "secret_bytes", "slices"}
_OF = {"family": "socket", "work": "page-tables"}
"""Parameter of `victim-dose` -> the one victim that has it."""


def victim_words(victim: Victim, names: Sequence[str]) -> str:
    """A victim in words: packet-ring, 3584 pages.

    Args:
        victim: Which.
        names: Parameters that tell the cells of its metric apart.
    """
    told = [name for name in names if _OF.get(name, victim.name) == victim.name]
    said = params_words(victim.row, [name for name in told if name not in _UNSAID])
    holes = victim.row.metric == DOSE and victim.row.params.get("ballast_max_bytes", 0)
    return ", ".join(part for part in (victim.name, said, "into holes" if holes else "") if part)
