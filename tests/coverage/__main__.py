# SPDX-License-Identifier: MIT
"""`python -m tests.coverage simulate` and `python -m tests.coverage inject`: see `--help`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import inject, simulate


def main() -> int:
    """Print what was asked for; what is done stays in the folder, so Ctrl-C costs one campaign."""
    parser = argparse.ArgumentParser(prog="python -m tests.coverage", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("simulate", help="coverage and null claims by simulation")
    one.add_argument("--series", type=int, default=20_000, help="drawn for each figure")
    one.add_argument("--seed", type=int, default=20261202)
    names = [table.__name__ for table in simulate.TABLES.values()]
    one.add_argument("--table", action="append", choices=names, default=[])
    other = verbs.add_parser("inject", help="coverage and null claims of injected effects")
    other.add_argument("folder", type=Path, help="of the records; goes on with what it holds")
    other.add_argument("--campaigns", type=int, default=400)
    given = parser.parse_args()
    if given.verb == "simulate":
        lines = simulate.tables(given.series, given.seed, given.table)
    else:
        inject.measure(given.folder, given.campaigns, lambda text: print(text, file=sys.stderr))
        lines = inject.table(inject.cases(given.folder, given.campaigns))
    for line in lines:
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
