"""Prints what `summary` costs on a synthetic file of a million values; asserts nothing.

Run as `python -m tests.analysis.speed [values]`; the aim is 2.5 s CPU and 500 MB, start-up
included, and 0.3 s CPU for `--help`.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .recording import Synthetic, SyntheticCell, write

MODES = ("memfd", "anon", "secret", "memfd-locked", "anon-locked")


def record(folder: Path, values: int) -> Path:
    """A file whose runs hold 500 values per arm, as first-touch runs do."""
    cells = [
        SyntheticCell(
            "first-touch", mode, "memfd", {"pages": pages}, 2e-6, 5.0, 0.02, runs=20, values=500
        )
        for mode in MODES
        for pages in range(values // (len(MODES) * 20 * 2 * 500))
    ]
    return write(folder / "synthetic.jsonl", Synthetic(cells))


def cost(arguments: list[str]) -> str:
    """CPU seconds and peak memory of one start of the analysis."""
    command = [sys.executable, "-m", "analysis", *arguments]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        child = subprocess.Popen(command, stdout=nowhere)
        _, _, usage = os.wait4(child.pid, 0)
    return f"{usage.ru_utime + usage.ru_stime:.2f} s CPU, {usage.ru_maxrss / 1024:.0f} MB"


def main() -> None:
    """Measure `--help`, `summary` and `summary --json`."""
    values = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: the peak of a started program includes its parent's memory.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            path = pool.apply(record, (Path(folder), values))
        print(f"{values} values, {path.stat().st_size / 1e6:.0f} MB of record")
        for arguments in (["--help"], ["summary", str(path)], ["summary", "--json", str(path)]):
            print(f"{' '.join(arguments[:-1]) or '--help'}: {cost(arguments)}")


if __name__ == "__main__":
    main()
