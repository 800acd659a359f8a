# SPDX-License-Identifier: MIT
"""Text that is safe to print whatever a record file holds."""


def printable(text: str) -> str:
    r"""The text with control, format and line-breaking characters written as `\x1b`."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
