# SPDX-License-Identifier: MIT
"""What each mode keeps secret beside what it costs, and which modes no other beats."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from ...secrecy.cost import PRICES, Cost
from ...secrecy.frontier import beaten_by
from ...secrecy.weight import Share, share
from ...words.quantity import between, quantity, scaled, tick
from . import canvas
from .figure import Absent, Figure, FigureTable, Material, Plate
from .mode_style import INK, SOFT, style_of

HEADS = {
    "use": "time per use",
    "life": "time per secret's life",
    "others-life": "lost per secret's life",
    "others-touch": "lost per first touch",
}
"""Price -> title of its panel; the page's table says it in full."""
BARS: dict[str, dict[str, Any]] = {
    "closed": {"facecolor": SOFT},
    "closed between uses": {
        "facecolor": "none",
        "edgecolor": SOFT,
        "hatch": "////",
        "linewidth": 0.8,
    },
    "not tried": {"facecolor": "none", "edgecolor": SOFT, "linewidth": 0.8, "linestyle": ":"},
}
"""Part of a bar -> how it is drawn."""

READING = (
    "Bars: share of the ways in that a mode closes, weighted; a way that is neither shown in them "
    "is open. Left is cheaper; bars on markers are 95 % intervals over runs. A mode is beaten by "
    "one that is at least as secret and not dearer, and better in one of the two: by the sets of "
    "closed ways, whatever the weights."
)


def draw(plate: Plate, prices: Sequence[str], material: Material) -> Figure | Absent:
    """The picture for one who pays.

    Args:
        plate: Its words.
        prices: Names of the prices that are drawn, one panel each.
        material: What was tried and measured.
    """
    shares = _shares(material)
    if not shares:
        return plate.absent("no way of reading the memory was tried in these records")
    found = material.prices
    priced = [each for each in prices if any(mode in found[each] for mode in shares)]
    if not priced:
        metrics = dict.fromkeys(price.metric for price in PRICES if price.name in prices)
        return plate.absent(f"no mode that was tried has a value of {', '.join(metrics)}")
    with plate.sheet(1.2 + 0.27 * len(shares)) as picture:
        axes = picture.subplots(
            1,
            1 + len(priced),
            squeeze=False,
            sharey=True,
            gridspec_kw={"width_ratios": [0.8, *[1] * len(priced)]},
        )[0]
        _draw_shares(axes[0], shares)
        for each, price in zip(axes[1:], priced, strict=True):
            _draw_costs(each, price, list(shares), material)
        _legend(picture)
        return plate.figure(picture, _table(material, priced, shares))


def _shares(material: Material) -> Mapping[str, Share]:
    """Mode -> the weighted shares of its ways, the mode that closes most first."""
    found = material.ways
    shares = {mode: share(found, mode, material.weights) for mode in found.ranks}
    order = {mode: place for place, mode in enumerate(found.modes)}
    modes = sorted(
        shares, key=lambda mode: (-shares[mode].closed, -shares[mode].at_rest, -order[mode])
    )
    return {mode: shares[mode] for mode in modes}


def _legend(picture: Drawing) -> None:
    """What bars and markers stand for, above all axes."""
    handles = [
        *(Patch(**style) for style in BARS.values()),
        *(
            Line2D([], [], color=INK, marker="o", ls="none", markersize=size, markerfacecolor=face)
            for size, face in ((7, INK), (5, "none"))
        ),
    ]
    names = [*BARS, "no mode beats it", "beaten"]
    picture.legend(
        handles, names, loc="outside upper left", ncols=5, handlelength=1.6, columnspacing=1.4
    )


def _draw_shares(axes: Axes, shares: Mapping[str, Share]) -> None:
    """One bar per mode."""
    places = range(len(shares))
    left = [0.0] * len(shares)
    for part, style in zip(("closed", "at_rest", "not_tried"), BARS.values(), strict=True):
        widths = [getattr(each, part) for each in shares.values()]
        axes.barh(places, widths, left=left, height=0.55, **style)
        left = [one + other for one, other in zip(left, widths, strict=True)]
    axes.set_title("ways closed")
    canvas.rows(axes, list(shares), 0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_locator(MaxNLocator(2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda part, _: f"{100 * part:.0f} %"))


def _draw_costs(axes: Axes, price: str, names: Sequence[str], material: Material) -> None:
    """One marker per mode with its cost in words, or that it was not measured."""
    of_price = material.prices[price]
    beaten = beaten_by(material.ways.ranks, [of_price])
    for place, mode in enumerate(names):
        cost = of_price.get(mode)
        if cost is None:
            canvas.beside(axes, place, "not measured", 1.03, color=SOFT)
            continue
        color, best = style_of(mode, material.modes).color, not beaten[mode]
        axes.errorbar(
            [cost.estimate],
            [place],
            xerr=canvas.bars([(cost.low, cost.estimate, cost.high)]),
            color=color,
            marker="o",
            markersize=7 if best else 5,
            markerfacecolor=color if best else "none",
            linestyle="none",
        )
        weight = "bold" if best else "normal"
        canvas.beside(axes, place, _words(cost), 1.03, weight=weight, color=INK)
    axes.set_title(HEADS[price])
    canvas.bare(axes)
    _scale(axes, any(cost.certain_low <= 0 for cost in of_price.values()))


def _words(cost: Cost) -> str:
    """A cost, or that none was seen over the control's."""
    seen = not cost.against or not cost.certain_low <= 0 <= cost.certain_high
    return quantity(cost.estimate, cost.unit) if seen else "none seen"


def _scale(axes: Axes, linear: bool) -> None:
    """A logarithmic axis of times, or a linear one where a cost may be nothing."""
    if not linear:
        axes.set_xscale("log")
        canvas.log_seconds(axes, "x")
        low, high = axes.get_xlim()
        if math.log10(high / low) > 1.2:
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0,), numticks=4))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value, "s")))
        axes.xaxis.set_minor_locator(NullLocator())
        return
    axes.axvline(0, color=INK, linewidth=0.8)
    low, high = axes.get_xlim()
    scale, name = scaled(max(-low, high), "s")
    axes.xaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time_s, _: f"{time_s / scale:.4g}"))
    axes.set_xlabel(name)


def _table(material: Material, priced: Sequence[str], shares: Mapping[str, Share]) -> FigureTable:
    """One row per mode and price."""
    found, prices = material.ways, material.prices
    columns = (
        "mode", "closed", "at rest", "not tried", "open", "weighted share", "price", "cost",
        "95 % interval", "beaten by",
    )  # fmt: skip
    rows = []
    for mode, part in shares.items():
        counts = [
            str(len(found.of(mode, result)))
            for result in ("closed", "at rest", "not tried", "open")
        ]
        for price in priced:
            cost = prices[price].get(mode)
            beaten = beaten_by(found.ranks, [prices[price]]).get(mode, ())
            said = (
                ("not measured", "", "")
                if cost is None
                else (
                    quantity(cost.estimate, cost.unit),
                    between(cost.low, cost.high, cost.unit),
                    ", ".join(beaten) or "none",
                )
            )
            rows.append((mode, *counts, f"{100 * part.closed:.0f} %", HEADS[price], *said))
    return FigureTable(columns, tuple(rows))
