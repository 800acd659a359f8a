"""A synthetic campaign with data for every figure, whose answers are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from analysis.load import Campaigns, load

from ..recording import Synthetic, SyntheticCell, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIRST_TOUCH_RATIO = 5.2
BANDWIDTH_RATIO = 0.5
Params: TypeAlias = dict[str, int | str]
HOSTILE = "<script>alert(1)</script>\"'&$x^{\x01"
"""Markup, quotes, an entity, unbalanced mathematics and a control character."""

_TOUCH: Params = {"backing": "host-backed", "pages": 200, "threads": 1}
_CLASSES = [0] * 190 + [1] * 9 + [2]


def cells() -> list[SyntheticCell]:
    """At least one cell for every figure, A/A cells among them."""
    return [*_latency(), *_width(), *_touch(), *_rest()]


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
        SyntheticCell("density", "secret", None, {"layout": "page"}, 2048),
    ]
