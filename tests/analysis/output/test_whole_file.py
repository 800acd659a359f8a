# SPDX-License-Identifier: MIT
"""Output is whole, or what stood there stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analysis.output.error import UsageError
from analysis.output.whole_file import whole

if TYPE_CHECKING:
    from pathlib import Path


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
