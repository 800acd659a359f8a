# SPDX-License-Identifier: MIT
"""Effects in words: how a mode compares with its control, and whether that was seen."""

import math
from collections.abc import Sequence

from ..result.cell import CellResult
from ..result.effect import Effect
from ..result.placed import Adjusted
from ..stats.interval import Interval, RestsOn
from .quantity import percent, quantity, scaled, times


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


def shift_words(found: Effect | Adjusted | Interval, unit: str, against: str = "") -> str:
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
    unpaired = " unpaired" if ratio.pairing == "unpaired" else ""
    sided = ratio.seen in {"worse", "better"}
    return _times(ratio, f"{ratio.against}{unpaired}", sided=sided)


def adjusted_words(found: Adjusted, row: CellResult) -> str:
    """`placement explains 83 % ...: with both in as many blocks 1.003x packet-ring [1.001, 1.005]`.

    Args:
        found: The effect at one placement.
        row: Whose it is.
    """
    at = "with both in as many blocks of 2M"
    if found.blocks_ratio != 1:
        at = f"where {row.mode} usually lies, in {times(found.blocks_ratio)} the blocks of 2M,"
    against = f" over {row.control}"
    shown = shift_words(found, row.unit, against) if row.loss else _times(found, str(row.control))
    explained = percent(found.explained)
    return (
        f"placement explains {explained} of what runs differ by (p = {found.p:.2g}): {at} {shown}"
    )


def _times(ratio: Effect | Adjusted, against: str, *, sided: bool = False) -> str:
    places = _places(ratio, sided=sided)
    interval = ""
    if math.isfinite(ratio.low):
        interval = f" [{ratio.low:.{places}f}, {ratio.high:.{places}f}]"
    return f"{ratio.estimate:.{places}f}x {against}{interval}"


def _places(ratio: Effect | Adjusted, *, sided: bool) -> int:
    """Decimals: one digit of the half-width, at most three (1.004, 5.30, 53.0).

    Four where three would round a bound to 1 although 1 is excluded.
    """
    width = (ratio.high - ratio.low) / 2
    if not math.isfinite(width):
        return 2
    most = 3 if ratio.estimate < 2 else max(0, 2 - math.floor(math.log10(ratio.estimate)))
    places = min(most, max(0, math.ceil(-math.log10(width)))) if width > 0 else most
    blurred = 1.0 in {round(ratio.low, places), round(ratio.high, places)}
    return 4 if blurred and sided else places


def seen_words(effect: Effect, unit: str = "") -> str:
    """Whether a difference was seen; if not, the smallest one that would be.

    Args:
        effect: A ratio or a difference.
        unit: The metric's, of a difference; empty of a ratio.
    """
    if effect.seen == "moved":
        return f"moved, {moved_words(effect, unit)}"
    if effect.seen != "none":
        return "too few runs" if effect.seen == "unknown" else effect.seen
    smallest = effect.smallest_seen
    said = quantity(smallest, unit) if unit else percent(smallest)
    if effect.half_width or smallest > (effect.resolution or 0):
        return f"none > {said}"
    # All runs say the same digits, and nothing follows from them below a step of the timer.
    if smallest:
        return f"alike to {said}"
    if effect.resolution is None:
        return "runs alike, timer's step unknown"
    return "none in any run" if unit else "none, runs alike"


def moved_words(effect: Effect, unit: str = "") -> str:
    """`0.740x to 1.036x`: a trend from the first run to the last; empty where there is none."""
    if effect.began is None or effect.ended is None:
        return ""
    ends = (effect.began, effect.ended)
    return " to ".join(quantity(each, unit) if unit else f"{each:.3f}x" for each in ends)


def rests_words(on: RestsOn) -> str:
    """`32 runs, worth 2.6 that are independent: lag +0.59 (p = 0.0002), ...`."""
    levelled = ", taken out" if on.slope else ""
    return (
        f"{on.runs} runs, worth {on.effective_runs:.2g} that are independent: lag {on.lag:+.2f} "
        f"(p = {on.lag_p:.2g}), trend {on.trend:+.2f} (p = {on.trend_p:.2g}){levelled}; the "
        f"interval is {on.widened:.2f} times as wide"
    )


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
