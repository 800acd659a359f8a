"""The tidy frame as files for other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..output.error import UsageError
from ..output.whole_file import whole

if TYPE_CHECKING:
    from pathlib import Path

    from ..read.load import Campaigns


def write_parquet(campaigns: Campaigns, path: Path) -> None:
    """Write the tidy frame as Parquet; text columns are dictionaries there.

    Raises:
        UsageError: The path is one of the record files, or cannot be written.
    """
    _refuse_record(campaigns, path)
    values = campaigns.values
    with whole(path) as part:
        values.to_parquet(part, index=False)


def write_csv(campaigns: Campaigns, path: Path) -> None:
    """Write the tidy frame as CSV with a heading line, values with all their digits.

    Raises:
        UsageError: The path is one of the record files, or cannot be written.
    """
    _refuse_record(campaigns, path)
    values = campaigns.values
    with whole(path) as part:
        values.to_csv(part, index=False)


def _refuse_record(campaigns: Campaigns, path: Path) -> None:
    if any(path.resolve() == file.path.resolve() for file in campaigns.files):
        raise UsageError(f"{path}: is the record file itself: name another file to write")
