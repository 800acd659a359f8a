"""Which colour, marker and line a mode has, the same in every figure.

Colours are those of Okabe and Ito (2008), which stay apart for colour-blind
readers. Related modes share a colour and differ in marker and line, so that
the figures also work in grey.
"""

import zlib
from dataclasses import dataclass
from typing import Literal

INK = "#1c2024"
SOFT = "#59636e"
RULE = "#d5dae0"
BAND = "#c3cad2"
PAPER = "#ffffff"

GREY = "#7f8994"

BLUE = "#0072b2"
SKY = "#56b4e9"
GREEN = "#009e73"
VERMILION = "#d55e00"
PURPLE = "#cc79a7"
ORANGE = "#e69f00"


Line = Literal["-", "--", "-.", ":"]


@dataclass(frozen=True)
class Look:
    """How a mode is drawn; `marker` and `line` are matplotlib's."""

    color: str
    marker: str
    line: Line
    filled: bool = True

    @property
    def dot(self) -> str:
        """Colour in a cloud: clouds are pixels, so it must show on light and on dark paper."""
        return GREY if self.color == INK else self.color

    @property
    def face(self) -> str:
        """Fill of the marker, matplotlib's markerfacecolor."""
        return self.color if self.filled else "none"


_KNOWN = {
    "secret": Look(VERMILION, "o", "-"),
    "secret-flushed": Look(PURPLE, "X", "-"),
    "memfd": Look(INK, "D", "--"),
    "memfd-locked": Look(GREEN, "s", "-"),
    "memfd-huge": Look(GREEN, "^", ":", filled=False),
    "anon": Look(BLUE, "v", "-"),
    "anon-locked": Look(BLUE, "s", "--", filled=False),
    "anon-huge": Look(SKY, "^", "-"),
    "hugetlb": Look(SKY, "h", ":", filled=False),
    "packet-ring": Look(ORANGE, "P", "-."),
    "guarded": Look(BLUE, "p", ":"),
    "pkey": Look(SKY, "d", "--"),
    "sodium": Look(GREEN, "<", "-."),
    "openssl-secure": Look(GREEN, ">", "--", filled=False),
    "encrypted-at-rest": Look(ORANGE, "*", "-"),
}
_SPARE = tuple(
    Look(color, marker, "-.", filled=False)
    for marker in ("p", "d", "<", ">", "*")
    for color in (PURPLE, ORANGE, GREEN, SKY, BLUE)
)
_ORDER = {mode: place for place, mode in enumerate(_KNOWN)}


def look(mode: str) -> Look:
    """The look of a mode; one that is not known gets a spare look by its name alone."""
    known = _KNOWN.get(mode)
    return known if known else _SPARE[zlib.crc32(mode.encode()) % len(_SPARE)]


def in_order(modes: set[str]) -> list[str]:
    """Modes in the order in which every figure lists them: secret memory first."""
    return sorted(modes, key=lambda mode: (_ORDER.get(mode, len(_ORDER)), mode))
