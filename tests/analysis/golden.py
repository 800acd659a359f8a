# SPDX-License-Identifier: MIT
"""Writes the golden record and the summary expected of it: `python -m tests.analysis.golden`."""

from __future__ import annotations

from pathlib import Path

from .command import analysis
from .conftest import cells
from .recording import Synthetic, write

FOLDER = Path(__file__).parents[1] / "golden"


def main() -> None:
    """Write both files."""
    unsupported = {"hugetlb": "no huge pages are reserved"}
    write(FOLDER / "synthetic.jsonl", Synthetic(cells(), unsupported=unsupported))
    done = analysis("summary", "synthetic.jsonl", cwd=FOLDER)
    (FOLDER / "synthetic-summary.txt").write_text(done.stdout)


if __name__ == "__main__":
    main()
