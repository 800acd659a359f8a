# SPDX-License-Identifier: MIT
"""What each mode costs, one number per mode and price, beside what it buys."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..result.cell import CellResult

_Params = Mapping[str, int | str]


@dataclass(frozen=True)
class Price:
    """One thing that memory costs, and the metric that says it."""

    name: str
    question: str
    """Who pays: owner or everyone."""
    title: str
    metric: str
    suits: Callable[[_Params], bool] = lambda _: True
    """Whether a cell with these parameters says it."""


@dataclass(frozen=True)
class Cost:
    """What one mode costs, over runs, in `unit`."""

    mode: str
    cell: str
    estimate: float
    low: float
    high: float
    unit: str
    against: str
    """Mode whose own cost is taken off; empty where none is."""

    @property
    def certain_low(self) -> float:
        """Lower end of the interval; the estimate where too few runs give none."""
        return self.low if math.isfinite(self.low) else self.estimate

    @property
    def certain_high(self) -> float:
        """Upper end of the interval; the estimate where too few runs give none."""
        return self.high if math.isfinite(self.high) else self.estimate


def _idle(params: _Params) -> bool:
    return params.get("others") != "busy"


def _timed(params: _Params) -> bool:
    return params.get("classes") != "on" and params.get("backing") != "host-cold" and _idle(params)


PRICES = (
    Price("use", "owner", "one use: open, read 32 bytes, close", "secret-use"),
    Price(
        "life",
        "owner",
        "one 32-byte secret, from obtaining to giving back",
        "secret-lifecycle",
        _idle,
    ),
    Price("touch", "owner", "first touch of a page", "first-touch", _timed),
    Price("access", "owner", "hot access", "access-latency"),
    Price(
        "others-life",
        "everyone",
        "time lost on another CPU per secret obtained and given back",
        "neighbour-loss",
        lambda params: params.get("use") == "secrets" and _idle(params),
    ),
    Price(
        "others-touch",
        "everyone",
        "time lost on another CPU per first touch",
        "neighbour-loss",
        lambda params: params.get("use") == "faults" and _idle(params),
    ),
)
"""What is set beside secrecy, most important for its payer first."""

Costs = dict[str, dict[str, Cost]]
"""Name of a price -> mode -> what it costs."""


def costs(rows: Sequence[CellResult]) -> Costs:
    """Every price of every mode that these results hold.

    Of several cells of one mode the first of the plan counts. A mode that was measured as a
    control only has the value of a control arm, and costs nothing over itself.
    """
    found: Costs = {}
    for price in PRICES:
        fitting = [r for r in rows if r.metric == price.metric and r.runs and price.suits(r.params)]
        of_price: dict[str, Cost] = {}
        for row in fitting:
            cost = _own(row)
            if cost and math.isfinite(cost.estimate):
                of_price.setdefault(row.mode, cost)
        for row in fitting:
            cost = _of_control(row)
            if cost:
                of_price.setdefault(cost.mode, cost)
        found[price.name] = of_price
    return found


def _own(row: CellResult) -> Cost | None:
    """The mode's own cost: the difference where that is the metric's effect, else the value."""
    value = row.difference if row.loss else row.treatment
    if value is None:
        return None
    against = str(row.control) if row.loss else ""
    return Cost(row.mode, row.cell, value.estimate, value.low, value.high, row.unit, against)


def _of_control(row: CellResult) -> Cost | None:
    """What the row says of its control."""
    value = row.control_median
    if row.control is None or value is None:
        return None
    if row.loss:
        return Cost(row.control, row.cell, 0.0, 0.0, 0.0, row.unit, row.control)
    return Cost(row.control, row.cell, value.estimate, value.low, value.high, row.unit, "")
