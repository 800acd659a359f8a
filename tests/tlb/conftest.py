# SPDX-License-Identifier: MIT
"""The simulator's parts under sanitizers, and one guest with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from bench.machines.guest import simulation
from bench.machines.guest.guest import Boot, Guest
from bench.machines.guest.qemu import Hardware
from tests.bench.conftest import bench
from tests.bench.machines.guest.conftest import fetch

from .lab import Lab, Tool, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.machines.guest.kernel_image import Kernel

__all__ = ("bench",)

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TLB = ROOT / "bench" / "tlb"
CC = ["gcc", "-D_GNU_SOURCE", "-std=gnu11", "-Wall", "-Wextra", "-Werror", f"-I{TLB}"]
SANITIZED = [*CC, "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
MODELS = (
    "zen3", "glc", "skl",
    "joined: l1 4k+2m+1g 64x64 4k-joined; l2 4k+2m 2048x8 4k-joined",
)  # fmt: skip
MEMORY_BYTES = 1 << 30
OF_THE_OTHER = "plain/backing/library-dynamic.o"


def compiled(compiler: list[str], sources: list[Path], path: Path) -> Path:
    made(*compiler, *sources, "-o", path)
    return path


@pytest.fixture(scope="session")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """tlb-model, and the parts of the plugin that need no QEMU."""
    folder = tmp_path_factory.mktemp("tlb")
    pure = [TLB / f"{name}.c" for name in ("tlb", "cache", "model", "host")]
    parts = [TLB / f"{name}.c" for name in ("tlb", "host", "insn", "pages", "tables")]
    return Tool(
        model=compiled(SANITIZED, [TLB / "main.c", *pure], folder / "tlb-model"),
        parts=compiled(SANITIZED, [HERE / "program" / "parts.c", *parts], folder / "parts"),
    )


@pytest.fixture(scope="session")
def built() -> Path:
    """The native core as it is."""
    made("make", "-s", "-C", ROOT / "bench/native")
    return ROOT / "bench/native/build/core"


@pytest.fixture(scope="session")
def credulous(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same core with a mode that says uncached and is not: its own objects and one more."""
    objects = sorted(set(built.parent.glob("plain/**/*.o")) - {built.parent / OF_THE_OTHER})
    native = [*CC[:-1], f"-I{built.parents[1]}", "-static", "-pthread"]
    path = tmp_path_factory.mktemp("credulous") / "core"
    made(*native, HERE / "program" / "mistaken.c", *objects, "-lm", "-o", path)
    return path


@pytest.fixture(scope="session")
def programs(credulous: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Further files of the guest."""
    path = tmp_path_factory.mktemp("chase") / "chase"
    chase = compiled([*CC, "-O2", "-static"], [HERE / "program" / "chase.c"], path)
    return {"chase": chase, "credulous": credulous}


@pytest.fixture(scope="session")
def kernel() -> Kernel:
    return fetch("debian:6.12")


@pytest.fixture(scope="session")
def module(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("module")
    made("make", "-s", "-C", ROOT / "bench/kmod", f"IMAGE={kernel.image}", f"B={place}")
    return place / "secretmem_wrap.ko"


@pytest.fixture(scope="session")
def simulated() -> simulation.Simulation:
    return simulation.simulation(MODELS)


@pytest.fixture(scope="session")
def boot(
    kernel: Kernel,
    built: Path,
    module: Path,
    programs: dict[str, Path],
    simulated: simulation.Simulation,
) -> Boot:
    return Boot(
        kernel=kernel, core=built, cmdline=simulation.CMDLINE, insmod=(module,),
        files=programs, hardware=Hardware(MEMORY_BYTES, 1, simulated), kvm=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def lab(boot: Boot) -> Iterator[Lab]:
    guest = Guest(boot)
    guest.start()
    yield Lab(guest)
    guest.close()


@pytest.fixture
def lying(boot: Boot, simulated: simulation.Simulation, tmp_path: Path) -> Iterator[Lab]:
    """A guest whose plugin finds one page of a thousand where it is not."""
    copy = tmp_path / "tlb"
    made("cp", "-r", TLB, copy)
    made("rm", "-rf", copy / "build")
    source = copy / "pages.c"
    honest = "	right = is_kernel"
    text = source.read_text()
    assert text.count(honest) == 1
    lie = "	if (checked % 1000 == 999)\n		((struct pair *)pair)->place ^= 4096;\n"
    source.write_text(text.replace(honest, f"{lie}{honest}"))
    made("make", "-s", "-C", copy)
    liar = msgspec.structs.replace(simulated, plugin=copy / "build" / "tlb.so")
    hardware = msgspec.structs.replace(boot.hardware, simulated=liar)
    guest = Guest(msgspec.structs.replace(boot, hardware=hardware))
    guest.start()
    yield Lab(guest)
    guest.close()


@pytest.fixture
def without_make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
