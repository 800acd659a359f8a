"""What `bench check` says: each fact and, where it stands in the way, what to do about it."""

import subprocess
import sys
from collections.abc import Iterable

from .environment import Fact
from .record import Check

_TUNE_TIMEOUT_S = 30


def lines(facts: Iterable[Fact]) -> list[str]:
    """Return one line per fact: `ok`, `!!` with what to do, or neither for what is only so."""
    found = []
    for fact in facts:
        check = fact.check
        if not fact.hint:
            found.append(f"   {check.fact}: {check.text}")
        elif check.ok:
            found.append(f"ok {check.fact}: {check.text}")
        else:
            found.append(f"!! {check.fact}: {check.text}: {check.hint}")
    return found


def pyperf_advice() -> tuple[Check, ...]:
    """Return what `pyperf system show` advises, which knows more settings than we check."""
    command = [sys.executable, "-m", "pyperf", "system", "show"]
    try:
        # It exits 2 when it has advice.
        shown = subprocess.run(
            command, capture_output=True, check=False, text=True, timeout=_TUNE_TIMEOUT_S
        ).stdout
    except (OSError, subprocess.SubprocessError):
        shown = ""
    return tuple(advice(shown))


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
