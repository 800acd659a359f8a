# SPDX-License-Identifier: MIT
"""Text that is safe to print whatever a record file holds."""

import re

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
"""Characters that Python would print although nobody sees them: joiners, fillers, variation
selectors, the blank of Braille (Default_Ignorable_Code_Point of Unicode 16, and U+2800)."""

_PLAIN = r"\x20-\x7e"
_OTHER = re.compile(f"[^{_PLAIN}]")
_OTHER_IN_TEXT = re.compile(f"[^{_PLAIN}\\t\\n\\r\\xa0]")

_STEERING = re.compile(r":(?=:)|#(?=#\w*\[)")
"""What begins a command to a CI that reads our output: `::command::` at the start of a line, also
where ours are wrapped, and `##[command]` or `##vso[command]` anywhere in one
(github.com/actions/runner, ActionCommand.cs)."""


def printable(text: str) -> str:
    r"""The text with all that could mislead a terminal, a reader or a CI written as `\x1b`.

    These are control and format characters (also those that turn the direction of writing), line
    breaks, characters that nobody sees, and the beginnings of commands to a CI.
    """
    return _STEERING.sub(_escaped, _OTHER.sub(_shown, text))


def visible(text: str) -> str:
    r"""The text with all that nobody sees written as `\u202e`; tabs and line breaks stay."""
    return _OTHER_IN_TEXT.sub(_shown, text)


def inert(json: str) -> str:
    """JSON that says the same, begins no command to a CI, and holds nothing that nobody sees."""
    seen = _OTHER_IN_TEXT.sub(_unseen_in_json, json)
    return re.sub(r"#(?=#\w*\[)", r"\\u0023", seen)


def _unseen_in_json(found: re.Match[str]) -> str:
    if found[0].isprintable() and not _UNSEEN.match(found[0]):
        return found[0]
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def _shown(found: re.Match[str]) -> str:
    char = found[0]
    if char.isprintable() and not _UNSEEN.match(char):
        return char
    return char.encode("unicode_escape").decode()


def _escaped(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"
