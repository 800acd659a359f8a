# SPDX-License-Identifier: MIT
"""Output is whole, or what stood there stays."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from analysis.output.error import UsageError
from analysis.output.whole_file import whole


def fail_half_way(path: Path) -> None:
    with whole(path) as part:
        part.write_text("half of the n")
        raise OSError(28, "No space left on device")


def test_what_stood_there_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the earlier one")
    with pytest.raises(UsageError, match=r"report\.html: No space left on device"):
        fail_half_way(path)
    assert path.read_text() == "the earlier one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_whole_file_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    with whole(path, folder=True) as part:
        part.write_text("all of it")
    assert path.read_text() == "all of it"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with (
        pytest.raises(UsageError, match="choose another place"),
        whole(tmp_path / "taken" / "a", folder=True) as part,
    ):
        part.write_text("")


@pytest.mark.parametrize("kind", ["device", "pipe", "folder"])
def test_what_is_no_ordinary_file_is_not_replaced(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    if kind == "device":
        path.symlink_to("/dev/null")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(UsageError, match="no ordinary file"), whole(path) as part:
        part.write_text("")
    assert not path.is_file()
    assert not stat.S_ISREG(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.xz"])
def test_a_record_is_never_written_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(UsageError, match="a record lies there"), whole(tmp_path / name) as part:
        part.write_text("")
    assert (tmp_path / name).read_text() == "precious"


def test_a_link_stays_and_what_it_means_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    with whole(tmp_path / "link") as part:
        part.write_text("all of it")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "all of it"
