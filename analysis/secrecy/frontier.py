# SPDX-License-Identifier: MIT
"""Which modes no other mode beats: at least as secret, and not dearer."""

from collections.abc import Mapping, Sequence

from .cost import Cost
from .matrix import Rank


def beaten_by(
    ranks: Mapping[str, Rank], prices: Sequence[Mapping[str, Cost]]
) -> dict[str, tuple[str, ...]]:
    """Modes by which each mode is beaten; modes that lack a rank or a price are left out.

    One mode beats another if it is at least as secret (see `Rank.at_least`) and in no price
    seen to be dearer, and is either more secret or in a price seen to be cheaper. Seen means
    that the 95 % intervals do not overlap.

    Args:
        ranks: Mode -> ways that it closes.
        prices: One or more mappings mode -> cost.

    Returns:
        In the order of `ranks`; an empty tuple marks a mode of the frontier.
    """
    known = [mode for mode in ranks if all(mode in price for price in prices)]
    return {
        mode: tuple(
            other for other in known if other != mode and _beats(other, mode, ranks, prices)
        )
        for mode in known
    }


def _beats(
    mode: str, other: str, ranks: Mapping[str, Rank], prices: Sequence[Mapping[str, Cost]]
) -> bool:
    """Whether `mode` beats `other`."""
    if not ranks[mode].at_least(ranks[other]):
        return False
    pairs = [(price[mode], price[other]) for price in prices]
    if any(cheaper(theirs, ours) for ours, theirs in pairs):
        return False
    return ranks[mode].above(ranks[other]) or any(cheaper(ours, theirs) for ours, theirs in pairs)


def cheaper(one: Cost, other: Cost) -> bool:
    """Whether one cost is seen to be below the other: the intervals do not overlap."""
    return one.certain_high < other.certain_low
