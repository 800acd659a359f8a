# SPDX-License-Identifier: MIT
"""What stands in the way of measuring, and what to do about it."""

import subprocess
import sys
from collections.abc import Iterable, Sequence

from ..record.line import Check
from .fact import Fact

_TUNE_TIMEOUT_S = 30
# What decides which cells can be measured at all, or how well: said before every campaign.
_DECISIVE = ("secret_memory", "realtime_permitted", "rlimit_memlock_bytes")


def checks(facts: Iterable[Fact]) -> tuple[Check, ...]:
    """Return every fact that can stand in the way, and what pyperf advises besides."""
    return (*(fact.check for fact in facts if fact.hint), *_pyperf_advice())


def lines(facts: Iterable[Fact], checks: Sequence[Check]) -> list[str]:
    """Return one line per fact: `ok`, `!!` with what to do, or neither for what is only so."""
    plain = [fact.check for fact in facts if not fact.hint]
    found = [f"   {check.fact}: {check.text}" for check in plain]
    found += [f"ok {check.fact}: {check.text}" for check in checks if check.ok]
    found += [f"!! {_obstacle(check)}" for check in checks if not check.ok]
    return found


def decisive(checks: Iterable[Check]) -> list[str]:
    """Return a sentence for each obstacle that a campaign goes on with all the same."""
    return [_obstacle(check) for check in checks if not check.ok and check.fact in _DECISIVE]


def advice(shown: str) -> list[Check]:
    """Return the lines of the section Advices of what `pyperf system show` printed."""
    _, _, section = shown.partition("\nAdvices\n")
    found = []
    for line in section.split("\nWarnings\n")[0].splitlines():
        fact, divided, hint = line.partition(": ")
        if divided:
            name = "pyperf_" + "_".join(fact.lower().split())
            found.append(Check(name, ok=False, text="pyperf advises", hint=hint))
    return found


def _obstacle(check: Check) -> str:
    return f"{check.fact}: {check.text}: {check.hint}"


def _pyperf_advice() -> list[Check]:
    command = [sys.executable, "-m", "pyperf", "system", "show"]
    try:
        # It exits 2 when it has advice.
        answer = subprocess.run(
            command, capture_output=True, check=False, text=True, timeout=_TUNE_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return advice(answer.stdout)
