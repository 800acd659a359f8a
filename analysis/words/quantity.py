# SPDX-License-Identifier: MIT
"""Numbers as people read them: 11.4 us, 16 KiB, 1.04x."""

import math
from collections.abc import Sequence

_SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"), (1e-12, "ps"))
_BYTES = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))
_RATES = ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1.0, "B/s"))


def digits(number: float) -> str:
    """Three significant digits, never in powers of ten below a million."""
    if not math.isfinite(number):
        return "-"
    if number == 0:
        return "0"
    number = float(f"{number:.3g}") if abs(number) < 1e6 else number
    places = max(0, 2 - math.floor(math.log10(abs(number))))
    return f"{number:.{min(places, 6)}f}" if abs(number) < 1e6 else f"{number:.3g}"


def quantity(value: float, unit: str) -> str:
    """A value with its unit scaled to be read.

    Args:
        value: In `unit`.
        unit: A metric's unit: s, B/s or 1.
    """
    if not math.isfinite(value):
        return "-"
    if unit == "1":
        return f"{value:g}"
    if unit == "s" and value == 0:
        return "0 s"
    scale, name = scaled(value, unit)
    return f"{digits(value / scale)} {name}"


def scaled(value: float, unit: str) -> tuple[float, str]:
    """The scale in which a value reads best, in `unit`, and its name; (1.0, "") for counts."""
    if unit == "1":
        return 1.0, ""
    steps = _SECONDS if unit == "s" else _RATES
    return next((step for step in steps if abs(value) >= step[0] * 0.9995), steps[-1])


def tick(value: float, unit: str) -> str:
    """As `quantity`, without the zeros that a round number does not need."""
    number, _, name = quantity(value, unit).partition(" ")
    return f"{float(number):g} {name}"


def times(ratio: float) -> str:
    """A plain ratio: 5.18x, and 1.004x where the digits after 1 are what matters."""
    if abs(ratio - 1) < 0.2:
        return f"{ratio:.3f}x"
    return f"{ratio:.2f}x" if 0.1 <= ratio < 10 else f"{digits(ratio)}x"


def change(ratio: float) -> float:
    """A plain ratio as its difference from 1 in %."""
    return 100 * (ratio - 1)


def between(low: float, high: float, unit: str) -> str:
    """An interval of values; a dash where there is none."""
    known = math.isfinite(low) and math.isfinite(high)
    return f"{quantity(low, unit)} to {quantity(high, unit)}" if known else "-"


def changes(low: float, high: float) -> str:
    """An interval of plain ratios as differences from 1 in %; a dash where there is none."""
    known = math.isfinite(low) and math.isfinite(high)
    return f"{change(low):+.3g} to {change(high):+.3g} %" if known else "-"


def percent(share: float) -> str:
    """A share in per cent, two significant digits."""
    if not math.isfinite(share):
        return "-"
    return f"{100 * share:.0f} %" if abs(share) >= 0.1 else f"{100 * share:.2g} %"


def percent_span(shares: Sequence[float], digits: int) -> str:
    """Shares in per cent, least to most, to so many digits; empty if there are none."""
    if not shares:
        return ""
    low, high = (f"{100 * share:.{digits}g}" for share in (min(shares), max(shares)))
    return f"{low} %" if low == high else f"{low} to {high} %"


def count_span(counts: Sequence[int]) -> str:
    """A count, or the least and the most of several: 12 to 1,024."""
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def size(len_bytes: int) -> str:
    """Bytes in binary units, exact: 16 KiB, 1.5 MiB, 100 B."""
    scale, name = next((step for step in _BYTES if len_bytes >= step[0]), _BYTES[-1])
    return f"{len_bytes / scale:g} {name}"


def parameter(name: str, value: float | str) -> str:
    """One parameter in words: sizes in binary units, words alone, others with their name."""
    if name == "others":
        return f"other CPUs {value}"
    if isinstance(value, str):
        return f"{name} {value}" if value in {"on", "off"} else value
    if name.endswith("_bytes"):
        return f"{size(int(value))}"
    return f"{value} {name.replace('_', ' ').removesuffix('s') if value == 1 else name}"
