# SPDX-License-Identifier: MIT
"""What a gate holds results to: a small TOML file, or the defaults.

```toml
inconclusive = "fail"       # or "pass", or "report": exit 0, but said
budget_s = 240              # wall time that `bench gate` may take
under_test = ["core_*"]     # facts of the environment that may differ
effect = "time"             # of the two sides of an ab run: "time", or "ratio" to the control

[margins]                   # smallest effect of interest by metric
default = 0.05              # as a share: 5 %
neighbour-loss = 5e-7       # in its unit, where the effect of a metric is a difference

[tolerances]                # metrics compared exactly, and by how much they may differ
density = 0

[[ignore]]
cell = "access-latency/*/len_bytes=1048576*"
reason = "as large as the second cache: bistable"
until = 2027-03-31
```

Set a margin at 0.7 of what must be caught: a change as large as the margin is called in only half
of the cases, and a smaller margin makes unchanged cells pass later and catches hardly more.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ..output.error import UsageError
from ..read.environment import fits
from ..read.record import Metric
from ..read.regular_file import toml

DEFAULT_MARGIN = 0.05
"""Smallest effect of interest where a policy names none, as a share."""

DEFAULT_LOSS_S = 1e-6
"""The same for an effect that is a difference of times."""

Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Tolerance = Annotated[float, msgspec.Meta(ge=0, le=1e18)]


class Ignore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cells that are not judged, why, and the last day on which that holds."""

    cell: str
    reason: Annotated[str, msgspec.Meta(min_length=1)]
    until: date


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a result is held to."""

    inconclusive: Literal["fail", "pass", "report"] = "fail"
    budget_s: Positive | None = None
    under_test: tuple[str, ...] = ()
    effect: Literal["time", "ratio"] = "time"
    margins: dict[str, Positive] = {}
    tolerances: dict[str, Tolerance] = {}
    ignore: tuple[Ignore, ...] = ()

    def margin(self, name: str, metric: Metric) -> float:
        """Smallest effect of interest: a share, or in the metric's unit for a difference.

        Raises:
            UsageError: A difference in counts, for which there is no default.
        """
        if name in self.margins:
            return self.margins[name]
        if metric.effect == "ratio":
            return self.margins.get("default", DEFAULT_MARGIN)
        if metric.unit == "s":
            return DEFAULT_LOSS_S
        raise UsageError(
            f"policy: {name} differs by a number of its own unit ({metric.unit}) and has no "
            f"default margin: name one under [margins]"
        )

    def ignored(self, cell: str) -> Ignore | None:
        """The entry that says to leave this cell alone."""
        return next((each for each in self.ignore if fits(cell, [each.cell])), None)

    def allows(self, fact: str) -> bool:
        """Whether this fact of the environment is under test, so that it may differ."""
        return fits(fact, self.under_test)

    def check(self, metrics: Iterable[str], facts: Mapping[str, object]) -> None:
        """Refuse names that neither file knows.

        Raises:
            UsageError: Names the first, with the nearest one that exists.
        """
        known = sorted(metrics)
        for name in (*self.margins, *self.tolerances):
            if name != "default" and name not in known:
                raise UsageError(
                    f"policy: no file measured the metric {name!r}: {_hint(name, known)}"
                )
        for pattern in self.under_test:
            if not any(fits(fact, [pattern]) for fact in facts):
                raise UsageError(
                    f"policy: under_test: no fact {pattern!r}: {_hint(pattern, sorted(facts))}"
                )


def load_policy(path: Path | None, today: date | None = None) -> Policy:
    """Read a policy; the defaults where there is none.

    Raises:
        UsageError: The file cannot be read, is malformed, or ignores a cell for longer than
            it meant to.
    """
    if path is None:
        return Policy()
    try:
        policy = msgspec.convert(toml(path, "name a policy file"), Policy)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {error}: correct that key") from None
    if not all(map(math.isfinite, (*policy.margins.values(), *policy.tolerances.values()))):
        raise UsageError(f"{path}: a margin or tolerance is no number: correct it")
    for each in policy.ignore:
        if each.until < (today or datetime.now(UTC).date()):
            raise UsageError(
                f"{path}: ignoring {each.cell!r} ended on {each.until} ({each.reason}): look at "
                "the cell again, then delete the entry or set a new date"
            )
    return policy


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known) or 'none'}"
