# SPDX-License-Identifier: MIT
"""What a fact is, and where facts are read from."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from ..record.line import Check, Facts, Scalar


class Fact(msgspec.Struct, frozen=True):
    """One fact about the environment.

    A fact with a hint can stand in the way of measuring: `ok` says whether it does, and the
    hint what to do about it. A fact without a hint is only recorded.
    """

    name: str
    value: Scalar
    ok: bool = True
    hint: str = ""

    @property
    def check(self) -> Check:
        """The fact as a line of readiness."""
        if isinstance(self.value, bool):
            text = "yes" if self.value else "no"
        else:
            text = "unknown" if self.value is None else str(self.value)
        return Check(self.name, self.ok, text, self.hint)


def better_off(name: str, number: int | None, hint: str) -> Fact:
    """Return the fact of a switch that is in the way while it is on.

    Args:
        name: Of the fact.
        number: What the kernel says, 0 for off; None where it has no such switch.
        hint: How to switch it off.
    """
    return Fact(name, None if number is None else bool(number), ok=not number, hint=hint)


class Files:
    """The files that the kernel shows, below a root that tests may replace."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def text(self, path: str) -> str | None:
        """Return what a file says, stripped, or None if it cannot be read."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None

    def number(self, path: str) -> int | None:
        """Return the integer that a file holds, or None."""
        text = self.text(path)
        return int(text) if text and re.fullmatch(r"-?\d+", text) else None

    def chosen(self, path: str) -> str | None:
        """Return the word in [brackets] of a file such as transparent_hugepage/enabled."""
        match = re.search(r"\[(.+?)\]", self.text(path) or "")
        return match[1] if match else None

    def fields(self, path: str, separator: str = ":") -> dict[str, str]:
        """Return the `name: value` lines of a file; the first of each name counts."""
        found: dict[str, str] = {}
        for line in (self.text(path) or "").splitlines():
            name, divided, value = line.partition(separator)
            if divided:
                found.setdefault(name.strip(), value.strip())
        return found

    def names(self, path: str) -> list[str]:
        """Return the names in a folder, sorted; none if there is no such folder."""
        folder = self.root / path
        return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []


Source = Callable[[Files], Iterator[Fact]]


def facts_of(facts: Iterable[Fact]) -> Facts:
    """Return the facts as the record keeps them, in the order of their names."""
    return {fact.name: fact.value for fact in sorted(facts, key=lambda fact: fact.name)}
