# SPDX-License-Identifier: MIT
"""The tidy table as a file for other tools."""

from pathlib import Path

from ..output.error import UsageError
from ..output.whole_file import whole
from ..read.campaigns import Campaigns
from .tidy import tidy


def write(campaigns: Campaigns, path: Path, *, as_csv: bool) -> None:
    """Write all values, one row per value, see `tidy`.

    Args:
        campaigns: Whose values.
        path: Where.
        as_csv: As CSV with a heading line and all digits of the values; else as Parquet, whose
            text columns are dictionaries.

    Raises:
        UsageError: The path is one of the record files, or cannot be written.
    """
    if any(path.resolve() == file.path.resolve() for file in campaigns.files):
        raise UsageError(f"{path}: is the record file itself: name another file to write")
    values = tidy(campaigns.files)
    with whole(path) as part:
        (values.to_csv if as_csv else values.to_parquet)(part, index=False)
