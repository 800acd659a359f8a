# SPDX-License-Identifier: MIT
"""The workload that probes know beforehand."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def touch(core: Path, *words: str, told: str = "\n") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [core, "touch", *words], input=told, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("mode", ["secret", "memfd", "anon", "memfd-locked"])
def test_every_page_is_touched_once_and_the_kernel_counts_the_same(core: Path, mode: str) -> None:
    done = touch(core, mode, "23")
    assert done.returncode == 0, done.stderr
    region, touched = [json.loads(line) for line in done.stdout.splitlines()]
    assert region["line"] == "region"
    assert region["len_bytes"] == 23 * 4096
    assert region["base"] % 4096 == 0
    assert touched["faults"] == 23
    assert len(touched["values"]) == 23
    assert all(value > 0 for value in touched["values"])


def test_nothing_is_touched_before_somebody_says_so(core: Path) -> None:
    done = touch(core, "memfd", "23", told="")
    assert done.returncode == 1
    assert done.stdout.count("\n") == 1
    assert done.stderr == ("core: touch: nobody said when: write an empty line to its stdin\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("secret",), 2, "core: touch MODE PAGES"),
        (("secrte", "23"), 2, "core: touch MODE PAGES"),
        (("secret", "0"), 2, "1 to 65536 pages"),
        (("secret", "65537"), 2, "1 to 65536 pages"),
        (("packet-ring", "23"), 77, "it has no first touch"),
    ],
)
def test_what_cannot_be_touched_is_refused(
    core: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    done = touch(core, *words)
    assert done.returncode == code
    assert said in done.stderr
    assert done.stdout == ""


def test_sanitizers_find_nothing_in_a_touch(sanitized: Path) -> None:
    assert touch(sanitized, "secret", "23").returncode == 0
