# SPDX-License-Identifier: MIT
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[3] / "results" / "FORMAT.md"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
CELL = "lock-limit/secret"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split()[1])
def test_what_the_format_shows_opens_a_record_in_ten_lines(record: Path, block: str) -> None:
    record.rename(record.with_name("record.jsonl"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        cwd=record.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if CELL in line)
    assert "3.0" in line
    assert len([line for line in block.splitlines() if line]) <= 10


def test_the_format_shows_pandas_and_duckdb() -> None:
    assert [block.split()[1] for block in BLOCKS] == ["pandas", "duckdb"]
