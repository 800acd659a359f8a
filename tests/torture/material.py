# SPDX-License-Identifier: MIT
"""Real inputs of every kind, small enough that a hundred thousand can be tried."""

from __future__ import annotations

import functools
import json
import lzma
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from bench.machines.guest.serial_frame import encode
from bench.record.seal import sealed
from tests.analysis import conftest as synthetic
from tests.analysis import ways
from tests.analysis.recording import Synthetic, SyntheticCell, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CORE = ROOT / "bench/native/build/core"
_LONGEST_BYTES = 12_000
_LINES = 9

POLICIES = (
    """inconclusive = "fail"
budget_s = 240
under_test = ["core_*"]
effect = "time"
[margins]
default = 0.05
[tolerances]
lock-limit = 0
[[ignore]]
cell = "access-latency/*/len_bytes=67108864*"
reason = "bistable"
until = 2999-03-31
""",
    """[margins]
default = 0.1
first-touch = 0.2
[[ignore]]
cell = "x/*"
reason = "r"
until = 2999-01-01
""",
    'inconclusive = "report"\n',
)


def _rows(given: Synthetic) -> bytes:
    return b"".join(sealed(json.dumps(line).encode()) + b"\n" for line in lines(given))


def unchanged(identity: str) -> bytes:
    """A record of two cells, of which a gate finds nothing regressed beside another of its kind."""
    cells = [
        SyntheticCell("first-touch", "secret", "memfd", ratio=5, noise=0.001, runs=14, values=3),
        SyntheticCell("first-touch", "memfd", "memfd", noise=0.001, runs=14, values=3),
        SyntheticCell("lock-limit", "secret", None, base=3, runs=2, values=1),
    ]
    return _rows(Synthetic(cells, id=identity))


@functools.cache
def records() -> tuple[bytes, ...]:
    """Synthetic ones of all kinds of cells, and the first lines of those in the reference."""
    few = [_shorter(cell) for cell in synthetic.cells()]
    secrecy = [_shorter(cell) for cell in (*ways.owner(), *ways.others(), *ways.availability())]
    return (
        unchanged("0" * 16), _rows(Synthetic(few)), _rows(Synthetic(secrecy, id="1" * 16)),
        *_of_the_reference(),
    )  # fmt: skip


def _shorter(cell: SyntheticCell) -> SyntheticCell:
    return SyntheticCell(**{**vars(cell), "runs": min(cell.runs, 3)})


def _of_the_reference() -> Iterator[bytes]:
    for path in sorted((ROOT / "results/reference").glob("*/*.jsonl.xz")):
        with lzma.open(path) as stream:
            found = [line for line in stream if len(line) < _LONGEST_BYTES][:_LINES]
        if found[0].startswith(b'{"kind":"campaign"'):
            yield b"".join(sealed(line[:-1]) + b"\n" for line in found)


@functools.cache
def plans() -> tuple[bytes, ...]:
    """The shipped ones."""
    return tuple(path.read_bytes() for path in sorted((ROOT / "bench/plans").glob("*.toml")))


@functools.cache
def policies() -> tuple[bytes, ...]:
    """As a person writes them."""
    return tuple(text.encode() for text in POLICIES)


@functools.cache
def weights() -> tuple[bytes, ...]:
    """The shipped ones."""
    return ((ROOT / "analysis/secrecy/weight.toml").read_bytes(), b"[group]\nrest = 1\n")


@functools.cache
def outputs() -> tuple[bytes, ...]:
    """Runs of the real core: a time with two arms, a count, a way in, a run with classes."""
    runs = (
        "access-latency anon --control memfd len_bytes=4096 slices=5",
        "first-touch memfd --control memfd pages=8", "lock-limit memfd",
        "way-proc-mem anon --control anon",
    )  # fmt: skip
    return tuple(map(_printed, runs))


def _printed(words: str) -> bytes:
    """What a good run prints; on a busy machine one may fail."""
    for _ in range(9):
        done = subprocess.run([CORE, "run", *words.split()], capture_output=True, check=False)
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    return done.stdout


@functools.cache
def catalogues() -> tuple[bytes, ...]:
    """What the real core lists."""
    return (subprocess.run([CORE, "list"], capture_output=True, check=True).stdout,)


@functools.cache
def frames() -> tuple[bytes, ...]:
    """What a guest sends while it runs a program, and when it is asked for files."""
    end = encode(b"X", struct.pack("<QI", 10**9, 0))
    output = outputs()[0]
    return (
        encode(b"O", output[:100]) + encode(b"O", output[100:]) + encode(b"E", b"said\n") + end,
        encode(b"F", b"/proc/meminfo\0MemTotal: 1 kB\n") + encode(b"F", b"/sys/a/b\0x")
        + encode(b"D"),
        end,
    )  # fmt: skip
