# SPDX-License-Identifier: MIT
"""Misses of simulated TLBs for ordinary kernel work, by the dose of secret memory that is held."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from ..result.simulated import DOSES, STEPS, Simulated, Step, simulated
from ..words.quantity import digits, size
from ..words.simulated import by_dose, steps_of
from .drawing.figure import Absent, Figure, FigureTable, Material, Plate
from .drawing.mode_style import BLUE, GREEN, INK, ORANGE, PURPLE, VERMILION

PLATE = Plate(
    name="simulated",
    title="TLB misses that splitting the direct map causes, by models of CPUs",
    description=(
        "Each line is ordinary kernel work in an emulated guest on a boot of its own: misses of "
        "the first TLB level (above), and page walks (below, on the same scale), on the kernel's "
        "own memory for each operation: before any secret memory was held, with a dose of it, and "
        "after the largest was given back and the work's memory made anew. What is counted is "
        "what a model of the CPU's TLBs would do, exactly, and no measurement of that CPU. The "
        "scale begins at 0 and is linear up to 0.1 and logarithmic beyond. Median over runs."
    ),
    chapter="everyone",
    order=95,
)

_MOST_MODELS = 4
_COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, INK)
_MARKERS = "osD^vX"
_ROWS = {"misses": "first-level misses", "walks": "page walks"}
_LINEAR_TO = 0.1
_ROOM = 3
"""Above the highest point, as a factor."""


def draw(material: Material) -> Figure | Absent:
    """A column for each model, misses above walks, a line for each work."""
    known = [each for each in simulated(material.campaigns, DOSES) if each.runs]
    found = [each for each in known if not each.is_noise_floor]
    if not found:
        return PLATE.absent("no work was counted by simulated TLBs beside a dose of secret memory")
    shown = [each for each in found if each.label == found[0].label]
    models = list(dict.fromkeys(each.model for each in shown))[:_MOST_MODELS]
    works = list(dict.fromkeys(each.work for each in shown))
    steps = steps_of(shown)
    with PLATE.sheet(5.6) as picture:
        axes = picture.subplots(len(_ROWS), len(models), sharey=True, sharex=True, squeeze=False)
        for row, (count, title) in enumerate(_ROWS.items()):
            for column, model in enumerate(models):
                of_model = [each for each in shown if each.model == model]
                _draw(axes[row, column], by_dose(of_model, count), works, steps)
            axes[row, 0].set_ylabel(f"{title} per operation")
        for column, model in enumerate(models):
            axes[0, column].set_title(f"model {model}")
        _scale(axes[0, 0], shown)
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


def _draw(
    axes: Axes,
    lines: Mapping[str, Mapping[int | Step, float]],
    works: Sequence[str],
    steps: Sequence[int | Step],
) -> None:
    for work, line in lines.items():
        place = works.index(work)
        axes.plot(
            [steps.index(step) for step in line],
            list(line.values()),
            color=_color(place),
            marker=_marker(place),
        )
    axes.set_xticks(range(len(steps)), list(map(_name, steps)), fontsize=8)


def _name(step: int | Step) -> str:
    if isinstance(step, str):
        return "given\nback"
    return size(step).replace(" ", "\n") if step else "none"


def _scale(axes: Axes, shown: Sequence[Simulated]) -> None:
    """One scale for all panels, so that what rises and what does not are seen at once."""
    most = max(each.own[step].misses for each in shown for step in STEPS)
    axes.set_yscale("symlog", linthresh=_LINEAR_TO)
    axes.set_ylim(-_LINEAR_TO / 4, max(most, 1.0) * _ROOM)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))


def _table(known: Sequence[Simulated]) -> FigureTable:
    """One row per kernel, work, dose and model."""
    columns = (
        "kernel", "work", "dose", "of", "model", "accesses before", "with", "after",
        "misses before", "with", "after", "walks before", "with", "after", "runs",
    )  # fmt: skip
    rows = tuple(
        (
            each.kernel,
            each.work,
            size(each.dose_bytes),
            each.mode,
            each.model,
            *(
                digits(getattr(each.own[step], count))
                for count in ("accesses", "misses", "walks")
                for step in STEPS
            ),
            str(each.runs),
        )
        for each in known
    )
    return FigureTable(columns, rows)
