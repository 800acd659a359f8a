# SPDX-License-Identifier: MIT
"""From matplotlib to SVG: text kept as text, ids unique over a page, the same bytes each time."""

import io
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from xml.sax.saxutils import escape

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ...output.printable import visible
from ...read.modes import Modes
from ...words.quantity import tick
from .mode_style import INK, RULE, ModeStyle, style_of

WIDTH_IN = 7.0
"""Width of every figure; at 72 units to the inch text of 9.5 units is readable on a phone."""

ROOM = 92
"""Letters of the legend that fit the width of a figure."""

_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_TAG = re.compile(r"<[^>]*>")
_ID = re.compile(r'(\bid="|href="#|url\(#)')
_HEAD = re.compile(r"^.*?<svg ", re.DOTALL)
_STYLE = re.compile(r"\s*<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_NOT_XML = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAMILY = re.compile(r"(?<=[\"; ])font-family: 'DejaVu Sans'[^;\"]*;? ?")
_FINER = re.compile(r"(\.\d{2})\d+")
_MARKS = re.compile(r'<use [^>]*?( style="[^"]*")/>\n(?:<use [^>]*?\1/>\n)+')
_LAYOUT = re.compile(
    r"\s*<!--.*?-->|(?<=\n) +|<g id=\"[^\"]*\"/>\n|(?<=<g) id=\"[^\"]*\"(?=>)"
    r"| transform=\"rotate\(-0 [^\"]*\""
)


@contextmanager
def settings(name: str) -> Iterator[None]:
    """Matplotlib's settings for one figure; must be open both while drawing and in `to_svg`.

    Args:
        name: Name of the figure; salts the ids that matplotlib makes from contents.
    """
    with mpl.rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": name,
            "text.parse_math": False,  # a "$" in a mode's name is a dollar sign
            "font.family": "DejaVu Sans",  # comes with matplotlib: one layout everywhere
            "font.size": 9.5,
            "axes.titlesize": 10,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.labelsize": 9.5,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.titlecolor": INK,
            "axes.linewidth": 0.8,
            "grid.color": RULE,
            "grid.linewidth": 0.6,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "legend.fontsize": 9,
            "legend.frameon": False,
            "lines.linewidth": 1.4,
            "lines.markersize": 5,
            "errorbar.capsize": 0,
        }
    ):
        yield


def drawing(height_in: float) -> Drawing:
    """An empty drawing as wide as every figure and `height_in` inches high."""
    return Drawing(figsize=(WIDTH_IN, height_in), layout="constrained")


def stacked(picture: Drawing, heights: Sequence[float], *, share_x: bool = False) -> list[Axes]:
    """Axes below each other, as high as given in relation to each other."""
    grid = picture.subplots(
        len(heights), 1, sharex=share_x, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    return list(grid[:, 0])


def rows(axes: Axes, labels: Sequence[str], reach: float = 0.5) -> None:
    """One row per label from top to bottom, with room above the first and below the last."""
    axes.set_yticks(range(len(labels)), list(labels))
    axes.set_ylim(len(labels) - 1 + reach, -reach)
    bare(axes)


def bare(axes: Axes) -> None:
    """Rows without ticks and lines of a grid."""
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def beside(axes: Axes, place: float, words: str, x: float = 1.02, **style: Any) -> None:  # noqa: ANN401  matplotlib's
    """Words at the right of a row."""
    across = axes.get_yaxis_transform()
    axes.text(x, place, words, transform=across, va="center", fontsize=9, **style)


def marks(
    axes: Axes,
    x: Sequence[float],
    y: Sequence[float],
    style: ModeStyle,
    **more: Any,  # noqa: ANN401
) -> None:
    """Markers of a mode, with the error bars and the line that `more` asks for, as matplotlib's."""
    axes.errorbar(
        x,
        y,
        color=style.color,
        marker=style.marker,
        markerfacecolor=style.face,
        **{"linestyle": "none", **more},
    )


def bars(points: Sequence[tuple[float, float, float]]) -> npt.NDArray[np.float64]:
    """Lengths of error bars below and above, shape (2, points), 0 where there is no interval.

    Args:
        points: (low, estimate, high) of each point.
    """
    below = [middle - low for low, middle, _ in points]
    above = [high - middle for _, middle, high in points]
    lengths = np.array([below, above], dtype=np.float64).reshape(2, -1)
    return np.maximum(np.nan_to_num(lengths), 0.0)


def log_seconds(axes: Axes, side: Literal["x", "y"]) -> None:
    """Names on a logarithmic axis of times, as many as there is room for.

    Args:
        axes: Must hold its data already; equal values get some room around them.
        side: Which axis.
    """
    axis = axes.xaxis if side == "x" else axes.yaxis
    low, high = axis.get_view_interval()
    if high < 2 * low:
        low, high = low / 2, high * 2
        axes.set(**{f"{side}lim": (low, high)})
    decades = math.log10(high / low)
    steps = (1.0,) if decades > 2 else (1.0, 3.0) if decades > 1.2 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _: tick(value, "s")))
    axis.set_minor_locator(NullLocator())


def legend(picture: Drawing, names: Sequence[str], controls: set[str | None], modes: Modes) -> None:
    """Names of modes above all axes, the control named as such."""
    handles = [
        Line2D([], [], color=s.color, marker=s.marker, markerfacecolor=s.face, linestyle=s.line)
        for s in (style_of(name, modes) for name in names)
    ]
    texts = [f"{name} (control)" if name in controls else name for name in names]
    columns = min(4, max(1, ROOM // (max(map(len, texts)) + 7)))
    picture.legend(handles, texts, loc="outside upper left", ncols=columns, handlelength=3)


def to_svg(picture: Drawing, name: str, title: str, description: str) -> str:
    """Render to one `<svg>` element that can stand in a page or, with `document`, alone.

    Every id gets `name` as its prefix, title and description are read out by
    screen readers, and the font falls back to that of the page.
    """
    stream = io.StringIO()
    with warnings.catch_warnings():
        # Text stays text: a sign that matplotlib's own font lacks is drawn by the reader's.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        picture.savefig(stream, format="svg", transparent=True, dpi=144, metadata=_METADATA)
    svg = _STYLE.sub("", stream.getvalue(), count=1)
    svg = _LAYOUT.sub("", svg)
    # A hundredth of a point is finer than any screen or printer.
    svg = _TAG.sub(lambda tag: _FINER.sub(r"\1", _ID.sub(rf"\g<1>{name}-", tag[0])), svg)
    # Marks of one colour say it once, together.
    svg = _MARKS.sub(lambda marks: f"<g{marks[1]}>\n{marks[0].replace(marks[1], '')}</g>\n", svg)
    svg = _FAMILY.sub("", svg)
    svg = _HEAD.sub(
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" '
        'style="stroke-linejoin: round; stroke-linecap: butt; '
        "font-family: 'DejaVu Sans', Verdana, sans-serif\" ",
        svg,
        count=1,
    )
    words = (
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
    )
    return clean(svg.replace(">", f">\n{words}", 1))


def clean(text: str) -> str:
    """The text with a replacement character for each one that XML and HTML do not allow.

    Characters that nobody sees, or that turn the direction of writing, are written as such.
    """
    return visible(_NOT_XML.sub("\ufffd", text))


def document(svg: str) -> str:
    """An SVG file's text: the element of `to_svg` after an XML declaration."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{svg}'
