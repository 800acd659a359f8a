# SPDX-License-Identifier: MIT
"""Mistreats the suite, and counts what came of it.

`python -m tests.torture [--minutes N] [--seed S] [--only PART]`, after `make -C bench/native`; as
root, or full disks are left out. Half of the time goes to inputs made wrong (records, plans,
policies, baselines, weights, outputs of a core, frames of a guest), a third to kills of campaigns,
the rest to closed streams, full disks and memory limits. What fails is printed with the seed that
gives it again, as `--seed S --only PART --number N`. Exit codes: 0 nothing failed, 2 something did.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from bench.ending import OK, USAGE, ended

from .deprivation import deprive
from .feed import feed
from .kill import kill
from .tally import Tally, say

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS: dict[str, tuple[Callable[[Tally, str, float, int | None], None], float]] = {
    "feed": (feed, 0.5),
    "kill": (kill, 0.35),
    "deprive": (deprive, 0.15),
}
"""Part -> what tries it, and its share of the time."""


def main() -> int:
    """Run all parts, or one, or one trial of it again."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", default=str(time.time_ns() % 10**9))
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--number", type=int)
    given = parser.parse_args()
    parts = {given.only: (PARTS[given.only][0], 1.0)} if given.only else PARTS
    tally = Tally()
    say(f"seed {given.seed}, {given.minutes:g} minutes")
    for name, (part, share) in parts.items():
        began_s = time.monotonic()
        part(tally, given.seed, began_s + share * given.minutes * 60, given.number)
        say(f"{name}: {time.monotonic() - began_s:.0f} s, {tally.trials:,} trials so far")
    print("\n".join(tally.lines()))
    return USAGE if tally.failures else OK


if __name__ == "__main__":
    sys.exit(ended("tests.torture", main))
