# SPDX-License-Identifier: MIT
"""Tables of simulated TLBs and caches with known answers. Nothing here was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = [
    "of", "model", "area", "operations", "accesses", "uncached", "misses", "walks", "trips",
]  # fmt: skip
OPERATIONS = 1000


def counted(
    steps: Mapping[str, Mapping[str, tuple[float, float, float]]], user: int = 10
) -> dict[str, Any]:
    """Tables of a run.

    Args:
        steps: Step -> model -> first-level misses, page walks and trips per operation, all of them
            in the direct map by 4K.
        user: As many of each beside, in a process's own memory.
    """
    rows: list[list[Any]] = []
    for step, models in steps.items():
        for model, numbers in models.items():
            per = [100.0, 0.0, *numbers]
            rows.append([step, model, "direct-4k", OPERATIONS, *(n * OPERATIONS for n in per)])
            rows.append([step, model, "user", OPERATIONS, *([user * OPERATIONS] * 5)])
    return {"tlb": {"columns": COLUMNS, "rows": rows}}
