# SPDX-License-Identifier: MIT
"""Whether an environment is still the one that a campaign began in."""

from datetime import datetime, timedelta

from ..record.line import Facts

# What differs from minute to minute without being another environment.
PASSING = frozenset(
    {"boot_time", "cpu_freq", "load_avg_1min", "mem_available_kb", "runnable_threads", "uptime"}
)


def changed(before: Facts, now: Facts) -> list[str]:
    """Return one sentence part per fact that differs in more than passing."""
    names = sorted({*before, *now} - PASSING)
    parts = [
        f"{name} was {before.get(name)!r}, is {now.get(name)!r}"
        for name in names
        if before.get(name) != now.get(name)
    ]
    if _booted_anew(before, now):
        parts.append(f"booted {now['boot_time']}, it was {before['boot_time']}")
    return parts


def _booted_anew(before: Facts, now: Facts) -> bool:
    # The kernel reckons it from the clock, which may be set: a little says nothing.
    try:
        was, is_now = (
            datetime.fromisoformat(str(facts.get("boot_time"))) for facts in (before, now)
        )
    except ValueError:
        return False
    return abs(is_now - was) > timedelta(minutes=1)
