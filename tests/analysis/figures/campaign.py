# SPDX-License-Identifier: MIT
"""A synthetic campaign with data for every figure, whose answers are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from analysis.read.load import load

from ..exposures import ladder
from ..recording import Synthetic, SyntheticCell, write
from ..simulations import counted
from ..ways import owner, ways

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from analysis.read.campaigns import Campaigns

FIRST_TOUCH_RATIO = 5.2
LOSS_S = 9e-6
REACH: dict[str, int | str] = {"processes": 4, "limit_bytes": 8 << 20}
REACHED = {
    "rule": "per process: each gets the whole limit", "most_processes": 95000, "splits_2m": 61,
    "unsplit_2m_blocks": 12000,
}  # fmt: skip
STAGES = {"marked": False, "share of zeroing": 0.3, "share of flush: send": 0.7}
MODELS = {step: {"a": (2.0, 0.1, 0.0)} for step in ("control", "treatment", "after")}
GAPS = "200 ns: 30, 800 ns: 4, 3200 ns: 5000, 12800 ns: 2, 51200 ns: 0"
BANDWIDTH_RATIO = 0.5
Params: TypeAlias = dict[str, int | str]
HOSTILE = "<script>alert(1)</script>\"'&$x^{\x01"
"""Markup, quotes, an entity, unbalanced mathematics and a control character."""

_TOUCH: Params = {"backing": "host-backed", "pages": 200, "threads": 1}
_CLASSES = [0] * 190 + [1] * 9 + [2]


def cells() -> list[SyntheticCell]:
    """At least one cell for every figure, A/A cells among them."""
    return [*_latency(), *_width(), *_touch(), *_rest(), *everyone(), *ways(), *owner()]


def campaigns(folder: Path, chosen: Sequence[SyntheticCell] | None = None) -> Campaigns:
    """The given cells, or all, as a loaded record file."""
    record = Synthetic(cells() if chosen is None else chosen)
    return load([write(folder / "synthetic.jsonl", record)])


def _latency() -> list[SyntheticCell]:
    sizes = {16384: 1.1e-9, 1 << 20: 9e-9, 1 << 26: 1.7e-7}
    ratios = {"memfd": 1.0, "secret": 1.03, "anon": 1.0}
    found = [
        SyntheticCell(
            "access-latency",
            mode,
            "memfd",
            {"len_bytes": size, "order": "line-random"},
            base,
            ratio,
            0.002,
        )
        for size, base in sizes.items()
        for mode, ratio in ratios.items()
    ]
    beside: Params = {"len_bytes": 16384, "order": "line-random"}
    found += [
        SyntheticCell("access-latency", mode, "packet-ring", beside, 1.1e-9, 1.0, 0.002)
        for mode in ("packet-ring", "secret")
    ]
    return found


def _width() -> list[SyntheticCell]:
    return [
        SyntheticCell(
            "access-width", mode, "memfd", {"op": op, "width_bytes": width}, 3e-10, ratio, 0.002
        )
        for op in ("load", "store")
        for width in (1, 8, 64)
        for mode, ratio in {"memfd": 1.0, "secret": 1.0, "secret-flushed": 600.0}.items()
    ]


def _touch() -> list[SyntheticCell]:
    timed: Params = {**_TOUCH, "classes": "off"}
    by_class: Params = {**_TOUCH, "classes": "on"}
    return [
        SyntheticCell("first-touch", "memfd", "memfd", timed, 2.2e-6, noise=0.02, values=200),
        SyntheticCell(
            "first-touch", "secret", "memfd", timed, 2.2e-6, FIRST_TOUCH_RATIO, 0.02, values=200
        ),
        SyntheticCell(
            "first-touch", "secret", "memfd", by_class, 2.2e-6, 6, values=200, classes=_CLASSES
        ),
    ]


def _rest() -> list[SyntheticCell]:
    return [
        SyntheticCell("bandwidth", "memfd", "memfd", {"op": "read"}, 2e10, 1.0, 0.002),
        SyntheticCell("bandwidth", "secret", "memfd", {"op": "read"}, 2e10, BANDWIDTH_RATIO, 0.002),
        SyntheticCell("create", "secret", "memfd", {"len_bytes": 4096}, 3e-6, 1.3, 0.002),
    ]


def everyone() -> list[SyntheticCell]:
    """What the rest of the machine pays."""
    return [*_neighbour(), *_splits(), *_other()]


def _neighbour() -> list[SyntheticCell]:
    notes = {
        "share_lost": 0.6, "share_lost_control": 0.01, "gaps": GAPS, "gaps_control": GAPS,
        "lost_ns_by_cpu": "0: 8970, 2: 9010",
    }  # fmt: skip
    faults: Params = {"use": "faults", "neighbour": 1}
    secrets: Params = {"use": "secrets", "neighbour": 1}
    return [
        SyntheticCell("neighbour-loss", "memfd", "memfd", faults, 0.0, notes=notes),
        SyntheticCell("neighbour-loss", "anon", "memfd", faults, 0.0, notes=notes),
        SyntheticCell(
            "neighbour-loss", "secret", "memfd", faults, 0.0, loss=LOSS_S, noise=0.02, notes=notes
        ),
        SyntheticCell("neighbour-loss", "memfd", "memfd", secrets, 1.5e-5, notes=notes),
        SyntheticCell(
            "neighbour-loss",
            "secret",
            "memfd",
            secrets,
            1.5e-5,
            loss=LOSS_S,
            noise=0.1,
            notes=notes,
        ),
    ]


def _splits() -> list[SyntheticCell]:
    pool = "pool not exhausted"
    grown = {"splits_2m": 9, "splits_1g": 1, "direct_map_4k_kb": 18432, "page_table_bytes": 40960}
    state = {
        "splits_since_boot": 133,
        "free_unmovable_pages": 47115,
        "kept_4k_kb_after_release": 18432,
    }
    rest = {"splits_2m": 0, "splits_1g": 0, "direct_map_4k_kb": 0, "page_table_bytes": 0}
    return [
        SyntheticCell(
            "splits", mode, None, {"step_bytes": 1 << 20, "phase": phase}, counts=counts, runs=2,
            notes={**state, **(grown if counts[-1] else rest),
                   **({"pool": pool} if mode == "secret" and not counts[-1] else {})},
        )
        for mode, phase, counts in (
            ("secret", "first", [0, 0, 1, 3, 4, 6, 8, 9]),
            ("secret", "again", [0] * 8),
            ("memfd", "first", [0] * 8),
        )
    ]  # fmt: skip


def _other() -> list[SyntheticCell]:
    return [
        SyntheticCell("flush-count", "memfd", None, {"pages": 64}, 0.0, values=1, runs=2),
        SyntheticCell("flush-count", "secret", None, {"pages": 64}, 1.0, values=1, runs=2),
        SyntheticCell(
            "victim-pipe", "secret", "memfd", {"pages": 64}, 1e-6, 1.04, 0.002,
            notes={"proved": True, "share_in_split_a": 0.002, "share_in_split_b": 0.995},
        ),
        SyntheticCell("fault-stages", "secret", None, {}, 1e-5, noise=0.01, runs=2, notes=STAGES),
        SyntheticCell(
            "split-exposure", "secret", "memfd", {"last_bytes": 1 << 20}, 0.2, runs=1,
            notes={"splits_since_boot": 3}, tables=ladder({65536: (30, 2), 1 << 20: (60, 9)}),
        ),
        SyntheticCell(
            "tlb-simulated-dose", "secret", "memfd", {"work": "copy", "dose_bytes": 1 << 20},
            0.2, runs=1, tables=counted(MODELS),
        ),
        SyntheticCell("user-reach", "secret", None, REACH, 8192.0, values=1, runs=2, notes=REACHED),
        *(
            SyntheticCell(
                "tlb-walks", mode, "anon-huge", {"event": event, "pages": 8192}, walks, noise=0.001
            )
            for mode, event, walks in (
                ("secret", "walks-4k", 0.8), ("secret", "walks-2m", 0.1),
                ("anon-huge", "walks-4k", 0.01), ("anon-huge", "walks-2m", 0.02),
            )
        ),
    ]  # fmt: skip
