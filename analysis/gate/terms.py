# SPDX-License-Identifier: MIT
"""What a sampler must know before it asks for a verdict: when, for how long, in which forms."""

from dataclasses import dataclass

from ..stats.sequential import LOOKS
from .outputs import outputs
from .policy import Policy


@dataclass(frozen=True)
class OutputTerms:
    """An option that chooses how a verdict is printed; `metavar` None for a flag."""

    flag: str
    metavar: str | None
    help: str


@dataclass(frozen=True)
class Terms:
    """All that `gate --terms` prints, for `bench gate`."""

    looks: tuple[int, ...]
    """Numbers of runs at which cells are judged, as long as they get no more than the last."""
    budget_s: float | None
    """Wall time that the policy allows; None where it names none."""
    outputs: tuple[OutputTerms, ...]


def terms(policy: Policy) -> Terms:
    """The terms under which this policy judges."""
    return Terms(
        looks=LOOKS,
        budget_s=policy.budget_s,
        outputs=tuple(OutputTerms(each.flag, each.metavar, each.help) for each in outputs()),
    )
