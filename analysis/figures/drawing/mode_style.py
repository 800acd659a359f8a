# SPDX-License-Identifier: MIT
"""Which colour, marker and line a mode has, the same in every figure.

Colours are those of Okabe and Ito (2008), which stay apart for colour-blind
readers. Related modes share a colour and differ in marker and line, so that
the figures also work in grey. What a mode has is said by the record.
"""

import zlib
from dataclasses import dataclass
from typing import Literal, get_args

from matplotlib.lines import Line2D

from ...read.modes import Modes

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

HUES = {
    "vermilion": VERMILION,
    "purple": PURPLE,
    "ink": INK,
    "green": GREEN,
    "blue": BLUE,
    "sky": SKY,
    "orange": ORANGE,
}
"""What a record calls a colour -> the colour."""

Stroke = Literal["-", "--", "-.", ":"]
STROKES: tuple[Stroke, ...] = get_args(Stroke)
MARKERS = frozenset(each for each in Line2D.markers if isinstance(each, str) and len(each) == 1)


@dataclass(frozen=True)
class ModeStyle:
    """How a mode is drawn; `marker` and `line` are matplotlib's."""

    color: str
    marker: str
    line: Stroke
    filled: bool = True

    @property
    def dot(self) -> str:
        """Colour in a cloud: clouds are pixels, so it must show on light and on dark paper."""
        return GREY if self.color == INK else self.color

    @property
    def face(self) -> str:
        """Fill of the marker, matplotlib's markerfacecolor."""
        return self.color if self.filled else "none"


_SPARE = tuple(
    ModeStyle(color, marker, "-.", filled=False)
    for marker in ("p", "d", "<", ">", "*")
    for color in (PURPLE, ORANGE, GREEN, SKY, BLUE)
)


def style_of(mode: str, modes: Modes) -> ModeStyle:
    """The style of a mode; one of which nobody says a colour gets a spare one by its name alone."""
    said = modes.appearance(mode)
    spare = _SPARE[zlib.crc32(mode.encode()) % len(_SPARE)]
    if said.hue not in HUES:
        return spare
    return ModeStyle(
        color=HUES[said.hue],
        marker=said.marker if said.marker in MARKERS else spare.marker,
        line=next((line for line in STROKES if line == said.line), "-"),
        filled=not said.hollow,
    )
