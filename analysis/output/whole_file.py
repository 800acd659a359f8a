# SPDX-License-Identifier: MIT
"""Where output goes: whole, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .error import UsageError

RECORDS = (".jsonl", ".jsonl.gz", ".jsonl.xz")
"""How the names of record files end."""


def refuse_record(path: Path) -> None:
    """Refuse to write where a record lies.

    Raises:
        UsageError: One does.
    """
    if path.exists() and path.name.endswith(RECORDS):
        raise UsageError(f"{path}: a record lies there: choose another place to write")


@contextmanager
def whole(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Give a file to write beside `path`, which it replaces when all went well.

    Args:
        path: Where the file is to be.
        folder: Whether its folder may be made.

    Raises:
        UsageError: It cannot be written, is a record, or no ordinary file, such as a device, which
            would be replaced; what stood at `path` is as it was.
    """
    path = path.resolve()
    refuse_record(path)
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: no ordinary file: choose another place to write")
    part = path.with_name(f"{path.name}.part")
    try:
        if folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{path}: {reason}: choose another place to write") from None
    finally:
        if part.is_file():
            part.unlink(missing_ok=True)
