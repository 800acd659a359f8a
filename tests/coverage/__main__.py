# SPDX-License-Identifier: MIT
"""`python -m tests.coverage simulate` and `python -m tests.coverage inject`: see `--help`."""

from __future__ import annotations

import argparse
import sys

from . import simulate


def main() -> int:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.coverage", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("simulate", help="coverage and null claims by simulation")
    one.add_argument("--series", type=int, default=20_000, help="drawn for each figure")
    one.add_argument("--seed", type=int, default=20261202)
    names = [table.__name__ for table in simulate.TABLES.values()]
    one.add_argument("--table", action="append", choices=names, default=[])
    given = parser.parse_args()
    for line in simulate.tables(given.series, given.seed, given.table):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
