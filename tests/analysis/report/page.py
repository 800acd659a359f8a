# SPDX-License-Identifier: MIT
"""A report as a reader without a browser sees it: its elements, links and text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_VOID = {"meta", "link", "br", "hr", "img", "input"}
_Attributes = dict[str, str]


@dataclass
class Page:
    """What the parser found, in the order of the page."""

    tags: list[str] = field(default_factory=list)
    attributes: list[_Attributes] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    """(target, text) of every link."""
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text with single blanks."""
        return " ".join(" ".join(self.texts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[str] = []
        self.target: str | None = None
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.page.tags.append(tag)
        self.page.attributes.append(attributes)
        if "id" in attributes:
            self.page.ids.append(attributes["id"])
        if tag == "a":
            self.target, self.words = attributes.get("href"), []
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.target is not None:
            self.page.links.append((self.target, "".join(self.words)))
            self.target = None
        if tag in self.open:
            while self.open and self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if "style" not in self.open:
            self.page.texts.append(data)


def read(html: str) -> Page:
    """Parse one page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page
