"""Which mode suits a use, computed from what was tried and measured; no rule of thumb in it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..output.error import UsageError
from ..secrecy.cost import Cost, costs
from ..secrecy.frontier import beaten_by
from ..secrecy.matrix import PREFIX, matrix
from ..stats.interval import hodges_lehmann

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..result.cell import CellResult
    from ..secrecy.cost import Costs
    from ..secrecy.matrix import Matrix

CPU_SHARE = 0.01
"""Share of one CPU that uses of secrets may take, unless the reader says otherwise."""

OTHERS_SHARE = 0.05
"""Share of another CPU that a stranger may take by touching memory as fast as it can."""

Verdict = Literal[
    "chosen", "possible", "beaten", "too dear", "leaves open", "not tried", "not measured"
]


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

    def times(self, factor: float) -> Amount:
        """As many times the amount."""
        return Amount(self.estimate * factor, self.low * factor, self.high * factor, self.cell)


@dataclass(frozen=True)
class Option:
    """One mode in one case.

    Attributes:
        mode: The mode.
        verdict: What the case makes of it.
        why: What the verdict rests on: ways, or modes that beat it.
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
    verdict: Verdict
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


@dataclass(frozen=True)
class Advice:
    """All that `advise --json` prints for one case; shares plain, times in seconds."""

    case: Case
    chosen: str | None
    undecided: tuple[str, ...]
    """Ways that must be closed and were tried on no mode: nothing is known of them."""
    options: tuple[Option, ...]
    """Chosen first, then by verdict, then most ways closed first."""


def advise(rows: Sequence[CellResult], case: Case) -> Advice:
    """The mode that suits a case.

    Left are the modes that close what must be closed and whose share of a CPU is within the
    case's; of these, those that no other one beats (`frontier.beaten_by`); of these, those
    than which none is more secret; of these the one that closes most ways, then the cheapest.

    Args:
        rows: Results of one environment.
        case: A way that it must close and that was tried on no mode decides nothing.

    Raises:
        UsageError: No way was tried on any mode.
    """
    found = matrix(rows)
    if not found.levels:
        raise UsageError(
            f"no {PREFIX}* cell with a result in these files, so nothing says what a mode closes: "
            "name a record of a plan that tries the ways in, e.g. secrecy"
        )
    tried = {way.name for way in found.counted}
    undecided = tuple(way for way in case.must_close if way not in tried)
    prices = costs(rows)
    options = {mode: _option(mode, found, prices, case) for mode in found.levels}
    options = {mode: _measured(option, rows) for mode, option in options.items()}
    options = {mode: _judged(option, found, case) for mode, option in options.items()}
    chosen = _choose(options, found, prices, case)
    order = ("chosen", "possible", "beaten", "too dear", "leaves open", "not tried", "not measured")
    ranked = sorted(options.values(), key=lambda each: (order.index(each.verdict), -each.closed))
    return Advice(case, chosen, undecided, tuple(ranked))


def must_close(found: Matrix, names: Sequence[str]) -> tuple[str, ...]:
    """Names of ways as the reader gave them, each checked.

    Raises:
        UsageError: One is not among the ways of these results.
    """
    known = [way.name for way in found.ways]
    asked = [name.strip().removeprefix(PREFIX) for name in names]
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise UsageError(
                f"--must-close {name!r} is no way in these files: {hint}Known: {', '.join(known)}"
            )
    return tuple(dict.fromkeys(asked))


def _option(mode: str, found: Matrix, prices: Costs, case: Case) -> Option:
    """A mode with its costs in this case, not judged yet."""
    return Option(
        mode=mode,
        verdict="possible",
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


def _measured(option: Option, rows: Sequence[CellResult]) -> Option:
    """With what counts and notes of the runs say of the mode."""
    density = [row for row in rows if row.metric == "density" and row.exact]
    fits = {
        str(row.params.get("layout", "page")): int(row.exact.values[0])
        for row in density
        if row.mode == option.mode and row.exact
    }
    losses = [row for row in rows if row.metric == "neighbour-loss" and row.mode == option.mode]
    shares = (_lost(row) for row in losses if row.params.get("use") == "faults")
    return replace(
        option, fits=fits, others_share=next((each for each in shares if each is not None), None)
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
    found = hodges_lehmann(np.array(pairs))
    return Amount(found.estimate, found.low, found.high, row.cell)


def _judged(option: Option, found: Matrix, case: Case) -> Option:
    """What the case makes of the mode by itself."""
    required = [way for way in found.counted if way.name in case.must_close]
    results = {way.name: way.result(option.mode) for way in required}
    left = tuple(way for way, result in results.items() if result in {"open", "at rest"})
    unknown = tuple(way for way, result in results.items() if result == "not tried")
    share = option.share(case)
    if left:
        return replace(option, verdict="leaves open", why=left)
    if unknown:
        return replace(option, verdict="not tried", why=unknown)
    if share is None:
        return replace(option, verdict="not measured")
    if share.estimate > case.share:
        return replace(option, verdict="too dear")
    return option


def _unmeasured(option: Option) -> Option:
    """The same, not to be advised, unless something weighs more against it."""
    return replace(option, verdict="not measured") if option.verdict == "possible" else option


def _choose(options: dict[str, Option], found: Matrix, prices: Costs, case: Case) -> str | None:
    """Mark what is beaten and what is chosen; the latter's mode."""
    for mode, each in options.items():
        if not case.strangers and prices["life"] and each.setup_s is None:
            options[mode] = _unmeasured(each)
    left = {m: found.levels[m] for m, each in options.items() if each.verdict == "possible"}
    names = ("others-touch",) if case.strangers else ("use", "life")
    measured = [prices[name] for name in names if all(mode in prices[name] for mode in left)]
    for mode, others in beaten_by(left, measured).items():
        if others:
            options[mode] = replace(options[mode], verdict="beaten", why=others)
    left = {m: found.levels[m] for m, each in options.items() if each.verdict == "possible"}
    top = [m for m, level in left.items() if not any(o.above(level) for o in left.values())]
    if not top:
        return None

    def rank(mode: str) -> tuple[int, float]:
        share = options[mode].share(case)
        return -options[mode].closed, share.estimate if share else 0.0

    chosen = min(top, key=rank)
    options[chosen] = replace(options[chosen], verdict="chosen")
    return chosen
