# SPDX-License-Identifier: MIT
"""Series of ratios over campaigns, each with where it moved, one SVG per series."""

import re
from pathlib import Path

from matplotlib.axes import Axes

from ...gate.history import Episode, History, Series
from ...output.whole_file import whole
from ...read.modes import Modes
from ...words.quantity import times
from .canvas import bars, document, drawing, settings, to_svg
from .mode_style import INK, style_of

MOVED = "#b3261e"
"""Colour of a change point."""


def draw(history: History, out: Path, modes: Modes) -> list[Path]:
    """Write one SVG per series.

    Raises:
        UsageError: `out` cannot be written to.
    """
    written: list[Path] = []
    for series in history.series:
        name = re.sub(r"[^A-Za-z0-9]+", "-", series.cell).strip("-")
        path = out / f"{name}.svg"
        if path in written:
            path = out / f"{name}-{len(written)}.svg"
        with whole(path, folder=True) as part:
            part.write_text(document(_svg(series, path.stem, modes)), encoding="utf-8")
        written.append(path)
    return written


def _svg(series: Series, name: str, modes: Modes) -> str:
    description = (
        f"Ratio to the control of {series.cell} over {len(series.points)} campaigns on "
        f"{series.machine}, in their order, with 95 % intervals. Red: change points. Dashed: "
        "changes of the environment."
    )
    with settings(name):
        picture = drawing(3.2)
        axes = picture.subplots()
        _points(axes, series, modes)
        _marks(axes, series)
        _passing(axes, series)
        axes.set_title(series.cell, fontsize=8.5)
        axes.set_xlabel("campaign")
        axes.set_ylabel("ratio to the control")
        return to_svg(picture, name, series.cell, description)


def _points(axes: Axes, series: Series, modes: Modes) -> None:
    places = list(range(len(series.points)))
    lengths = bars([(point.low, point.ratio, point.high) for point in series.points])
    mode = series.cell.split("/")[1].split(":")[0]
    colour = style_of(mode, modes).color
    ratios = [point.ratio for point in series.points]
    axes.errorbar(places, ratios, yerr=lengths, fmt="o", color=colour, markersize=4)
    step = max(1, -(-len(places) // 5))
    axes.margins(y=0.2)  # room for the words of a change point
    axes.set_xticks(places[::step], [point.created[:10] for point in series.points[::step]])


def _marks(axes: Axes, series: Series) -> None:
    """Where the environment changed and where the series moved; each level as a line."""
    named: dict[int, list[str]] = {}
    for change in series.changes:
        named.setdefault(change.index, []).append(change.fact)
    for index, names in named.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        axes.axvline(index - 0.5, color=INK, linestyle="--", linewidth=0.8)
        axes.annotate(
            f"{names[0]}{more}", (index - 0.5, 0.02), xycoords=("data", "axes fraction"),
            rotation=90, va="bottom", ha="right", fontsize=8,
        )  # fmt: skip
    ends = [point.index for point in series.change_points] + [len(series.points)]
    for point, end in zip(series.change_points, ends[1:], strict=True):
        begin = max([p.index for p in series.change_points if p.index < point.index], default=0)
        axes.axvline(point.index - 0.5, color=MOVED, linewidth=1.4)
        axes.hlines(point.before, begin - 0.5, point.index - 0.5, color=MOVED, linewidth=1)
        axes.hlines(point.after, point.index - 0.5, end - 0.5, color=MOVED, linewidth=1)
        axes.annotate(
            f"{times(point.before)} to {times(point.after)}", (point.index - 0.4, 0.97),
            xycoords=("data", "axes fraction"), va="top", color=MOVED, fontsize=8,
        )  # fmt: skip


def _passing(axes: Axes, series: Series) -> None:
    """What came and went: an episode's level as a dotted line, spikes as rings."""
    for episode in series.episodes:
        axes.hlines(
            episode.ratio, episode.begin - 0.5, episode.end - 0.5, color=MOVED, linestyle=":"
        )
        axes.annotate(
            f"{times(episode.ratio)} for a while", (episode.begin - 0.4, 0.9),
            xycoords=("data", "axes fraction"), va="top", color=MOVED, fontsize=8,
        )  # fmt: skip
    places = [place for spike in series.spikes for place in _places(spike)]
    ratios = [series.points[place].ratio for place in places]
    axes.plot(places, ratios, "o", color=MOVED, markersize=9, fillstyle="none")


def _places(spike: Episode) -> range:
    return range(spike.begin, spike.end)
