# SPDX-License-Identifier: MIT
"""A copy of the native core whose treatment takes a known share longer.

The sources of four metrics are changed in two ways each: they say which arm a slice is of, and
their timed sections end by `inject_end` of `inject.h`. The share of each is given by a variable of
the environment, so that one build serves all, and each run puts down what it was in truth.
"""

from __future__ import annotations

import re
import shlex
import shutil
import statistics
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NATIVE = Path(__file__).parents[2] / "bench" / "native"
HEADER = Path(__file__).parent / "inject.h"

METRICS = ("access-latency", "first-touch", "create", "secret-lifecycle")
"""Metrics that are patched: by slice, by page, by region and by life."""

BEGIN = re.compile(
    r"^(static int (?:slice|block)\(struct run \*run, struct arm \*arm\)\n\{\n)", re.M
)
"""Where a function begins that measures one arm."""

END = "arch_counter() - start"
"""What ends a timed section."""


class PatchError(Exception):
    """The sources have changed, so that the patch does not know them any more."""


def variable(metric: str) -> str:
    """The environment's variable that holds a metric's share."""
    return f"INJECT_{metric.replace('-', '_').upper()}"


def patched(metric: str, source: str) -> str:
    """The source of a metric with the injection in it.

    Raises:
        PatchError: It has not the places that are to be changed.
    """
    arm = f'\tinject_arm("{variable(metric)}", arm == &run->arm[TREATMENT]);\n'
    found, begins = BEGIN.subn(rf"\1{arm}", source)
    if begins != 1 or END not in found:
        raise PatchError(f"{metric}: not one function of an arm with timed sections: see {END!r}")
    return f'#include "measure/inject.h"\n{found.replace(END, "inject_end(start)")}'


def build(folder: Path) -> Path:
    """Build the patched core in a folder, unless it is there, and return it.

    Raises:
        PatchError: The sources have changed.
    """
    sources = folder / "native"
    core, mark = sources / "build" / "core", sources / "patched"
    if mark.exists():
        return core
    # What is built already is taken along: only what is patched is compiled anew.
    shutil.rmtree(sources, ignore_errors=True)
    shutil.copytree(NATIVE, sources, ignore=shutil.ignore_patterns("*sanitized*", "core*"))
    shutil.copy(HEADER, sources / "measure")
    for metric in METRICS:
        path = sources / "metrics" / f"{metric.replace('-', '_')}.c"
        path.write_text(patched(metric, path.read_text()))
    subprocess.run(["make", "--quiet", "-C", str(sources), "build/core"], check=True)
    mark.touch()
    return core


def with_shares(core: Path, shares: Mapping[str, float], program: Path, book: Path) -> None:
    """Write a program that runs the core with an injection.

    Args:
        core: The patched one.
        shares: Metric -> share.
        program: Where to write it.
        book: The file to which each run is to add what it injected.
    """
    given = [f"{variable(metric)}={share!r}" for metric, share in shares.items()]
    words = [*given, f"INJECT_BOOK={shlex.quote(str(book.absolute()))}", "exec"]
    program.write_text(f'#!/bin/sh\n{" ".join(words)} {shlex.quote(str(core.absolute()))} "$@"\n')
    program.chmod(0o755)


def injected(book: Path) -> dict[str, float]:
    """What the runs of a campaign injected, metric -> median share over its runs."""
    found: dict[str, list[float]] = {metric: [] for metric in METRICS}
    names = {variable(metric): metric for metric in METRICS}
    for line in book.read_text().splitlines():
        name, share = line.split()
        found[names[name]].append(float(share))
    return {metric: statistics.median(shares) for metric, shares in found.items() if shares}
