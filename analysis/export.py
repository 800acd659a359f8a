"""The tidy frame as files for other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .error import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from .load import Campaigns


def write_parquet(campaigns: Campaigns, path: Path) -> None:
    """Write the tidy frame as Parquet; text columns are dictionaries there.

    Raises:
        UsageError: The path is one of the record files.
        OSError: It cannot be written.
    """
    part = _part(campaigns, path)
    campaigns.values.to_parquet(part, index=False)
    part.replace(path)


def write_csv(campaigns: Campaigns, path: Path) -> None:
    """Write the tidy frame as CSV with a heading line, values with all their digits.

    Raises:
        UsageError: The path is one of the record files.
        OSError: It cannot be written.
    """
    part = _part(campaigns, path)
    campaigns.values.to_csv(part, index=False)
    part.replace(path)


def _part(campaigns: Campaigns, path: Path) -> Path:
    """Where to write first, so that `path` is whole or untouched."""
    if any(path.resolve() == file.path.resolve() for file in campaigns.files):
        raise UsageError(f"{path}: is the record file itself: name another file to write")
    return path.with_name(path.name + ".part")
