# SPDX-License-Identifier: MIT
"""What goes to stdout."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .page import Page


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
    """Write to stdout; `ending` lets a reader go, and the verb goes on."""
    sys.stdout.writelines(lines)
    sys.stdout.flush()
