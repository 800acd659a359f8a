# SPDX-License-Identifier: MIT
"""Hold access-latency against multichase, both in real time, run in turn in random order.

`python -m tests.peer MULTICHASE [ROUNDS]`, as root, after `make -C bench/native`.
MULTICHASE is the executable built from github.com/google/multichase. Both run pinned to the
last CPU in real time (the core by SCHED_FIFO as always, the peer by `chrt -r 1`, so that its
main thread gets the CPU back), on 4 KiB pages of anonymous memory, one cycle over every line in
random order (`-s 64 -T <len>`). Each gives the median of its samples.

The peer divides by wall time, and a real-time task gets 95 % of the CPU (sched_rt_runtime_us),
less what the host takes: its value is multiplied by the share of the CPU that it had (CPU time
over wall time, getrusage). The core's slices rest of their own accord and need no correction.

Prints a Markdown table: medians over the rounds, the peer's share of the CPU, the ratio with the
interval of its median over the rounds, the spread (standard deviation over the mean) of both, and
wall time: what the core takes for as many runs as bring their mean to half the peer's spread, and
what the peer takes for one reading.
"""

from __future__ import annotations

import json
import math
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scipy import stats

from bench.ending import ended
from bench.environment.fact import Files

CORE = Path(__file__).parents[2] / "bench" / "native" / "build" / "core"
LENGTHS_KIB = (16, 256, 1024, 4 * 1024, 64 * 1024, 256 * 1024)
SAMPLES = "2"
"""Of the peer: each counts for half a second, after one that it drops."""


@dataclass(frozen=True)
class Reading:
    """One run: latency in ns per load, wall time in s, share of the CPU that it had (0 to 1)."""

    ns: float
    wall_s: float
    share: float


def timed(command: list[str]) -> tuple[str, float, float]:
    """Return what the command prints, its wall time in s, and its share of the CPU."""
    used, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    wall_s, now = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return text, wall_s, (now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime) / wall_s


def peer(program: str, len_kib: int, cpu: int) -> Reading:
    """Return the median of what multichase says of its samples, corrected by its share."""
    size = f"{len_kib}k"
    command = ["chrt", "-r", "1", "taskset", "-c", str(cpu), program, "-v", "-X", "-p", "4096"]
    command += ["-s", "64", "-T", size, "-m", size, "-n", SAMPLES]
    text, wall_s, share = timed(command)
    samples = [float(line.split("avg=")[1]) for line in text.splitlines() if "avg=" in line]
    return Reading(statistics.median(samples) * share, wall_s, share)


def core(len_kib: int, cpu: int, seed: int) -> Reading:
    """Return the median over slices of access-latency of anon."""
    command = [str(CORE), "run", "access-latency", "anon", "--cpu", str(cpu), "--seed", str(seed)]
    text, wall_s, share = timed([*command, f"len_bytes={len_kib * 1024}", "order=line-random"])
    lines = [json.loads(line) for line in text.splitlines()]
    values = next(line["values"] for line in lines if line["line"] == "values")
    return Reading(float(statistics.median(values)) * 1e9, wall_s, share)


def spread(readings: list[Reading]) -> float:
    """Return the standard deviation over the mean."""
    values = [each.ns for each in readings]
    return statistics.stdev(values) / statistics.fmean(values)


def row(len_kib: int, ours: list[Reading], theirs: list[Reading]) -> str:
    """Return a row of the table; the ratio's interval is Student's over the rounds' logarithms."""
    logs = [math.log(a.ns / b.ns) for a, b in zip(ours, theirs, strict=True)]
    half = stats.t.ppf(0.975, len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
    middle = statistics.fmean(logs)
    runs = max(1, math.ceil((spread(ours) / (spread(theirs) / 2)) ** 2))
    wall_s = [statistics.median(each.wall_s for each in of) for of in (ours, theirs)]
    cells = [
        f"{len_kib} KiB",
        f"{statistics.median(each.ns for each in ours):.4g}",
        f"{statistics.median(each.ns for each in theirs):.4g}",
        f"{statistics.median(each.share for each in theirs):.3f}",
        f"{math.exp(middle):.3f} [{math.exp(middle - half):.3f}, {math.exp(middle + half):.3f}]",
        f"{spread(ours):.2%}, {spread(theirs):.2%}",
        f"{runs * wall_s[0]:.2f}, {wall_s[1]:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Print the table; exit 2 without a peer."""
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    cpu = max(os.sched_getaffinity(0))
    seen: dict[tuple[int, str], list[Reading]] = {}
    for seed in range(rounds):
        turns = [(length, who) for length in LENGTHS_KIB for who in ("core", "peer")]
        random.shuffle(turns)
        for length, who in turns:
            reading = core(length, cpu, seed) if who == "core" else peer(sys.argv[1], length, cpu)
            seen.setdefault((length, who), []).append(reading)
    cpuinfo = Files().fields("proc/cpuinfo")
    cpu_words = " ".join(
        f"{name} {cpuinfo.get(name)}" for name in ("model name", "cpu family", "model", "stepping")
    )
    print(f"{cpu_words}, Linux {platform.release()}, {rounds} rounds\n")
    print(
        "| working set | access-latency, ns | multichase, ns | its share of the CPU | ratio "
        "| spread: ours, its | wall time: ours at half its spread, its, s |"
    )
    print("|---|---|---|---|---|---|---|")
    for length in LENGTHS_KIB:
        print(row(length, seen[length, "core"], seen[length, "peer"]))
    return 0


if __name__ == "__main__":
    sys.exit(ended("tests.peer", main))
