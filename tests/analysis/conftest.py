# SPDX-License-Identifier: MIT
"""Synthetic records that several tests read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .recording import Synthetic, SyntheticCell, write

if TYPE_CHECKING:
    from pathlib import Path

SMALL: dict[str, int | str] = {"len_bytes": 16384, "order": "line-random", "slices": 20}
LARGE: dict[str, int | str] = {"len_bytes": 1 << 26, "order": "line-random", "slices": 20}
REAL_TIME = "no permission for real-time scheduling: goes on without"


def cells() -> list[SyntheticCell]:
    """One of everything that a campaign may hold."""
    return [
        SyntheticCell("access-latency", "memfd", "memfd", SMALL, noise=0.001),
        SyntheticCell("access-latency", "secret", "memfd", SMALL, ratio=1.25, noise=0.001),
        SyntheticCell("access-latency", "anon", "memfd", SMALL, noise=0.001, warnings=[REAL_TIME]),
        SyntheticCell("access-latency", "memfd", "memfd", LARGE, 1.7e-7, noise=0.001),
        SyntheticCell(
            "access-latency", "secret", "memfd", LARGE, 1.7e-7, noise=0.1, runs=5, stop="budget"
        ),
        SyntheticCell("bandwidth", "secret", "memfd", {"op": "read"}, 8e9, 0.8, 0.001),
        SyntheticCell("bandwidth", "memfd", "memfd", {"op": "read"}, 8e9, 1.0, 0.001),
        SyntheticCell("first-touch", "secret", "memfd", {"classes": "off"}, 2e-6, 5.3, 0.02),
        SyntheticCell(
            "first-touch", "secret", "memfd", {"classes": "on"}, 2e-6, 5, classes=[0, 0, 0, 1, 2]
        ),
        SyntheticCell(
            "create", "hugetlb", "memfd", status="unsupported", reason="none reserved", runs=1
        ),
        SyntheticCell(
            "create", "anon", "memfd", status="failed", reason="killed: \x1b[31mboom", runs=1
        ),
        SyntheticCell("lock-limit", "secret", None, base=3, notes={"rule": "one shared limit"}),
    ]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A synthetic record with one of everything."""
    unsupported = {"hugetlb": "no huge pages are reserved"}
    return write(tmp_path / "synthetic.jsonl", Synthetic(cells(), unsupported=unsupported))
