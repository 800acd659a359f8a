# SPDX-License-Identifier: MIT
"""Guests on Debian's own kernels, booted once for many tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.error import BenchError
from bench.machines.guest import debian
from bench.machines.guest.guest import Boot, Guest
from bench.machines.guest.kernel_image import Kernel
from bench.machines.guest.qemu import PROGRAM, Hardware

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = Hardware(memory_bytes=512 * 2**20)
# An emulated kernel boots in some ten seconds of a CPU of its own, which a busy machine has not.
PATIENT_S = 900.0
KERNELS = ("debian:6.1", "debian:6.12")


def fetch(name: str) -> Kernel:
    """The kernel of that name, or a skip with the reason why it cannot be had."""
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"no {PROGRAM}: apt-get install qemu-system-x86")
    try:
        return Kernel.at(debian.get(name).image)
    except BenchError as error:
        pytest.skip(f"no kernel to boot: {error}")


@pytest.fixture(scope="session")
def old_kernel() -> Kernel:
    return fetch("debian:6.1")


@pytest.fixture(scope="session")
def misbehave(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static program that does to a guest what the core should not."""
    path = tmp_path_factory.mktemp("guest") / "misbehave"
    source = Path(__file__).with_name("misbehave.c")
    compiler = shutil.which("gcc") or "clang"
    subprocess.run(
        [
            compiler,
            "-D_GNU_SOURCE",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-O1",
            "-static",
            source,
            "-o",
            path,
        ],
        check=True,
    )
    return path


@pytest.fixture(scope="session", params=KERNELS)
def guest(request: pytest.FixtureRequest, core: Path, misbehave: Path) -> Iterator[Guest]:
    """One emulated guest for each kernel, with two CPUs and 512 MiB."""
    boot = Boot(
        fetch(request.param), core, files={"misbehave": misbehave}, hardware=SMALL, kvm=False,
        limit_s=PATIENT_S,
    )  # fmt: skip
    found = Guest(boot)
    found.start()
    yield found
    found.close()
