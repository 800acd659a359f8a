# SPDX-License-Identifier: MIT
"""A synthetic campaign of ways in whose truth is known. Nothing here was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .recording import SyntheticCell

if TYPE_CHECKING:
    from collections.abc import Mapping

TRUTH: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "process-vm-readv": ("other processes", {"anon": 1, "memfd": 1, "guarded": 0, "secret": 0}),
    "ptrace-peek": ("other processes", {"anon": 1, "memfd": 1, "guarded": 1, "secret": 0}),
    "core-dump": ("other processes", {"anon": 1, "memfd": 1, "guarded": 0, "secret": 0}),
    "fork": ("other processes", {"anon": 1, "memfd": 1, "guarded": 0, "secret": 1}),
    "pidfd-getfd": ("other processes", {"anon": 0, "memfd": 1, "guarded": 0, "secret": 1}),
    "write": ("kernel's hands", {"anon": 1, "memfd": 1, "guarded": 1, "secret": 1}),
    "vmsplice": ("kernel's hands", {"anon": 1, "memfd": 1, "guarded": 1, "secret": 0}),
    "kcore": ("direct map", {}),
    "swap": ("rest", {"anon": 1, "memfd": 1, "guarded": 0, "secret": 0}),
}
"""Way -> its group, and mode -> 1 open, 0 closed between uses; no mode: it cannot be tried here."""

IN_USE = {"process-vm-readv": 1, "core-dump": 0}
"""Way -> what it comes to for `guarded` during a use."""

USE_S = {"anon": 4e-9, "memfd": 4e-9, "guarded": 2e-6, "secret": 5e-9}
LIFE_S = {"anon": 6e-6, "memfd": 1.2e-5, "guarded": 2e-5, "secret": 3.7e-5}
LOSS_S = {"memfd": 0.0, "guarded": 1e-7, "secret": 9e-6}
MODES = tuple(USE_S)


def trial(
    way: str, mode: str, opened: int, group: str = "other processes", state: str = "at-rest"
) -> SyntheticCell:
    """One way tried on one mode, twice."""
    return SyntheticCell(
        f"way-{way}",
        mode,
        "memfd",
        {"state": state},
        opened,
        runs=2,
        stop="exact",
        notes={
            "way": way,
            "group": group,
            "evidence": "32 bytes read" if opened else "EFAULT",
            "control_evidence": "32 bytes read",
        },
        about=f"{group}: what {way} means to an attacker",
    )


def untried(way: str, mode: str, group: str, reason: str = "no such file") -> SyntheticCell:
    """One way that this machine cannot try."""
    return SyntheticCell(
        f"way-{way}", mode, "memfd", {"state": "at-rest"}, status="unsupported", reason=reason,
        runs=1, stop="unsupported", about=f"{group}: what {way} means to an attacker",
    )  # fmt: skip


def ways() -> list[SyntheticCell]:
    """Every way on every mode, and during a use where that is another state."""
    found = [
        trial(way, mode, of_mode[mode], group) if of_mode else untried(way, mode, group)
        for way, (group, of_mode) in TRUTH.items()
        for mode in MODES
    ]
    in_use = [
        trial(way, "guarded", opened, TRUTH[way][0], "in-use") for way, opened in IN_USE.items()
    ]
    return [*found, *in_use]


def prices() -> list[SyntheticCell]:
    """What the modes cost: the owner, and everyone."""
    return [*owner(), *others()]


def owner() -> list[SyntheticCell]:
    """What the modes cost their owner."""
    uses = [
        SyntheticCell("secret-use", mode, "memfd", {}, USE_S["memfd"], cost / USE_S["memfd"], 0.005)
        for mode, cost in USE_S.items()
    ]
    lives = [
        SyntheticCell(
            "secret-lifecycle", mode, "memfd", {}, LIFE_S["memfd"], cost / LIFE_S["memfd"], 0.005
        )
        for mode, cost in LIFE_S.items()
    ]
    fits = [
        SyntheticCell("density", "secret", None, {"layout": layout}, count, values=1, runs=2)
        for layout, count in {"page": 400, "slab": 262144}.items()
    ]
    return [*uses, *lives, *fits]


def others() -> list[SyntheticCell]:
    """What the modes cost everyone."""
    return [
        SyntheticCell(
            "neighbour-loss", mode, "memfd", {"use": use}, 1e-6, loss=loss_s, noise=0.01,
            notes={"share_lost": 0.01 + loss_s * 5e4, "share_lost_control": 0.01},
        )
        for use in ("secrets", "faults")
        for mode, loss_s in LOSS_S.items()
    ]  # fmt: skip


def hostile(text: str) -> list[SyntheticCell]:
    """One way and its prices, all named by this text."""
    return [
        trial(text, text, 0, group=text),
        untried(text, "secret", text, reason=text),
        SyntheticCell("secret-use", text, "memfd"),
        SyntheticCell("neighbour-loss", text, "memfd", {"use": "secrets"}),
        SyntheticCell(
            f"availability-{text}",
            text,
            None,
            status="unsupported",
            reason=text,
            about=text,
            runs=1,
        ),
    ]


def availability() -> list[SyntheticCell]:
    """What a mode keeps others from."""
    return [
        SyntheticCell(
            "availability-hibernation", mode, None, {}, blocked, values=1, runs=2, stop="exact",
            notes={"evidence": "/sys/power/state: mem" if blocked else "/sys/power/state: disk"},
            about="whether the machine cannot hibernate while the mode is in use",
        )
        for mode, blocked in {"memfd": 0, "secret": 1}.items()
    ]  # fmt: skip
