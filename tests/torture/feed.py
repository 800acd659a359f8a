# SPDX-License-Identifier: MIT
"""Inputs made wrong, many thousands of them, within this process."""

from __future__ import annotations

import contextlib
import itertools
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .fuzz import KINDS
from .tally import MOST_MB, peak_mb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from .tally import Tally

PATIENCE_S = 60.0
"""That one input may take; far more than any does, also on a busy machine."""


class EndlessError(Exception):
    """It took longer than any input may."""


def feed(tally: Tally, seed: str, deadline_s: float, number: int | None = None) -> None:
    """Try inputs until the deadline.

    Args:
        tally: Takes what came of them.
        seed: Of all of them.
        deadline_s: time.monotonic() at which to end.
        number: Try this one alone.
    """
    numbers = itertools.count() if number is None else iter([number])
    with tempfile.TemporaryDirectory() as folder, _patience():
        for each in numbers:
            _try(tally, seed, each, Path(folder) / "trial")
            if time.monotonic() > deadline_s:
                return


def fed(tally: Tally, seed: str, count: int) -> None:
    """Try so many inputs."""
    for number in range(count):
        feed(tally, seed, 0.0, number)


def _try(tally: Tally, seed: str, number: int, folder: Path) -> None:
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - to be given again
    kind = dice.choices(list(KINDS), [share for _, share in KINDS.values()])[0]
    folder.mkdir()
    before_mb = peak_mb()
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
    try:
        came_to = KINDS[kind][0](dice, folder)
    except Exception as error:  # whatever it is, it is a finding
        tally.fail(
            kind, f"{seed} --only feed --number {number}", f"{type(error).__name__}: {error}"
        )
    else:
        tally.enter(kind, came_to)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        shutil.rmtree(folder)
    if peak_mb() > max(MOST_MB, before_mb):
        tally.fail(kind, f"{seed} --only feed --number {number}", f"took {peak_mb():.0f} MB")


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    def heard(_number: int, _frame: FrameType | None) -> None:
        raise EndlessError(f"no end after {PATIENCE_S:g} s")

    before = signal.signal(signal.SIGALRM, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)
