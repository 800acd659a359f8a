# SPDX-License-Identifier: MIT
"""Exit code 1 is the gate's "regressed" and nothing else, whatever is read and whoever listens."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from analysis.output.ending import INTERRUPTED, REGRESSED, USAGE, ended
from analysis.output.error import UsageError

from ..command import COMMAND, analysis
from ..recording import Synthetic, SyntheticCell, lines, write

# Seeds of their own come with the gate's own tests; here a plain factor is enough.
BASE = SyntheticCell("first-touch", "secret", "memfd", ratio=5.0, noise=0.001, runs=20)
SLOWER = SyntheticCell("first-touch", "secret", "memfd", ratio=7.5, noise=0.001, runs=20)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("a"), USAGE), (KeyError("a"), USAGE), (RecursionError(), USAGE),
        (MemoryError(), USAGE), (OSError(28, "full"), USAGE), (SystemExit(1), USAGE),
        (KeyboardInterrupt(), INTERRUPTED),
    ],
)  # fmt: skip
def test_whatever_is_raised_never_means_regressed(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    def run() -> None:
        raise error

    assert ended("analysis", run) == code
    assert capsys.readouterr().err.count("\n") <= 1


@pytest.fixture
def records(tmp_path: Path) -> list[str]:
    """A baseline, a candidate that is half as slow again, and one that is as it was."""
    return [
        str(write(tmp_path / f"{name}.jsonl", Synthetic([cell], id=name * 16)))
        for name, cell in (("a", BASE), ("b", SLOWER), ("c", BASE))
    ]


def gate(paths: list[str], closed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *COMMAND, "gate", *paths],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_verdict_is_the_same_with_its_streams_closed(records: list[str], closed: str) -> None:
    base, slower, same = records
    done = gate([base, slower], closed)
    assert (done.returncode, "Traceback" in done.stderr) == (REGRESSED, False)
    assert gate([base, same], closed).returncode == 0


def test_a_verdict_that_cannot_be_printed_for_want_of_room_is_an_error(records: list[str]) -> None:
    done = gate(records[:2], ">/dev/full")
    assert done.returncode == USAGE
    assert done.stderr.startswith("analysis: No space left on device: make room")


def test_a_reader_that_has_gone_does_not_keep_the_second_file_from_being_written(
    records: list[str], tmp_path: Path
) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    words = ["export", "--parquet", str(tmp_path / "a.parquet"), "--csv", str(tmp_path / "a.csv")]
    done = subprocess.run([*COMMAND, *words, records[0]], stdout=theirs, check=False)
    os.close(theirs)
    assert done.returncode == 0
    assert (tmp_path / "a.csv").stat().st_size > 100


HOSTILE: dict[str, tuple[int, bytes]] = {
    "brackets in line 1": (0, b'{"kind":"campaign","x":' + b"[" * 3000 + b"]" * 3000 + b"}"),
    "brackets in a run": (1, b'{"kind":"run","x":' + b"[" * 3000 + b"]" * 3000 + b"}"),
    "no UTF-8 in line 1": (0, b'{"kind":"campaign","schema":1,"plan":"\xff\xfe"}'),
    "no UTF-8 in a run": (1, b'{"kind":"run","cell":"\xff\xfe"}'),
    "schema of 5,000 digits": (0, b'{"kind":"campaign","schema":' + b"9" * 5000 + b"}"),
    "nothing but a number": (0, b"9" * 5000),
}


@pytest.mark.parametrize("verb", ["summary", "gate", "compare", "report", "baseline accept"])
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_line_is_one_line_and_exit_2(tmp_path: Path, what: str, verb: str) -> None:
    place, text = HOSTILE[what]
    rows = [json.dumps(line).encode() for line in lines(Synthetic([BASE]))]
    rows[place] = text
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(rows) + b"\n")
    done = analysis(*verb.split(), path, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert done.stderr.startswith(f"analysis: {path}: line {place + 1} ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("digits", [30, 400, 5000])
@pytest.mark.parametrize("field", ["budget_s", "seed"])
def test_a_number_of_any_length_is_read_or_refused_in_a_line(
    tmp_path: Path, field: str, digits: int
) -> None:
    first, *rest = (json.dumps(line) for line in lines(Synthetic([BASE])))
    first = first.replace('"seed": 1,', '"seed": 1, "unknown": 1,')
    first = first.replace(f'"{field}": ', f'"{field}": {"9" * digits}', 1)
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f"{row}\n" for row in (first, *rest)))
    done = analysis("summary", path)
    assert done.returncode in (0, USAGE)
    assert done.stderr.count("\n") == (done.returncode != 0)


def test_an_output_of_a_gate_is_not_written_into_a_record(records: list[str]) -> None:
    before = Path(records[0]).read_bytes()
    for flag in ("--markdown", "--junit"):
        done = analysis("gate", flag, records[0], *records[:2])
        assert done.returncode == USAGE
        assert "a record lies there" in done.stderr
    assert Path(records[0]).read_bytes() == before
