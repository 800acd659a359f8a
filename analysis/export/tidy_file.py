"""The tidy table as a file for other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..output.error import UsageError
from ..output.whole_file import whole
from .tidy import tidy

if TYPE_CHECKING:
    from pathlib import Path

    from ..read.campaigns import Campaigns

Form = Literal["parquet", "csv"]
"""In Parquet text columns are dictionaries; CSV has a heading line, and values all their digits."""


def write(campaigns: Campaigns, path: Path, form: Form) -> None:
    """Write all values, one row per value, see `tidy`.

    Raises:
        UsageError: The path is one of the record files, or cannot be written.
    """
    if any(path.resolve() == file.path.resolve() for file in campaigns.files):
        raise UsageError(f"{path}: is the record file itself: name another file to write")
    values = tidy(campaigns.files)
    with whole(path) as part:
        (values.to_parquet if form == "parquet" else values.to_csv)(part, index=False)
