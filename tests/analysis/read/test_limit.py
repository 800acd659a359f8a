# SPDX-License-Identifier: MIT
"""Nothing that is read grows without bound, and what is no ordinary file is refused."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from analysis.output.error import UsageError
from analysis.read import load as module
from analysis.read.load import load
from bench.record.seal import sealed

from ..command import COMMAND
from ..recording import Synthetic, SyntheticCell, lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CELL = SyntheticCell("create", "secret", "memfd", runs=3, values=2)
MOST_MB = 500


def rows() -> list[bytes]:
    return [json.dumps(line).encode() + b"\n" for line in lines(Synthetic([CELL]))]


# A child counts the memory of whoever starts it until it has become another program, and a worker
# of the tests is large. So a small process starts it, and tells what its child took.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
sys.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)
"""


def peak_mb(*arguments: str | Path) -> tuple[int, str, float]:
    """Exit code, stderr and peak memory of one start of the analysis."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr, float(done.stdout)


def zeros(path: Path, before: bytes) -> None:
    """A file that unpacks to a GiB of zeros behind what is given."""
    pack = lzma.compress if path.suffix == ".xz" else gzip.compress
    # Parts that were packed one by one unpack to one whole.
    path.write_bytes(pack(before) + 64 * pack(bytes(16 * 2**20)))


@pytest.mark.parametrize("suffix", [".xz", ".gz"])
@pytest.mark.parametrize("whole_lines", [0, 3])
def test_a_small_file_that_unpacks_to_a_gib_takes_no_gib(
    tmp_path: Path, suffix: str, whole_lines: int
) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    zeros(path, b"".join(rows()[:whole_lines]))
    code, said, memory_mb = peak_mb("summary", path)
    assert (code, said.count("\n")) == (2, 1)
    assert "unpacks to a line longer than 32 MiB" in said
    assert memory_mb < MOST_MB


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind":"run","tables":{"t":{"columns":[],"rows":[%b[1]]}}}' % (b"[1]," * (7 * 2**20)),
        b'{"kind":"run","values":{"treatment":[%b1]}}' % (b"1.5," * (7 * 2**20)),
        b'{"kind":"run","notes":{%b"z":1}}'
        % b"".join(b'"k%07d":1,' % at for at in range(22 * 10**5)),
    ],
    ids=["small rows", "values", "names"],
)
def test_a_line_of_very_many_things_takes_no_more_than_it_may(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(rows()[0] + line + b"\n")
    code, said, memory_mb = peak_mb("summary", path)
    assert (code, said.count("\n")) == (2, 1)
    assert memory_mb < MOST_MB


def test_a_file_of_very_many_runs_takes_no_more_than_it_may(tmp_path: Path) -> None:
    first, run = rows()[0], json.loads(rows()[1])
    campaign = json.loads(first)
    cell = campaign["cells"][0]
    campaign["cells"] = [cell | {"cell": f"c{number}"} for number in range(130)]
    path = tmp_path / "a.jsonl"
    with path.open("w") as stream:
        stream.write(json.dumps(campaign) + "\n")
        for number in range(131_000):
            line = run | {"run": number, "cell": f"c{number % 130}", "seed": number}
            stream.write(json.dumps(line) + "\n")
    code, said, memory_mb = peak_mb("summary", path)
    assert (code, said.count("\n")) == (2, 1)
    assert "more than 1000 runs of its cell" in said
    assert memory_mb < MOST_MB


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(rows()))
    os.truncate(path, 2**40)  # a hole: it takes no room
    with pytest.raises(UsageError, match="unpacks to more than 256 MiB"):
        load([path])


def test_what_a_record_may_hold_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(rows()))
    monkeypatch.setattr(module, "MOST_LINE_BYTES", max(map(len, rows())))
    monkeypatch.setattr(module, "MOST_BYTES", path.stat().st_size)
    monkeypatch.setattr(module, "MOST_RUNS_OF_A_CELL", 3)
    assert len(load([path]).files[0].runs) == 3
    monkeypatch.setattr(module, "MOST_RUNS_OF_A_CELL", 2)
    with pytest.raises(UsageError, match=r"line 4 is malformed .more than 2 runs"):
        load([path])


def a_pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def a_folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize(
    "made",
    [
        a_pipe, lambda path: path.with_name("zero"), lambda path: path.with_name("environ"),
        lambda path: path.with_name("full"),
    ],
    ids=["pipe", "/dev/zero", "/proc/self/environ", "/dev/full"],
)  # fmt: skip
@pytest.mark.parametrize(
    "verb", [["summary"], ["gate", "--policy"], ["report", "--weights"], ["baseline", "accept"]]
)
def test_what_is_no_ordinary_file_is_refused_at_once(
    tmp_path: Path, made: Callable[[Path], Path], verb: list[str]
) -> None:
    for name in ("zero", "full"):
        (tmp_path / name).symlink_to(f"/dev/{name}")
    (tmp_path / "environ").symlink_to("/proc/self/environ")
    record = tmp_path / "record.jsonl"
    record.write_bytes(b"".join(rows()))
    words = [*verb, made(tmp_path / "a"), *([record] if verb[-1].startswith("--") else [])]
    done = subprocess.run(
        [*COMMAND, *map(str, words)], capture_output=True, text=True, check=False, timeout=600,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30,) * 2),
    )  # fmt: skip
    assert done.returncode == 2
    assert "no ordinary file" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_folder_where_a_file_is_meant_is_refused(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    record.write_bytes(b"".join(rows()))
    folder = a_folder(tmp_path / "folder")
    for words in (("gate", "--policy"), ("report", "--weights")):
        code, said, _ = peak_mb(*words, folder, record)
        assert (code, said.count("\n")) == (2, 1)
        assert "no ordinary file" in said


def test_a_small_file_of_lines_without_end_is_refused_soon(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.xz"
    whole = b"".join(sealed(row[:-1]) + b"\n" for row in rows())
    path.write_bytes(lzma.compress(whole) + 64 * lzma.compress(b"\n" * 2**24))
    code, said, memory_mb = peak_mb("summary", path)
    assert (code, said.count("\n")) == (2, 1)
    assert "more than 1000 lines are damaged" in said
    assert memory_mb < MOST_MB
