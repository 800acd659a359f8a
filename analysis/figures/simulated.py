# SPDX-License-Identifier: MIT
"""Misses of simulated TLBs for ordinary kernel work, by the dose of secret memory that is held."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..result.simulated import DOSES, STEPS, Simulated, simulated
from ..words.quantity import digits, size
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import BLUE, GREEN, INK, ORANGE, PURPLE, VERMILION

PLATE = Plate(
    name="simulated",
    title="TLB misses that splitting the direct map causes, by models of CPUs",
    description=(
        "Each line is ordinary kernel work in an emulated guest on a boot of its own: misses of "
        "the first TLB level, and page walks, on the kernel's own memory for each operation, "
        "before any secret memory was held, with a dose of it, and after the largest was given "
        "back and the work's memory made anew. What is counted is what a "
        "model of the CPU's TLBs would do, exactly, and no measurement of that CPU. Both scales "
        "begin at 0 and are linear up to 0.1 and logarithmic beyond. Median over runs."
    ),
    chapter="everyone",
    order=95,
)

_MOST_MODELS = 4
_COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, INK)
_MARKERS = "osD^vX"
_ROWS = {"misses": "first-level misses", "walks": "page walks"}
_LINEAR_TO = 0.1


def draw(material: Material) -> Figure | Absent:
    """A column for each model, misses above walks, a line for each work."""
    known = [each for each in simulated(material.campaigns, DOSES) if each.runs]
    found = [each for each in known if not each.is_noise_floor]
    if not found:
        return PLATE.absent("no work was counted by simulated TLBs beside a dose of secret memory")
    shown = [each for each in found if each.file == found[0].file]
    models = list(dict.fromkeys(each.model for each in shown))[:_MOST_MODELS]
    works = list(dict.fromkeys(each.work for each in shown))
    doses = sorted({each.dose_bytes for each in shown})
    with PLATE.sheet(5.6) as picture:
        axes = picture.subplots(len(_ROWS), len(models), sharey="row", sharex=True, squeeze=False)
        for row, (count, title) in enumerate(_ROWS.items()):
            for column, model in enumerate(models):
                lines = _lines([each for each in shown if each.model == model], count, doses)
                _draw(axes[row, column], lines, works, doses)
            axes[row, 0].set_ylabel(f"{title} per operation")
        for column, model in enumerate(models):
            axes[0, column].set_title(f"model {model}")
        handles = [
            Line2D([], [], color=_color(place), marker=_marker(place))
            for place in range(len(works))
        ]
        picture.legend(handles, works, loc="outside upper left", ncols=5)
        picture.supxlabel("secret memory held", fontsize=9.5)
        return PLATE.figure(picture, _table(known))


def _color(place: int) -> str:
    return _COLORS[place % len(_COLORS)]


def _marker(place: int) -> str:
    return _MARKERS[place % len(_MARKERS)]


def _lines(
    shown: Sequence[Simulated], count: str, doses: Sequence[int]
) -> Mapping[str, list[tuple[int, float]]]:
    """Work -> (place on the axis, count): before the smallest dose, each dose, after the last."""
    found: dict[str, list[tuple[int, float]]] = {}
    for each in sorted(shown, key=lambda each: each.dose_bytes):
        line = found.setdefault(each.work, [(0, getattr(each.kernel["control"], count))])
        line.append((1 + doses.index(each.dose_bytes), getattr(each.kernel["treatment"], count)))
        if each.dose_bytes == doses[-1] and each.areas["after"]:
            line.append((1 + len(doses), getattr(each.kernel["after"], count)))
    return found


def _draw(
    axes: Axes,
    lines: Mapping[str, list[tuple[int, float]]],
    works: Sequence[str],
    doses: Sequence[int],
) -> None:
    for work, line in lines.items():
        place = works.index(work)
        axes.plot(*zip(*line, strict=True), color=_color(place), marker=_marker(place))
    axes.set_yscale("symlog", linthresh=_LINEAR_TO)
    axes.set_ylim(bottom=-_LINEAR_TO / 10)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xticks(range(len(doses) + 2), ["none", *map(size, doses), "after"], fontsize=8)


def _table(known: Sequence[Simulated]) -> FigureTable:
    """One row per kernel, work, dose and model."""
    columns = (
        "kernel", "work", "dose", "of", "model", "accesses before", "with", "after",
        "misses before", "with", "after", "walks before", "with", "after", "runs",
    )  # fmt: skip
    rows = tuple(
        (
            str(each.file.campaign.environment.get("kernel_release", "unknown")),
            each.work,
            size(each.dose_bytes),
            each.cell.mode,
            each.model,
            *(
                digits(getattr(each.kernel[step], count))
                for count in ("accesses", "misses", "walks")
                for step in STEPS
            ),
            str(each.runs),
        )
        for each in known
    )
    return FigureTable(columns, rows)
