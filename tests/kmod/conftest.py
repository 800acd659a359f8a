# SPDX-License-Identifier: MIT
"""One emulated guest for each kernel of Debian, with the module loaded."""

from __future__ import annotations

import os
import re
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

from .lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
C = ["gcc", "-D_GNU_SOURCE", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
MEMORY_BYTES = 256 << 20


def run(*command: object) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        [str(word) for word in command],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


@pytest.fixture(scope="session", params=["6.1", "6.12"])
def kernel(request: pytest.FixtureRequest) -> debian.Fetched:
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed")
    try:
        return debian.get(f"debian:{request.param}")
    except BenchError as error:
        pytest.skip(f"the packages of Linux {request.param} cannot be had: {error}")


@pytest.fixture(scope="session")
def built(
    kernel: debian.Fetched, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The module for that kernel, and what make said; any warning is an error."""
    place = tmp_path_factory.mktemp("module")
    done = run(
        "make", "-C", ROOT / "bench/kmod", f"IMAGE={kernel.image}", f"B={place}",
        "W=1", "KCFLAGS=-Werror",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return place / "secretmem_wrap.ko", done


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that tries the module, static."""
    path = tmp_path_factory.mktemp("program") / "wrap"
    done = run(*C, "-static", *sorted((HERE / "program").glob("*.c")), "-o", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="session")
def core() -> Path:
    done = run("make", "-s", "-C", ROOT / "bench/native")
    assert done.returncode == 0, done.stderr
    return ROOT / "bench/native/build/core"


@pytest.fixture(scope="session")
def credulous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sanitized core that takes any latency for memory's, and has a mode that lies."""
    native = tmp_path_factory.mktemp("credulous") / "native"
    shutil.copytree(ROOT / "bench/native", native, ignore=shutil.ignore_patterns("build"))
    shutil.copy(HERE / "mistaken.c", native / "modes")
    source = native / "backing" / "secret_device.c"
    strict = re.compile(r"^#define LEAST_RATIO .*$", re.MULTILINE)
    text, changes = strict.subn("#define LEAST_RATIO 0.0", source.read_text())
    assert changes == 1
    source.write_text(text)
    done = run("make", "-s", "-C", native, "sanitized")
    assert done.returncode == 0, done.stderr
    return native / "build/core-sanitized"


def libraries(executable: Path) -> dict[str, Path]:
    """Return what it is linked with: path in the guest -> file here."""
    paths = re.findall(r"(/\S+) \(0x", run("ldd", executable).stdout)
    assert paths
    return {path.removeprefix("/"): Path(path).resolve() for path in paths}


@pytest.fixture(scope="session")
def lab(
    kernel: debian.Fetched,
    built: tuple[Path, object],
    program: Path,
    core: Path,
    credulous: Path,
) -> Iterator[Lab]:
    found = Kernel.at(kernel.image)
    assert found.modules is not None
    disk = next(found.modules.rglob("brd.ko*"))
    files = {"wrap": program, "credulous": credulous, **libraries(credulous)}
    guest = Guest(
        Boot(
            kernel=found, core=core, insmod=(disk, built[0]), files=files,
            hardware=Hardware(MEMORY_BYTES), kvm=False, limit_s=900,
        )
    )  # fmt: skip
    guest.start()
    yield Lab(guest)
    guest.close()
