# SPDX-License-Identifier: MIT
"""Prints what `summary` and `gate` cost on synthetic files of a million values; asserts nothing.

Run as `python -m tests.analysis.speed [values]`; the aim is 2.5 s CPU and 500 MB, start-up
included, 0.3 s CPU for `--help`, and 4 s CPU and 1 GB for `gate` on two files of 2 M values.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.ending import ended

from .recording import Synthetic, SyntheticCell, write

MODES = ("memfd", "anon", "secret", "memfd-locked", "anon-locked")


def record(folder: Path, values: int, identity: str = "0123456789abcdef") -> Path:
    """A file whose runs hold 500 values per arm, as first-touch runs do."""
    cells = [
        SyntheticCell(
            "first-touch", mode, "memfd", {"pages": pages}, 2e-6, 5.0, 0.02, runs=20, values=500
        )
        for mode in MODES
        for pages in range(values // (len(MODES) * 20 * 2 * 500))
    ]
    return write(folder / f"{identity}.jsonl", Synthetic(cells, id=identity))


def cost(arguments: list[str]) -> str:
    """CPU seconds and peak memory of one start of the analysis."""
    command = [sys.executable, "-m", "analysis", *arguments]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        child = subprocess.Popen(command, stdout=nowhere)
        _, _, usage = os.wait4(child.pid, 0)
    return f"{usage.ru_utime + usage.ru_stime:.2f} s CPU, {usage.ru_maxrss / 1024:.0f} MB"


def main() -> None:
    """Measure `--help`, `summary`, `summary --json` and `gate` on two such files."""
    values = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: the peak of a started program includes its parent's memory.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            path = pool.apply(record, (Path(folder), values))
            other = pool.apply(record, (Path(folder), values, "fedcba9876543210"))
        print(f"{values} values, {path.stat().st_size / 1e6:.0f} MB of record")
        for arguments in (["--help"], ["summary", str(path)], ["summary", "--json", str(path)]):
            print(f"{' '.join(arguments[:-1]) or '--help'}: {cost(arguments)}")
        print(f"gate, two files: {cost(['gate', str(path), str(other)])}")


if __name__ == "__main__":
    sys.exit(ended("tests.analysis.speed", main))
