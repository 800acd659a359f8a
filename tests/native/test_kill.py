# SPDX-License-Identifier: MIT
"""Whatever kills a run, and whenever: what it changed is put back, and nothing of it goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .command import NATIVE, call
from .test_way_trace import state_of_the_machine

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the machine")

KILLS = 8
"""Of each."""
PATIENCE_S = 120.0
"""On a busy machine the dead take a while to be gone; what is left for good is left after that."""

# What changes something outside itself, or has processes of its own.
CHANGING = [
    ["way-swap", "secret", "--control", "memfd"],
    ["way-pageout", "secret", "--control", "memfd"],
    ["way-core-dump", "memfd", "--control", "memfd"],
    ["way-direct-in", "memfd", "--control", "memfd"],
    ["way-ksm", "anon", "--control", "anon"],
    ["neighbour-loss", "secret", "--control", "memfd", "slices=20"],
    ["user-reach", "secret", "limit_bytes=65536"],
    ["density", "secret", "layout=slab"],
]


def running() -> set[str]:
    """Processes of the core; those that are dead and not buried yet are whoever adopts them's."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        if text.startswith("Name:\tcore\n") and "\nState:\tZ" not in text:
            found.add(status.parent.name)
    return found


def within(patience_s: float, holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold, at the latest after that time."""
    end_s = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("cell", CHANGING, ids=lambda cell: cell[0])
def test_a_run_killed_at_any_moment_leaves_nothing_behind(core: Path, cell: list[str]) -> None:
    dice = random.Random(cell[0])  # noqa: S311 - moments, no keys
    began_s = time.monotonic()
    done = call(core, "run", *cell)
    whole_s = time.monotonic() - began_s
    if done.returncode == 77:
        pytest.skip(done.stderr.strip())
    before, running_before = state_of_the_machine(), running()

    def as_before() -> bool:
        return state_of_the_machine() == before and not running() - running_before

    for _ in range(KILLS):
        process = subprocess.Popen(
            [str(core), "run", *cell],
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        time.sleep(dice.uniform(0, whole_s))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert within(PATIENCE_S, as_before), (state_of_the_machine(), before, running())


ORPHANING = """
import os, signal, subprocess, sys
# As `bench` starts a run; killed by itself before the core can have asked to follow it.
process = subprocess.Popen(
    sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    start_new_session=True, preexec_fn=lambda: os.kill(os.getppid(), signal.SIGKILL))
"""


@pytest.mark.parametrize(
    "words",
    [
        ["run", "neighbour-loss", "secret", "slices=100000"],
        ["run", "access-latency", "anon", "len_bytes=67108864", "slices=100000"],
        ["run", "way-swap", "secret", "--control", "memfd"],
        ["touch", "anon", "65536"],
        ["verify"],
        ["list"],
    ],
    ids=lambda words: "-".join(words[:2]),
)
def test_a_core_whose_parent_died_before_it_began_does_not_begin(
    core: Path, words: list[str]
) -> None:
    before = running()
    done = subprocess.run(
        [sys.executable, "-c", ORPHANING, str(core), *words], check=False, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    assert within(PATIENCE_S, lambda: not running() - before)


def test_a_core_whose_parent_dies_later_dies_with_it(core: Path) -> None:
    before = running()
    starting = (
        "import subprocess, sys, time; p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE); "
        "p.stdout.readline(); print('begun', flush=True); time.sleep(1000)"
    )
    cell = ["run", "access-latency", "anon", "len_bytes=67108864", "slices=100000"]
    with subprocess.Popen(
        [sys.executable, "-c", starting, str(core), *cell], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"begun\n"
        assert running() - before
        parent.kill()
    assert within(PATIENCE_S, lambda: not running() - before)


def test_whoever_puts_back_is_told_before_a_change_is_made() -> None:
    """Every call that changes the machine stands behind the word to the restorer."""
    making = {
        "attempt/pressure.c": ("restore_remove(group)", "mkdir(group"),
        "attempt/scratch.c": ("restore_remove(path)", "mkdir(path"),
        "attempt/swap.c": ("restore_swapoff(device)", "swapon(device"),
        "kernel/restore.c": ("restore_later(WRITE, path, before", "setting_write(path, value) ?"),
    }
    for name, (first, then) in making.items():
        text = (NATIVE / name).read_text()
        assert text.count(first) == 1, name
        assert 0 < text.index(first) < text.index(then), name
    # Nobody else writes a setting, makes a device, a group or a folder.
    writers = {
        str(path.relative_to(NATIVE))
        for path in NATIVE.glob("*/*.c")
        if any(call in path.read_text() for call in ("setting_write(", " mkdir(", "mkdtemp("))
    }
    assert writers == {
        "attempt/pressure.c", "attempt/scratch.c", "attempt/swap.c",
        "kernel/restore.c", "kernel/setting.c", "kernel/vmalloc.c", "ways/ksm.c",
    }  # fmt: skip
