# SPDX-License-Identifier: MIT
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bench.campaign.history import History, read
from bench.campaign.writer import Writer
from bench.error import BenchError
from bench.record.line import (
    Campaign,
    Cell,
    CoreInfo,
    End,
    Machine,
    MetricInfo,
    Resume,
    Run,
    Target,
    utc_now,
)  # fmt: skip

CAMPAIGN = Campaign(
    schema=1, id="0" * 16, created=utc_now(), plan="p", seed=1, budget_s=1.0,
    machine=Machine("local", "m", emulated=False), environment={"a": 1}, counters={},
    core=CoreInfo("0", "x86_64", "tsc", 1e-9, 1e-9), modes={},
    metrics={"m": MetricInfo("about", "owner", "s", "lower", "nothing", paired=False)},
    cells=(Cell("m/a", "m", "a", None, {}, Target(0.02, 8, 40)),), readiness=(), warnings=(),
)  # fmt: skip


def held(path: Path) -> History:
    with path.open("rb") as stream:
        return read(stream, path)


def run(number: int, values: int = 3) -> Run:
    return Run(
        run=number, cell="m/a", round=0, seed=1, started=utc_now(), elapsed_s=0.1, core_s=0.1,
        timed_s=0.1, status="ok", reason="", values={"treatment": [1.25e-09] * values},
    )  # fmt: skip


def test_what_is_written_is_read_back_the_same(tmp_path: Path) -> None:
    writer = Writer.create(tmp_path / "deep" / "down" / "a.jsonl")
    writer.append(CAMPAIGN)
    writer.append(run(0))
    writer.close()
    writer, history, warnings = Writer.reopen(writer.path)
    writer.append(Resume(created=utc_now(), counters={}, environment={}))
    writer.append(run(1))
    writer.close()
    assert history.campaign == CAMPAIGN
    assert warnings == []
    assert [r.run for r in held(writer.path).runs] == [0, 1]


def test_fields_that_say_nothing_are_left_out_of_a_run(tmp_path: Path) -> None:
    writer = Writer.create(tmp_path / "a.jsonl")
    writer.append(run(0))
    writer.close()
    line = json.loads(writer.path.read_text())
    assert "placement" not in line
    assert line["reason"] == ""


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("mine")
    with pytest.raises(BenchError, match=f"{path} exists.*--resume"):
        Writer.create(path)
    assert path.read_text() == "mine"


def test_a_path_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match=r"cannot write .*a folder in its path is a file.*--out"):
        Writer.create(tmp_path / "file" / "a.jsonl")


def test_a_file_without_a_line_is_not_left_behind(tmp_path: Path) -> None:
    Writer.create(tmp_path / "a.jsonl").close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [1, 40, 200])
def test_a_last_line_cut_short_is_removed_with_a_warning(tmp_path: Path, kept: int) -> None:
    writer = Writer.create(tmp_path / "a.jsonl")
    writer.append(CAMPAIGN)
    writer.append(run(0))
    writer.close()
    whole = writer.path.read_bytes()
    with writer.path.open("ab") as stream:
        stream.write(whole.splitlines()[-1][:kept])
    writer, history, warnings = Writer.reopen(writer.path)
    writer.close()
    assert len(history.runs) == 1
    assert len(warnings) == 1
    assert "cut short" in warnings[0]
    assert writer.path.read_bytes() == whole


def test_two_campaigns_do_not_write_one_file(tmp_path: Path) -> None:
    writer = Writer.create(tmp_path / "a.jsonl")
    writer.append(CAMPAIGN)
    with pytest.raises(BenchError, match="being written by another campaign"):
        Writer.reopen(writer.path)
    writer.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no record file"),
        (b"hello\n", "is no record file"),
        (b'{"kind":"run"}\n', "is no record file"),
        (b'{"kind":"campaign","schema":2}\n', "schema 2, this version writes 1: update"),
        (b'{"kind":"campaign","schema":1}\n', "line 1: not a record line"),
        (b"\xff\xfe\n", "is no record file"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_left_alone(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(BenchError, match=said):
        Writer.reopen(path)
    assert path.read_bytes() == content


def test_damage_in_the_middle_of_a_file_without_checksums_names_its_line(tmp_path: Path) -> None:
    writer = Writer.create(tmp_path / "a.jsonl")
    writer.append(CAMPAIGN)
    writer.close()
    first = json.loads(writer.path.read_text())
    del first["crc32"]
    writer.path.write_text(json.dumps(first) + '\n{"kind":"run","run":"x"}\n')
    with pytest.raises(BenchError, match="line 2: not a record line"):
        held(writer.path)


# A process of its own, because the limit and the mount are the whole process's.
_WRITE = """
import sys
from pathlib import Path
from bench.error import BenchError
from bench.campaign.writer import Writer
from tests.bench.campaign.test_writer import CAMPAIGN, run
writer = Writer.create(Path(sys.argv[1]))
try:
    writer.append(CAMPAIGN)
    for number in range(10**6):
        writer.append(run(number, values=1000))
except BenchError as error:
    print(error)
finally:
    writer.close()
"""


def write_until_refused(path: Path, limit_bytes: int | None = None) -> str:
    def limit() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    done = subprocess.run(
        [sys.executable, "-c", _WRITE, str(path)],
        capture_output=True, text=True, check=True, timeout=600, preexec_fn=limit,
    )  # fmt: skip
    return done.stdout


def test_a_file_that_may_not_grow_stays_valid_up_to_its_last_whole_record(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    said = write_until_refused(path, 100_000)
    assert "File too large: it is valid up to its last whole record" in said
    assert f"--resume {path}" in said
    data = path.read_bytes()
    assert data.endswith(b"\n")
    assert len(held(path).runs) == len(data.splitlines()) - 1 > 3


def test_a_full_disk_leaves_a_valid_file(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip(f"mounting a small disk is not permitted: {mounted.stderr.strip()}")
    try:
        path = tmp_path / "a.jsonl"
        assert "No space left on device" in write_until_refused(path)
        assert len(held(path).runs) > 3
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_disk_too_full_for_the_first_line_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    said = write_until_refused(path, 10)
    assert "make room or choose another --out" in said
    assert not path.exists()


def test_an_end_line_has_what_the_format_says(tmp_path: Path) -> None:
    writer = Writer.create(tmp_path / "a.jsonl")
    writer.append(
        End(created=utc_now(), status="budget", wall_s=1, core_share=0.9, counters={}, cells={})
    )
    writer.close()
    assert json.loads(writer.path.read_text())["kind"] == "end"


@pytest.mark.parametrize(
    "content", [b"precious", b"my only notes\nno newline", b"\x1f\x8b\x08rest"]
)
def test_a_file_that_is_not_ours_is_left_as_it_was(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(BenchError):
        Writer.reopen(path)
    assert path.read_bytes() == content
