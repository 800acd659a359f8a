# SPDX-License-Identifier: MIT
"""How every campaign begins: consent to what it takes, then the first line of each record file."""

import os
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from ..consent import fresh, secret
from ..consent.secret import Ask, Demand
from ..core import Catalogue
from ..environment.fact import facts_of
from ..environment.machine_class import class_of
from ..error import BenchError
from ..machines.site import Site
from ..plans import plan
from ..plans.plan import Plan
from ..record.line import SCHEMA, Campaign, Machine, Side, utc_now
from .recording import Recording
from .writer import Writer

RESULTS = Path(__file__).parents[2] / "results"


class CampaignOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What every verb that fills record files may be asked; None where it was not."""

    out: str | None = None
    budget_s: float | None = None
    seed: int | None = None
    timeout_s: float | None = None
    yes: bool = False
    used_boot: bool = False
    quiet: bool = False


class Judging(msgspec.Struct, frozen=True):
    """By what a gate judges the campaign; its defaults are those of a campaign of no gate."""

    looks: tuple[int, ...] = ()
    """Numbers of runs at which it judges."""
    family: int = 0
    """Cells that it counts as one family; 0 for those that there are."""
    attempt: int = 1
    """How often these cells have been measured for one verdict."""


_NO_GATE = Judging()


class Prepared(msgspec.Struct, frozen=True):
    """A site, what the core offers there, and the plan to run on it."""

    site: Site
    catalogue: Catalogue
    plan: Plan


def prepare(site: Site, name: str, change: Callable[[Plan], Plan] = lambda plan: plan) -> Prepared:
    """Read a plan for a site.

    Args:
        site: Where it will run.
        name: Of a shipped plan, or a path.
        change: What to make of it.
    """
    catalogue = site.core.catalogue()
    return Prepared(site, catalogue, change(plan.load(name, catalogue)))


def agree(sides: Sequence[Prepared], ask: Ask, *, yes: bool, used_boot: bool = False) -> Demand:
    """Get the consent that the plans need, and return what they take.

    Raises:
        BenchError: Nobody agreed, a plan cannot be run at its site, or it needs a fresh boot and
            the boot is used.
    """
    demands = [secret.demand_of(each.site, each.plan, each.catalogue) for each in sides]
    touched_bytes = sum(demand.touched_bytes for demand in demands)
    wanted = msgspec.structs.replace(demands[-1], touched_bytes=touched_bytes)
    last = sides[-1]
    for each in () if used_boot else sides:
        counters = each.site.counters()
        fresh.require(each.plan.name, each.plan.most_splits, counters, wanted.sentence)
    accepted = yes or last.plan.accept_splits or not last.site.lasting
    secret.obtain(wanted, accepted=accepted, ask=ask)
    return wanted


def begin(
    sides: Sequence[Prepared], options: CampaignOptions, judging: Judging = _NO_GATE
) -> list[Recording]:
    """Begin a record file for each side: its first line has been written when this returns.

    Args:
        sides: One, or A and B, whose files say that they belong together.
        options: For file, budget and seed; all sides get one seed, drawn where none is given.
        judging: Of a gate: by what it judges.

    Raises:
        BenchError: A file exists or cannot be written; none is left behind.
    """
    seed = secrets.randbits(32) if options.seed is None else options.seed
    marks = _marks(len(sides))
    lines = [
        msgspec.structs.replace(
            first_line(each, options.budget_s or each.plan.budget_s, seed),
            ab=mark,
            **msgspec.structs.asdict(judging),
        )
        for each, mark in zip(sides, marks, strict=True)
    ]
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    recordings: list[Recording] = []
    try:
        for each, line in zip(sides, lines, strict=True):
            writer = Writer.create(_path(line, options.out, stamp))
            recordings.append(Recording(each.site, line, writer, options.timeout_s))
            recordings[-1].append(line)
    except BenchError:
        for recording in recordings:
            recording.close()
        raise
    return recordings


def first_line(prepared: Prepared, budget_s: float, seed: int) -> Campaign:
    """Make the first line of a new record file.

    Args:
        prepared: Where it runs, and what.
        budget_s: Wall time that it may take.
        seed: Of the order of its runs.
    """
    site, catalogue, chosen = prepared.site, prepared.catalogue, prepared.plan
    facts = site.facts(catalogue)
    recorded = facts_of(facts)
    metrics = {cell.metric for cell in chosen.cells}
    modes = {name for cell in chosen.cells for name in (cell.mode, cell.control)}
    return Campaign(
        schema=SCHEMA,
        id=secrets.token_hex(8),
        created=utc_now(),
        plan=chosen.name,
        seed=seed,
        budget_s=budget_s,
        machine=Machine(site.kind, class_of(recorded), site.emulated),
        environment=recorded,
        counters=site.counters(),
        core=catalogue.core,
        modes={mode.name: mode.info for mode in catalogue.modes if mode.name in modes},
        metrics={
            metric.name: metric.info for metric in catalogue.metrics if metric.name in metrics
        },
        cells=chosen.cells,
        readiness=site.checks(facts),
        warnings=(*site.sentences, *chosen.notes),
        most_splits=UNSET if chosen.most_splits is None else chosen.most_splits,
        left_out=tuple(cell.cell for cell in chosen.left_out),
    )


def _marks(count: int) -> list[Side | UnsetType]:
    """The marks of the campaigns of one comparison; none where there is but one."""
    if count == 1:
        return [UNSET]
    name = secrets.token_hex(8)
    return [Side(name, "A"), Side(name, "B")]


def _path(line: Campaign, out: str | None, stamp: str) -> Path:
    """Where a campaign's file goes; results/ if nobody says otherwise."""
    usual = RESULTS / line.machine.name / f"{stamp}-{line.plan}.jsonl"
    path = Path(out) if out else Path(os.path.relpath(usual))
    if line.ab is UNSET:
        return path
    return path.with_name(f"{path.name.removesuffix('.jsonl')}-{line.ab.side}.jsonl")
