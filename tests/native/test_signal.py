# SPDX-License-Identifier: MIT
"""A run that a signal ends says which, and why."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from bench.campaign.runner import status_of
from bench.core import Finished
from bench.program import ending

from .command import call
from .patched import patched

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def paltry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A core whose files end before their mappings do, so that a first touch is a SIGBUS."""
    whole, none = "!ftruncate(fd, (off_t)region->len_bytes)", "!ftruncate(fd, 0)"
    killed = "static int ready(struct attempt *a)\n{"
    return patched(
        tmp_path_factory.mktemp("paltry"),
        {
            "memory/region.c": {whole: none},
            "attempt/dump.c": {killed: f"{killed}\n\tkill(getpid(), SIGTERM);"},
        },
    )


def test_a_page_that_cannot_be_had_is_said_with_the_limit(paltry: Path) -> None:
    done = call(paltry, "run", "release", "memfd")
    assert done.returncode == 77
    assert done.stderr.startswith(
        "a page could not be had at its first touch (SIGBUS): beyond RLIMIT_MEMLOCK ("
    )
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="most ways need root to be tried")
def test_an_owner_that_a_signal_ended_is_no_closed_way(paltry: Path) -> None:
    done = call(paltry, "run", "way-fork", "anon", "--control", "memfd")
    assert done.returncode == 1
    assert done.stderr == (
        "memfd: the owner cannot hold a secret: it was killed by SIGBUS (Bus error)\n"
    )
    done = call(paltry, "run", "way-core-dump", "anon", "--control", "anon")
    if done.returncode == 77:
        pytest.skip(done.stderr.strip())
    assert "the owner cannot be made to dump: it was killed by SIGTERM (Terminated)" in done.stderr


def test_a_run_that_stays_in_real_time_too_long_says_so(core: Path) -> None:
    cell = ["access-latency", "anon", "loads=100000000", "len_bytes=33554432", "slices=40"]
    done = call(core, "run", *cell)
    if done.returncode == 0:
        pytest.skip("so many loads take less than the limit here, or there is no real time")
    assert done.returncode == 1
    assert done.stderr.startswith("ran for 3 s in real time without a sleep")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("exit_code", "said"),
    [
        (-signal.SIGKILL, "killed by SIGKILL (for want of memory, or by hand)"),
        (
            -signal.SIGXCPU,
            "killed by SIGXCPU (the limit of real time without a pause, RLIMIT_RTTIME)",
        ),
        (-signal.SIGRTMIN - 1, f"killed by signal {signal.SIGRTMIN + 1}"),
        (1, "exit code 1"),
        (200, "exit code 200"),
    ],
)
def test_an_exit_code_is_read_as_what_it_is(exit_code: int, said: str) -> None:
    assert ending(exit_code) == said
    assert status_of(Finished(exit_code, b"", b"", 0.0), 1) == ("failed", said)
