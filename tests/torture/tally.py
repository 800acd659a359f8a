# SPDX-License-Identifier: MIT
"""What was tried, of which kind, and what did not hold."""

from __future__ import annotations

import re
import resource
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

MOST_MB = 500
"""That a program may take, whatever it is given."""

ALLOWED = frozenset({0, 2, 3})
"""Exit codes; 1 is allowed only where a regression was put in."""

_UNFORESEEN = re.compile(r"Traceback|unforeseen")
_SHOWN = 300


@dataclass
class Tally:
    """Counts by kind of trial and by what came of it; and what failed, with what gives it again."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def enter(self, kind: str, outcome: str) -> None:
        """Count one trial."""
        self.counts.setdefault(kind, Counter())[outcome] += 1

    def fail(self, kind: str, seed: str, why: str) -> None:
        """Keep a failure.

        Args:
            kind: Of the trial.
            seed: What gives it again.
            why: In words.
        """
        self.enter(kind, "FAILED")
        shown = " ".join(why.split())
        self.failures.append(f"{kind}, seed {seed}: {shown[:_SHOWN]} ... {shown[-_SHOWN:]}")

    @property
    def trials(self) -> int:
        """All of them."""
        return sum(counter.total() for counter in self.counts.values())

    def lines(self) -> list[str]:
        """A table, and the failures."""
        rows = ["| kind | trials | came to | failed |", "|---|---|---|---|"]
        for kind, counter in sorted(self.counts.items()):
            came_to = ", ".join(
                f"{name} {count:,}" for name, count in sorted(counter.items()) if name != "FAILED"
            )
            rows.append(f"| {kind} | {counter.total():,} | {came_to} | {counter['FAILED']} |")
        return [*rows, *(f"FAILED: {failure}" for failure in self.failures)]


def complaint(code: int, stderr: str, allowed: frozenset[int] = ALLOWED) -> str:
    """What is wrong with an exit code and what was said; empty if nothing is.

    Args:
        code: Of a verb that was given something wrong.
        stderr: All that it said there.
        allowed: Exit codes.
    """
    if code not in allowed:
        return f"exit code {code}: {stderr}"
    if _UNFORESEEN.search(stderr):
        return f"nobody had foreseen it: {stderr}"
    lines = [line for line in stderr.splitlines() if line.strip()]
    if code == 2 and len(lines) != 1:
        return f"{len(lines)} lines for one error: {stderr}"
    return ""


def peak_mb(who: int = resource.RUSAGE_SELF) -> float:
    """The most memory that this process, or any child of it, has had, in MB.

    Of itself by VmHWM: getrusage counts what its parent had when it started it, too.
    """
    if who == resource.RUSAGE_SELF:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return float(status.split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(who).ru_maxrss / 1024


def say(sentence: str) -> None:
    """Where it stands."""
    print(sentence, file=sys.stderr, flush=True)
