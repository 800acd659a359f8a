# SPDX-License-Identifier: MIT
"""How sure a simulated proportion is."""

import math


def wilson(count: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a proportion over independent draws (Wilson, JASA 22, 1927)."""
    z, share = 1.959964, count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return middle - half, middle + half
