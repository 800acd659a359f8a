# SPDX-License-Identifier: MIT
"""Effects in words: how a mode compares with its control, and whether that was seen."""

import math
from collections.abc import Sequence

from ..result.cell import CellResult
from ..result.effect import Effect
from ..stats.interval import Interval
from .quantity import percent, quantity, scaled


def effect_words(row: CellResult) -> str:
    """How the mode compares with its control; empty where it has none."""
    if row.difference:
        return difference_words(row.difference, row.unit)
    return ratio_words(row.ratio) if row.ratio else ""


def difference_words(found: Effect, unit: str) -> str:
    """`+9.06 us over memfd [+9.01, +9.11]`."""
    if not math.isfinite(found.estimate):
        return f"unknown against {found.against}"
    unpaired = " unpaired" if found.pairing == "unpaired" else ""
    return shift_words(found, unit, f" over {found.against}{unpaired}")


def shift_words(found: Effect | Interval, unit: str, against: str = "") -> str:
    """`+9.06 us [+9.01, +9.11]`, all numbers in the unit that suits the largest.

    Args:
        found: In `unit`; without an interval only the estimate is said.
        unit: A metric's unit: s or 1.
        against: Words behind the estimate.
    """
    numbers = [found.estimate, found.low, found.high]
    known = [number for number in numbers if math.isfinite(number)]
    largest = max(map(abs, known))
    scale, name = scaled(largest, unit) if largest else (1.0, "" if unit == "1" else unit)
    estimate, low, high = (f"{number / scale:+.{_decimals(known, scale)}f}" for number in numbers)
    interval = f" [{low}, {high}]" if math.isfinite(found.low) else ""
    return f"{estimate}{f' {name}' if name else ''}{against}{interval}"


def _decimals(numbers: Sequence[float], scale: float) -> int:
    """Decimals: one digit of the half-width, or three of the number where there is none."""
    largest = max(map(abs, numbers)) / scale
    width = (max(numbers) - min(numbers)) / 2 / scale
    if not largest:
        return 0
    places = -math.floor(math.log10(width)) if width else 2 - math.floor(math.log10(largest))
    return max(0, min(3, places))


def ratio_words(ratio: Effect) -> str:
    """`5.3x memfd [5.1, 5.5]`, with as many digits as the interval warrants."""
    if not math.isfinite(ratio.estimate):
        return f"unknown against {ratio.against}"
    places = _places(ratio)
    unpaired = " unpaired" if ratio.pairing == "unpaired" else ""
    interval = ""
    if math.isfinite(ratio.low):
        interval = f" [{ratio.low:.{places}f}, {ratio.high:.{places}f}]"
    return f"{ratio.estimate:.{places}f}x {ratio.against}{unpaired}{interval}"


def _places(ratio: Effect) -> int:
    """Decimals: one digit of the half-width, at most three (1.004, 5.30, 53.0).

    Four where three would round a bound to 1 although 1 is excluded.
    """
    width = (ratio.high - ratio.low) / 2
    if not math.isfinite(width):
        return 2
    most = 3 if ratio.estimate < 2 else max(0, 2 - math.floor(math.log10(ratio.estimate)))
    places = min(most, max(0, math.ceil(-math.log10(width)))) if width > 0 else most
    blurred = 1.0 in {round(ratio.low, places), round(ratio.high, places)}
    return 4 if blurred and ratio.seen in {"worse", "better"} else places


def seen_words(effect: Effect, unit: str = "") -> str:
    """Whether a difference was seen; if not, the smallest one that would have been.

    Args:
        effect: A ratio or a difference.
        unit: The metric's, of a difference; empty of a ratio.
    """
    if effect.seen != "none":
        return "too few runs" if effect.seen == "unknown" else effect.seen
    smallest = effect.smallest_seen
    if not smallest:
        # Runs without any loss are alike to the last digit, and no limit follows from them.
        return "none in any run" if unit else "none, runs alike"
    return f"none > {quantity(smallest, unit) if unit else percent(smallest)}"


def reached(row: CellResult) -> str:
    """Half-width of the row's interval: a share of the ratio, or in the difference's unit."""
    if row.effect is None:
        return "unknown"
    width = row.effect.half_width
    return f"+-{quantity(width, row.unit) if row.loss else percent(width)}"


def wanted(row: CellResult) -> str:
    """Half-width at which sampling would have stopped."""
    width = row.half_width_target
    if width is None:
        return "more runs"
    return f"+-{quantity(width, row.unit) if row.loss else percent(width)}"
