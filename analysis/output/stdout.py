# SPDX-License-Identifier: MIT
"""What goes to stdout, and a reader of it that has gone."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .page import Page


class ClosedError(Exception):
    """The reader of our output has gone."""


def page() -> Page:
    """A page as wide as the terminal, or plain text where there is none."""
    import shutil  # noqa: PLC0415

    from .page import Page  # noqa: PLC0415  rich costs a tenth of a second

    if not sys.stdout.isatty():
        return Page()
    return Page(shutil.get_terminal_size().columns, colour="NO_COLOR" not in os.environ)


def as_json(found: object) -> str:
    """Indented JSON of frozen rows, NaN as null."""
    import msgspec  # noqa: PLC0415

    from .printable import inert  # noqa: PLC0415

    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    return inert(text) + "\n"


def show(lines: Iterable[str]) -> None:
    """Write to stdout; a reader that has gone is its own good right."""
    try:
        sys.stdout.writelines(lines)
        sys.stdout.flush()
    except BrokenPipeError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ClosedError from error
