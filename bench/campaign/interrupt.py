# SPDX-License-Identifier: MIT
"""Ctrl-C and its kin: the first stops after the run in flight, a later one ends that too."""

import signal
import time
from collections.abc import Callable
from types import FrameType

# A terminal, make and tox each pass on one Ctrl-C: what comes within a second is one.
SAME_S = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupt:
    """Until closed, keeps SIGINT, SIGTERM and SIGHUP from ending the process at once."""

    def __init__(self, kill: Callable[[], None]) -> None:
        """Remember how to end the run in flight."""
        self.requested = False
        self._kill = kill
        self._first_s = 0.0
        self._before = {number: signal.signal(number, self._heard) for number in _SIGNALS}

    def close(self) -> None:
        """Let signals do what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if not self.requested:
            self.requested, self._first_s = True, now_s
        elif now_s - self._first_s > SAME_S:
            self._kill()
