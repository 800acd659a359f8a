# SPDX-License-Identifier: MIT
"""Which mode suits a use, computed from what was tried and measured; no rule of thumb in it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec
import numpy as np
from msgspec import structs

from ..output.error import UsageError
from ..result.cell import CellResult
from ..secrecy.cost import Cost, Costs, costs
from ..secrecy.frontier import beaten_by
from ..secrecy.matrix import WAY_PREFIX, Matrix
from ..stats.interval import over_runs

CPU_SHARE = 0.01
"""Share of one CPU that uses of secrets may take, unless the reader says otherwise."""

OTHERS_SHARE = 0.05
"""Share of another CPU that a stranger may take by touching memory as fast as it can."""

Standing = Literal[
    "chosen", "possible", "beaten", "too dear", "leaves open", "not tried", "not measured"
]
"""Where a mode stands in a case, the best first."""

STANDINGS: tuple[Standing, ...] = get_args(Standing)


@dataclass(frozen=True)
class Case:
    """What a reader does with secrets.

    Attributes:
        name: Whose case, in words.
        secrets: Secrets of 32 bytes kept at a time.
        uses_per_second: Uses of any of them: open, read 32 bytes, close.
        must_close: Ways that the mode must close; any mode suits if empty.
        share: Most that it may cost, as a share of one CPU.
        strangers: The cost that counts is what a stranger takes from another CPU.
    """

    name: str
    secrets: int
    uses_per_second: float
    must_close: tuple[str, ...] = ()
    share: float = CPU_SHARE
    strangers: bool = False


CASES = (
    Case(
        "A password manager with hundreds of secrets",
        500,
        1.0,
        ("process-vm-readv", "proc-mem", "ptrace-peek", "core-dump", "swap"),
    ),
    Case(
        "A signing service with one hot key",
        1,
        10_000.0,
        ("process-vm-readv", "core-dump", "swap", "vmsplice", "direct-out", "io-uring"),
    ),
    Case(
        "A multi-tenant host that allows it to strangers",
        0,
        0.0,
        share=OTHERS_SHARE,
        strangers=True,
    ),
)
"""The three kinds of user that the report advises."""


@dataclass(frozen=True)
class Amount:
    """One number that the advice rests on: estimate and 95 % interval, from one cell."""

    estimate: float
    low: float
    high: float
    cell: str

    def times(self, factor: float) -> "Amount":
        """As many times the amount."""
        return Amount(self.estimate * factor, self.low * factor, self.high * factor, self.cell)


class Assessment(msgspec.Struct, frozen=True):
    """One mode in one case.

    Attributes:
        mode: The mode.
        standing: What the case makes of it.
        why: What the standing rests on: ways, or modes that beat it.
        closed: Number of ways that it closes.
        leaves_open: Ways that it leaves open.
        at_rest: Ways that it closes between uses only.
        untried: Ways that were not tried on it.
        cpu_share: Share of one CPU that the uses take; None if not measured.
        setup_s: Time to obtain, write, wipe and give back all secrets once, seconds.
        others_s: Time that this takes from each other CPU, seconds.
        others_share: Share of another CPU that touching at full rate takes.
        fits: Layout -> secrets that fit 8 MiB of RLIMIT_MEMLOCK and 1,024 open files.
    """

    mode: str
    standing: Standing = msgspec.field(name="verdict")
    why: tuple[str, ...]
    closed: int
    leaves_open: tuple[str, ...]
    at_rest: tuple[str, ...]
    untried: tuple[str, ...]
    cpu_share: Amount | None
    setup_s: Amount | None
    others_s: Amount | None
    others_share: Amount | None
    fits: Mapping[str, int]

    def share(self, case: Case) -> Amount | None:
        """The share by which the case judges."""
        return self.others_share if case.strangers else self.cpu_share


class Advice(msgspec.Struct, frozen=True):
    """All that `advise --json` prints for one case; shares plain, times in seconds."""

    case: Case
    chosen: str | None
    undecided: tuple[str, ...]
    """Ways that must be closed and were tried on no mode: nothing is known of them."""
    assessments: tuple[Assessment, ...] = msgspec.field(name="options")
    """Chosen first, then by standing, then most ways closed first."""


def advise(rows: Sequence[CellResult], found: Matrix, case: Case) -> Advice:
    """The mode that suits a case.

    Left are the modes that close what must be closed and whose share of a CPU is within the
    case's; of these, those that no other one beats (`frontier.beaten_by`); of these, those
    than which none is more secret; of these the one that closes most ways, then the cheapest.

    Args:
        rows: Results of one environment.
        found: Their matrix of ways and modes.
        case: A way that it must close and that was tried on no mode decides nothing.

    Raises:
        UsageError: No way was tried on any mode.
    """
    if not found.ranks:
        raise UsageError(
            f"no {WAY_PREFIX}* cell with a result in these files, so nothing says what a mode "
            "closes: name a record of a plan that tries the ways in, e.g. secrecy"
        )
    tried = {way.name for way in found.counted}
    undecided = tuple(way for way in case.must_close if way not in tried)
    prices = costs(rows)
    assessed = {mode: _assessment(mode, found, prices, case) for mode in found.ranks}
    assessed = {mode: _measured(one, rows) for mode, one in assessed.items()}
    assessed = {mode: _assessed(one, found, case) for mode, one in assessed.items()}
    chosen = _choose(assessed, found, prices, case)
    ranked = sorted(
        assessed.values(), key=lambda each: (STANDINGS.index(each.standing), -each.closed)
    )
    return Advice(case, chosen, undecided, tuple(ranked))


def must_close_ways(found: Matrix, names: Sequence[str]) -> tuple[str, ...]:
    """Names of ways as the reader gave them, each checked.

    Raises:
        UsageError: One is not among the ways of these results.
    """
    known = [way.name for way in found.ways]
    asked = [name.strip().removeprefix(WAY_PREFIX) for name in names]
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise UsageError(
                f"--must-close {name!r} is no way in these files: {hint}Known: {', '.join(known)}"
            )
    return tuple(dict.fromkeys(asked))


def _assessment(mode: str, found: Matrix, prices: Costs, case: Case) -> Assessment:
    """A mode with its costs in this case, not assessed yet."""
    return Assessment(
        mode=mode,
        standing="possible",
        why=(),
        closed=len(found.of(mode, "closed")),
        leaves_open=found.of(mode, "open"),
        at_rest=found.of(mode, "at rest"),
        untried=found.of(mode, "not tried"),
        cpu_share=_amount(prices["use"].get(mode), case.uses_per_second),
        setup_s=_amount(prices["life"].get(mode), case.secrets),
        others_s=_amount(prices["others-life"].get(mode), case.secrets),
        others_share=None,
        fits={},
    )


def _amount(cost: Cost | None, factor: float) -> Amount | None:
    return Amount(cost.estimate, cost.low, cost.high, cost.cell).times(factor) if cost else None


def _measured(one: Assessment, rows: Sequence[CellResult]) -> Assessment:
    """With what counts and notes of the runs say of the mode."""
    density = [row for row in rows if row.metric == "density" and row.exact]
    fits = {
        str(row.params.get("layout", "page")): int(row.exact.values[0])
        for row in density
        if row.mode == one.mode and row.exact
    }
    losses = [row for row in rows if row.metric == "neighbour-loss" and row.mode == one.mode]
    asked = (row for row in losses if row.params.get("others") != "busy")
    shares = (_lost(row) for row in asked if row.params.get("use") == "faults")
    return structs.replace(
        one, fits=fits, others_share=next((each for each in shares if each is not None), None)
    )


def _lost(row: CellResult) -> Amount | None:
    """Share of the other CPU's time lost at full rate beyond what the control's loses."""
    pairs = [
        float(here) - float(there)
        for here, there in zip(
            row.notes.get("share_lost", ()), row.notes.get("share_lost_control", ()), strict=False
        )
        if isinstance(here, int | float) and isinstance(there, int | float)
    ]
    if not pairs:
        return None
    found = over_runs(np.array(pairs))
    return Amount(found.estimate, found.low, found.high, row.cell)


def _assessed(one: Assessment, found: Matrix, case: Case) -> Assessment:
    """What the case makes of the mode by itself."""
    required = [way for way in found.counted if way.name in case.must_close]
    results = {way.name: way.result(one.mode) for way in required}
    left = tuple(way for way, result in results.items() if result in {"open", "at rest"})
    unknown = tuple(way for way, result in results.items() if result == "not tried")
    share = one.share(case)
    if left:
        return structs.replace(one, standing="leaves open", why=left)
    if unknown:
        return structs.replace(one, standing="not tried", why=unknown)
    if share is None:
        return structs.replace(one, standing="not measured")
    if share.estimate > case.share:
        return structs.replace(one, standing="too dear")
    return one


def _unmeasured(one: Assessment) -> Assessment:
    """The same, not to be advised, unless something weighs more against it."""
    return structs.replace(one, standing="not measured") if one.standing == "possible" else one


def _choose(
    assessed: dict[str, Assessment], found: Matrix, prices: Costs, case: Case
) -> str | None:
    """Mark what is beaten and what is chosen; the latter's mode."""
    for mode, each in assessed.items():
        if not case.strangers and prices["life"] and each.setup_s is None:
            assessed[mode] = _unmeasured(each)
    left = {m: found.ranks[m] for m, each in assessed.items() if each.standing == "possible"}
    names = ("others-touch",) if case.strangers else ("use", "life")
    measured = [prices[name] for name in names if all(mode in prices[name] for mode in left)]
    for mode, others in beaten_by(left, measured).items():
        if others:
            assessed[mode] = structs.replace(assessed[mode], standing="beaten", why=others)
    left = {m: found.ranks[m] for m, each in assessed.items() if each.standing == "possible"}
    top = [m for m, rank in left.items() if not any(o.above(rank) for o in left.values())]
    if not top:
        return None

    def rank(mode: str) -> tuple[int, float]:
        share = assessed[mode].share(case)
        return -assessed[mode].closed, share.estimate if share else 0.0

    chosen = min(top, key=rank)
    assessed[chosen] = structs.replace(assessed[chosen], standing="chosen")
    return chosen
