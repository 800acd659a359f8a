# SPDX-License-Identifier: MIT
"""Two builds run under names of one length, and no file stands for these names."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from bench.compare.builds import staged

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def script(path: Path, said: str) -> Path:
    path.write_text(f"#!{sys.executable} -SE\nprint({said!r})\n")
    path.chmod(0o755)
    return path


def test_both_have_names_of_one_length_and_run_by_them(tmp_path: Path) -> None:
    paths = [script(tmp_path / "a", "one"), script(tmp_path / "a-longer-name", "other")]
    opened = [tmp_path.joinpath(str(number)).open("w") for number in range(20)]
    with staged(paths) as names:
        assert len({len(str(name)) for name in names}) == 1
        said = [subprocess.run([name], capture_output=True, check=True).stdout for name in names]
    assert said == [b"one\n", b"other\n"]
    assert not any(name.exists() for name in names)
    for each in opened:
        each.close()


def test_nothing_lies_on_the_disk_that_a_kill_could_leave_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    with staged([script(tmp_path / "a", "one"), script(tmp_path / "b", "other")]):
        assert list((tmp_path / "temporary").iterdir()) == []


def test_one_build_alone_keeps_its_own_name(tmp_path: Path) -> None:
    with staged([tmp_path / "a"]) as names:
        assert names == [tmp_path / "a"]
