# SPDX-License-Identifier: MIT
"""Tables of a census of the direct map with known answers. Nothing here was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = [
    "arm", "step", "dose_bytes", "kind", "absent", "mapped_4k", "mapped_2m", "mapped_1g",
]  # fmt: skip
DOSES = ["arm", "dose_bytes", "splits_2m", "splits_1g", "page_table_bytes", "blocks_2m"]
# Of these the kernel maps by 4K before any dose; all have 100 pages.
BEFORE = {"page-tables": 10, "slab": 20, "page-cache": 1, "anonymous": 0}


def ladder(rungs: Mapping[int, tuple[int, int]]) -> dict[str, Any]:
    """Tables of a run.

    Args:
        rungs: Dose -> pages of the page tables in 4K with it (of 100), and splits; slab gets half
            as many. The control moves nothing.
    """
    rows, doses = [], []
    for arm in ("control", "treatment"):
        rows += _census(arm, "before", 0, BEFORE)
        moved = BEFORE
        for dose_bytes, (pages, splits) in rungs.items():
            if arm == "treatment":
                moved = {**BEFORE, "page-tables": pages, "slab": max(20, pages // 2)}
            made = splits if arm == "treatment" else 0
            rows += _census(arm, "held", dose_bytes, moved)
            doses.append([arm, dose_bytes, made, 0, made * 4096, max(1, made)])
        rows += _census(arm, "released", max(rungs), moved)
    return {
        "exposure": {"columns": COLUMNS, "rows": rows},
        "doses": {"columns": DOSES, "rows": doses},
    }


def _census(arm: str, step: str, dose_bytes: int, small: Mapping[str, int]) -> list[list[Any]]:
    rows: list[list[Any]] = [
        [arm, step, dose_bytes, kind, 0, pages, 100 - pages, 0] for kind, pages in small.items()
    ]
    rows.append([arm, step, dose_bytes, "deferred", 0, 0, 0, 1_000_000])
    rows.append([arm, step, dose_bytes, "no-memory", 0, 98, 0, 0])
    if (arm, step) == ("treatment", "held"):
        rows.append([arm, step, dose_bytes, "secret", dose_bytes // 4096, 0, 0, 0])
    return rows
