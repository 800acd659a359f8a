"""What each mode keeps secret beside what it costs, and which modes no other beats."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from ..cost import PRICES
from ..frontier import beaten_by
from ..weight import share
from . import canvas
from .figure import Absent, Figure, Table
from .look import INK, SOFT, look
from .quantity import between, quantity, scaled, tick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from ..cost import Cost, Costs
    from ..secrecy import Matrix
    from ..weight import Share, Weights

PANELS = {"owner": ("use", "life"), "everyone": ("others-life", "others-touch")}
"""Who pays -> prices that are drawn, one panel each."""

TITLES = {
    "owner": "What each mode keeps secret, and what that costs its owner",
    "everyone": "What each mode keeps secret, and what that costs everyone else",
}
HEADS = {
    "use": "one use: open, read, close",
    "life": "one secret: obtain to give back",
    "others-life": "lost elsewhere per secret",
    "others-touch": "lost elsewhere per first touch",
}
DESCRIPTION = (
    "Modes from the most secret down. Bars: weighted share of the ways in that a mode closes; "
    "dark is closed, striped is closed between uses only, outlined was not tried. Markers: cost "
    "with its 95 % interval over runs, left is cheaper. Filled: no other mode beats it, that is "
    "none at least as secret is cheaper, and none more secret costs as little. Hollow: beaten. "
    "The marks follow from the sets of closed ways, not from the weights."
)


def draw(found: Matrix, prices: Costs, given: Weights) -> tuple[Figure | Absent, ...]:
    """One figure for each who pays: the owner, and everyone.

    Args:
        found: What was tried.
        prices: What was measured.
        given: Weights of the bars.
    """
    shares = {mode: share(found, mode, given) for mode in found.levels}
    order = {mode: place for place, mode in enumerate(found.modes)}
    modes = sorted(
        shares, key=lambda mode: (-shares[mode].closed, -shares[mode].at_rest, -order[mode])
    )
    return tuple(
        _figure(payer, found, prices, {mode: shares[mode] for mode in modes}) for payer in PANELS
    )


def _figure(
    payer: str, found: Matrix, prices: Costs, shares: Mapping[str, Share]
) -> Figure | Absent:
    """The picture for one who pays."""
    name, title = f"frontier-{payer}", TITLES[payer]
    priced = [each for each in PANELS[payer] if any(mode in prices[each] for mode in shares)]
    if not shares:
        return Absent(name, title, "no way of reading the memory was tried in these records")
    if not priced:
        metrics = dict.fromkeys(price.metric for price in PRICES if price.name in PANELS[payer])
        return Absent(name, title, f"no mode that was tried has a value of {', '.join(metrics)}")
    with canvas.style(name):
        picture = canvas.drawing(0.95 + 0.27 * len(shares))
        axes = picture.subplots(
            1,
            1 + len(priced),
            squeeze=False,
            sharey=True,
            gridspec_kw={"width_ratios": [0.8, *[1] * len(priced)]},
        )[0]
        _draw_shares(axes[0], shares)
        for each, price in zip(axes[1:], priced, strict=True):
            _draw_costs(
                each, price, prices[price], list(shares), beaten_by(found.levels, [prices[price]])
            )
        svg = canvas.to_svg(picture, name, title, DESCRIPTION)
    return Figure(name, title, DESCRIPTION, svg, _table(found, prices, priced, shares))


def _draw_shares(axes: Axes, shares: Mapping[str, Share]) -> None:
    """One bar per mode."""
    places = range(len(shares))
    closed, rest, untried = (
        [getattr(each, part) for each in shares.values()]
        for part in ("closed", "at_rest", "not_tried")
    )
    sums = [one + other for one, other in zip(closed, rest, strict=True)]
    axes.barh(places, closed, height=0.55, color=SOFT)
    axes.barh(
        places,
        rest,
        left=closed,
        height=0.55,
        color="none",
        edgecolor=SOFT,
        hatch="////",
        linewidth=0.8,
    )
    axes.barh(
        places,
        untried,
        left=sums,
        height=0.55,
        color="none",
        edgecolor=SOFT,
        linewidth=0.8,
        linestyle=":",
    )
    axes.set_title("ways closed")
    axes.set_yticks(places, list(shares))
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_locator(MaxNLocator(2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda part, _: f"{100 * part:.0f} %"))
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def _draw_costs(
    axes: Axes,
    price: str,
    of_price: Mapping[str, Cost],
    modes: Sequence[str],
    beaten: Mapping[str, Sequence[str]],
) -> None:
    """One marker per mode with its cost in words, or that it was not measured."""
    for place, mode in enumerate(modes):
        cost = of_price.get(mode)
        if cost is None:
            _say(axes, place, "not measured", color=SOFT)
            continue
        style, best = look(mode), not beaten[mode]
        axes.errorbar(
            [cost.estimate],
            [place],
            xerr=canvas.bars([(cost.low, cost.estimate, cost.high)]),
            color=style.color,
            marker="o",
            markersize=7 if best else 5,
            markerfacecolor=style.color if best else "none",
            linestyle="none",
        )
        _say(axes, place, quantity(cost.estimate, cost.unit), weight="bold" if best else "normal")
    axes.set_title(HEADS[price])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    _scale(axes, any(cost.certain_low <= 0 for cost in of_price.values()))


def _say(axes: Axes, place: float, words: str, *, weight: str = "normal", color: str = INK) -> None:
    """Words at the right of a row."""
    across = axes.get_yaxis_transform()
    axes.text(
        1.03, place, words, transform=across, va="center", fontsize=9, weight=weight, color=color
    )


def _scale(axes: Axes, linear: bool) -> None:
    """A logarithmic axis of times, or a linear one where a cost may be nothing."""
    if not linear:
        axes.set_xscale("log")
        canvas.log_seconds(axes, "x")
        low, high = axes.get_xlim()
        if math.log10(high / low) > 2:
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0,), numticks=4))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value, "s")))
        axes.xaxis.set_minor_formatter(NullFormatter())
        return
    axes.axvline(0, color=INK, linewidth=0.8)
    low, high = axes.get_xlim()
    scale, name = scaled(max(-low, high), "s")
    axes.xaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time_s, _: f"{time_s / scale:.4g}"))
    axes.set_xlabel(name)


def _table(
    found: Matrix, prices: Costs, priced: Sequence[str], shares: Mapping[str, Share]
) -> Table:
    """One row per mode and price."""
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
            beaten = beaten_by(found.levels, [prices[price]]).get(mode, ())
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
    return Table(columns, tuple(rows))
