# SPDX-License-Identifier: MIT
import csv
from pathlib import Path

import pandas as pd
import pytest

from analysis.export.tidy import tidy
from analysis.export.tidy_file import write
from analysis.output.error import UsageError
from analysis.read.load import load


def test_parquet_gives_back_the_tidy_frame(record: Path, tmp_path: Path) -> None:
    campaigns = load([record])
    write(campaigns, tmp_path / "a.parquet", as_csv=False)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "a.parquet"), tidy(campaigns.files))


def test_csv_keeps_every_digit(record: Path, tmp_path: Path) -> None:
    campaigns = load([record])
    write(campaigns, tmp_path / "a.csv", as_csv=True)
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    values = tidy(campaigns.files)
    assert list(rows[0]) == list(values.columns)
    assert [float(row["value"]) for row in rows] == values["value"].tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "synthetic.jsonl"]


def test_the_record_itself_is_never_overwritten(record: Path) -> None:
    before = record.read_bytes()
    with pytest.raises(UsageError, match="is the record file itself"):
        write(load([record]), record, as_csv=True)
    assert record.read_bytes() == before
