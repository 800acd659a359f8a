# SPDX-License-Identifier: MIT
"""Hold access-latency against multichase, run in turn in random order.

`python -m tests.peer MULTICHASE [ROUNDS]`, after `make -C bench/native`.
MULTICHASE is the executable built from github.com/google/multichase. Both run
pinned to the last CPU on 4 KiB pages of anonymous memory, one cycle over every
line in random order (`-s 64 -T <len>`). The core has SCHED_FIFO as always; the
peer cannot, since its sleeping main thread would never get the CPU back. Prints a Markdown
table: the medians over the rounds, their ratio, and its spread.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

from bench.ending import ended

CORE = Path(__file__).parents[2] / "bench" / "native" / "build" / "core"
LENGTHS_KIB = (16, 256, 64 * 1024, 256 * 1024)
# multichase counts for half a second per sample and prints the best one.
SAMPLES = "2"


def peer_ns(peer: str, len_kib: int, cpu: int) -> float:
    """Return the latency that multichase prints, ns per load."""
    size = f"{len_kib}k"
    command = ["taskset", "-c", str(cpu), peer, "-X", "-p", "4096"]
    command += ["-s", "64", "-T", size, "-m", size, "-n", SAMPLES]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def core_ns(len_kib: int, cpu: int, seed: int) -> float:
    """Return the median over slices of access-latency of anon, ns per load."""
    command = [str(CORE), "run", "access-latency", "anon", "--cpu", str(cpu), "--seed", str(seed)]
    command += [f"len_bytes={len_kib * 1024}", "order=line-random"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [json.loads(line) for line in output.splitlines()]
    values = next(line["values"] for line in lines if line["line"] == "values")
    return float(statistics.median(values)) * 1e9


def main() -> int:
    """Print the table; exit 2 without a peer."""
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 11
    cpu = max(os.sched_getaffinity(0))
    seen: dict[tuple[int, str], list[float]] = {}
    for seed in range(rounds):
        turns = [(length, who) for length in LENGTHS_KIB for who in ("core", "peer")]
        random.shuffle(turns)
        for length, who in turns:
            value = (
                core_ns(length, cpu, seed) if who == "core" else peer_ns(sys.argv[1], length, cpu)
            )
            seen.setdefault((length, who), []).append(value)
    print("| working set | access-latency, ns | multichase, ns | ratio | least to most |")
    print("|---|---|---|---|---|")
    for length in LENGTHS_KIB:
        ours, theirs = seen[length, "core"], seen[length, "peer"]
        ratio = statistics.median(ours) / statistics.median(theirs)
        print(
            f"| {length} KiB | {statistics.median(ours):.3f} | {statistics.median(theirs):.3f} "
            f"| {ratio:.3f} | {min(ours):.3f} to {max(ours):.3f}, "
            f"{min(theirs):.3f} to {max(theirs):.3f} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(ended("tests.peer", main))
