# SPDX-License-Identifier: MIT
"""Simulated TLBs and caches of an emulated guest: the plugin of `bench/tlb`, and its models.

The plugin is built when it is asked for. A model is a line of text (bench/tlb/model.h): one of the
files in bench/tlb/models, what this machine's CPU tells of itself (`host`), or a line of the
caller's own.
"""

import os
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from ...error import BenchError, unknown

HERE = Path(__file__).parents[2] / "tlb"
HOST = "host"
CMDLINE = "nokaslr no_timer_check"
"""Words of the guest's command line: the plugin tells parts of the kernel apart by where they lie
without KASLR, and on a busy host the kernel's check of its timer fails and panics."""
_MOST_MODELS = 8
# Memory from here on lies behind 4 GiB: bench/tlb/ram.h.
_BELOW_BYTES = 3 * 2**30
_TIMEOUT_S = 120


class Simulation(msgspec.Struct, frozen=True):
    """What is simulated: the built plugin, and a line for each model."""

    plugin: Path
    lines: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The models' names, in the order in which they were asked for."""
        return tuple(line.partition(":")[0] for line in self.lines)


def names() -> list[str]:
    """Return the names of the models that there are files of, and `host`."""
    return [*sorted(path.stem for path in (HERE / "models").glob("*.toml")), HOST]


def simulation(asked: Iterable[str]) -> Simulation:
    """Build the plugin and find the models.

    Args:
        asked: Names of models, several in one with commas between, and lines of one's own
            (`mine: l1 4k+2m+1g 64x64; l2 4k 1024x8`).

    Raises:
        BenchError: No compiler, no such model, or a line that makes none.
    """
    wanted = [part.strip() for text in asked for part in text.split(",")]
    _refuse(wanted)
    plugin = _build()
    found = tuple(_checked(_line(part)) for part in wanted)
    simulated = Simulation(plugin, found)
    if len(set(simulated.names)) < len(found):
        raise BenchError(
            f"--tlb names a model twice ({', '.join(simulated.names)}): name each once"
        )
    return simulated


def arguments(simulated: Simulation, memory_bytes: int) -> Iterator[str]:
    """Yield QEMU's arguments for an emulated guest in which two boots do the same."""
    yield from ("-accel", "tcg,thread=single,tb-size=1024", "-cpu", "max", "-smp", "1")
    yield from ("-machine", f"pc,memory-backend=ram,max-ram-below-4g={_BELOW_BYTES}")
    yield from ("-object", f"memory-backend-memfd,id=ram,share=on,merge=off,size={memory_bytes}")
    # Time is the number of instructions; nothing random, and the same date at each boot.
    yield from ("-icount", "shift=0,sleep=off", "-seed", "1")
    yield from ("-rtc", "base=2026-01-01T00:00:00,clock=vm")
    words = (f"file={_doubled(simulated.plugin)}", f"below={_BELOW_BYTES}",
             *(f"model={line}" for line in simulated.lines))  # fmt: skip
    yield from ("-plugin", ",".join(words))


def explained(error: BenchError) -> BenchError:
    """Return an error of a boot as it is, or say what to do where QEMU did not take the plugin."""
    if "plugin" not in str(error):
        return error
    return BenchError(
        f"this QEMU does not take the plugin of bench/tlb, which needs its interface 1 (QEMU 7.2 "
        f"to 8.2; Debian 12: apt-get install qemu-system-x86): {error}"
    )


def _refuse(wanted: list[str]) -> None:
    for part in wanted:
        if ":" not in part and part not in names():
            raise unknown("model of --tlb", part, names())
    if len(wanted) > _MOST_MODELS:
        raise BenchError(f"--tlb: {len(wanted)} models, and {_MOST_MODELS} run at most: name fewer")


def _build() -> Path:
    # A job server that this process may have inherited is another build's.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    done = _run(["make", "-s", "-C", str(HERE)], environment)
    if done.returncode != 0:
        raise BenchError(
            f"cannot build bench/tlb: {_said(done)[0]}: it needs a C compiler (apt-get install gcc "
            "libc6-dev make) and room in its folder; try it with `make -C bench/tlb`"
        )
    return HERE / "build" / "tlb.so"


def _line(part: str) -> str:
    if ":" in part:
        return part
    if part == HOST:
        done = _run([str(HERE / "build" / "tlb-model"), "host"])
        if done.returncode != 0:
            raise BenchError(f"--tlb host: {_last(done)}")
        return done.stdout.strip()
    model = tomllib.loads((HERE / "models" / f"{part}.toml").read_text(encoding="utf-8"))
    return f"{part}: {model['line']}"


def _checked(line: str) -> str:
    done = _run([str(HERE / "build" / "tlb-model"), "check", line])
    if done.returncode != 0:
        raise BenchError(
            f"--tlb {line}: {_last(done)}; docs/method/tlb.md says how a model is written"
        )
    return done.stdout.strip()


def _run(
    command: list[str], environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, check=False, text=True, timeout=_TIMEOUT_S,
            stdin=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
    except OSError as error:
        raise BenchError(
            f"cannot run {command[0]} ({error.strerror}): bench/tlb is built with make and a C "
            "compiler (apt-get install gcc libc6-dev make)"
        ) from None
    except subprocess.TimeoutExpired:
        raise BenchError(
            f"{command[0]} did not end within {_TIMEOUT_S} s: run it by hand"
        ) from None


def _last(done: subprocess.CompletedProcess[str]) -> str:
    return _said(done)[-1].removeprefix("tlb-model: ")


def _said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Lines; make names the cause in the first, and only itself in the last."""
    said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return said or [f"exit code {done.returncode}"]


def _doubled(path: Path) -> str:
    """Commas of a path as QEMU's options have them."""
    return str(path).replace(",", ",,")
