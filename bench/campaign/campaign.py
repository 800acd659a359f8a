"""One execution of a plan: from its name to a finished record file."""

import os
import secrets
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ..consent import secret as consent
from ..consent.secret import Ask
from ..core import Catalogue, Core
from ..environment import readiness
from ..environment.change import changed
from ..environment.fact import facts_of
from ..environment.machine_class import class_of
from ..error import BenchError
from ..machines.kind import Opener, kinds
from ..machines.site import Site
from ..plans import plan
from ..plans.plan import Plan
from ..record.line import SCHEMA, Campaign, Cell, End, Facts, Machine, Resume, Run, utc_now
from . import progress
from .loop import Execution, timed_shares
from .runner import TIMEOUT_S, Runner
from .writer import Writer

# An emulated CPU is some tens of times slower than a real one.
_SLOWER = 20
RESULTS = Path(__file__).parents[2] / "results"


class RunOptions(msgspec.Struct, frozen=True):
    """What `bench run` was asked; None where it was not."""

    plan: str | None = None
    out: str | None = None
    resume: str | None = None
    budget_s: float | None = None
    seed: int | None = None
    timeout_s: float | None = None
    yes: bool = False
    quiet: bool = False


class Start(msgspec.Struct, frozen=True):
    """A record file that is ready for runs; the budget counts from `began_s` (monotonic)."""

    campaign: Campaign
    writer: Writer
    began_s: float
    budget_s: float
    runs: tuple[Run, ...] = ()
    sentences: tuple[str, ...] = ()


def run(core: Core, opener: Opener, options: RunOptions, ask: Ask) -> tuple[Path, End]:
    """Run a plan, or go on with one, and write its record file.

    Args:
        core: The native core.
        opener: Opens the machine to run on.
        options: What was asked.
        ask: Puts a question to a person; None if nobody is there.

    Returns:
        The record file and its end line.
    """
    site = opener(core)
    try:
        start, end, runs = _run(site, options, ask)
    finally:
        site.close()
    if not options.quiet:
        for sentence in closing(end, runs, start.campaign):
            progress.Plain().say(sentence)
    return start.writer.path, end


def _run(site: Site, options: RunOptions, ask: Ask) -> tuple[Start, End, Sequence[Run]]:
    catalogue = site.core.catalogue()
    if options.resume is None:
        start = _begin(site, catalogue, options, ask)
    else:
        start = _resume(site, catalogue, options, Path(options.resume))
    runner = runner_of(site, start.campaign, options.timeout_s)
    show = progress.choose(quiet=options.quiet)
    try:
        for sentence in start.sentences:
            show.say(sentence)
        execution = Execution(start.campaign, start.writer, runner, show)
        execution.take_up(start.runs)
        end = execution.go(start.began_s, start.budget_s, site.counters)
    finally:
        show.close()
        start.writer.close()
    return start, end, execution.runs


def runner_of(site: Site, campaign: Campaign, timeout_s: float | None) -> Runner:
    """Return what executes the runs of a campaign at a site."""

    def refuse(cell: Cell) -> str:
        return site.refuse(cell, campaign.metrics[cell.metric])

    usual_s = TIMEOUT_S * _SLOWER if site.emulated else TIMEOUT_S
    runner = Runner(site.core, site.executor, site.cpu, timeout_s or usual_s)
    runner.refuse = refuse
    return runner


def closing(end: End, runs: Sequence[Run], campaign: Campaign) -> list[str]:
    """Say how a campaign ended, and name the cells that did not reach their end."""
    cells = {cell.cell: cell for cell in campaign.cells}
    metric_of = {name: cell.metric for name, cell in cells.items()}
    inside = f"{100 * end.core_share:.0f} % of it inside the core"
    found = [f"{end.status}: {len(runs)} runs in {end.wall_s:.0f} s, {inside}"]
    if shares := timed_shares(runs, metric_of):
        parts = (f"{name} {100 * share:.0f} %" for name, share in sorted(shares.items()))
        found.append(f"of the runs' time, timed: {', '.join(parts)}")
    for name, cell in end.cells.items():
        missed = cell.stop == "runs" and cells[name].target.half_width and cell.half_width
        if cell.stop == "budget" or missed:
            width = progress.reached(cell.half_width, campaign.metrics[metric_of[name]])
            found.append(f"{cell.stop} before target: {name}, +- {width} after {cell.runs} runs")
        elif cell.stop in ("failed", "unsupported"):
            found.append(f"{cell.stop}: {name}")
    return found


def _begin(site: Site, catalogue: Catalogue, options: RunOptions, ask: Ask) -> Start:
    if options.plan is None:
        raise BenchError(f"name a plan ({', '.join(plan.shipped())}, or a path), or --resume FILE")
    chosen = plan.load(options.plan, catalogue)
    wanted = demand(site, chosen)
    accepted = options.yes or chosen.accept_splits or not site.lasting
    consent.obtain(wanted, accepted=accepted, ask=ask)
    began_s = time.monotonic()
    campaign = first_line(site, chosen, catalogue, options)
    writer = Writer.create(Path(options.out) if options.out else place(campaign))
    try:
        writer.append(campaign)
    except BenchError:
        writer.close()
        raise
    sentences = (*site.sentences, *readiness.decisive(campaign.readiness), *chosen.notes)
    if site.lasting and wanted.touched_bytes > consent.FREE_BYTES:
        sentences += (wanted.sentence,)
    if wanted.shortage:
        sentences += (wanted.shortage,)
    return Start(campaign, writer, began_s, campaign.budget_s, (), sentences)


def demand(site: Site, chosen: Plan) -> consent.Demand:
    """Ask what a plan takes; what is refused at the site anyway takes nothing.

    Raises:
        BenchError: A cell does not fit, or the site refuses every one.
    """
    units = {metric.name: metric.info for metric in site.core.catalogue().metrics}
    reasons = {cell.cell: site.refuse(cell, units[cell.metric]) for cell in chosen.cells}
    if all(reasons.values()):
        raise BenchError(f"nothing of the plan can be run: {next(iter(reasons.values()))}")
    planned = [(each, each.target.max_runs) for each in chosen.cells if not reasons[each.cell]]
    return consent.demand(site.core, planned, site.files())


def _resume(site: Site, catalogue: Catalogue, options: RunOptions, path: Path) -> Start:
    if options.out is not None or options.seed is not None:
        raise BenchError(
            "--resume goes on with the file and seed it has: leave out --out and --seed"
        )
    began_s = time.monotonic()
    writer, history, warnings = Writer.reopen(path)
    campaign = history.campaign
    try:
        _refuse_other_plan(path, campaign, options.plan, catalogue)
        left_s = _budget_left(path, campaign, history.runs, options.budget_s)
        _refuse_other_kind(path, campaign, site.kind)
        facts = facts_of(site.facts(catalogue))
        _refuse_other_environment(path, campaign, facts)
        site.take_up(history.runs)
        writer.append(Resume(created=utc_now(), counters=site.counters(), environment=facts))
    except BaseException:
        writer.close()
        raise
    sentences = (*site.sentences, *warnings)
    return Start(campaign, writer, began_s, left_s, history.runs, sentences)


def _budget_left(
    path: Path, campaign: Campaign, runs: Iterable[Run], given_s: float | None
) -> float:
    left_s = given_s or campaign.budget_s - sum(run.elapsed_s for run in runs)
    if left_s <= 0:
        raise BenchError(
            f"{path}: the budget of {campaign.budget_s:g} s is spent: give --budget S for more"
        )
    return left_s


def _refuse_other_kind(path: Path, campaign: Campaign, kind: str) -> None:
    """Told apart from a changed environment, in which every fact would differ."""
    if campaign.ab is not None:
        raise BenchError(
            f"{path} is a side of an `ab`, whose pairs are not gone on with: begin anew"
        )
    was = campaign.machine.kind
    if was != kind:
        known = kinds().get(was)
        how = f"resume it {known.again}" if known else "this suite has none: begin a new campaign"
        raise BenchError(f"{path} was measured on a {was} machine: {how}")


def _refuse_other_environment(path: Path, campaign: Campaign, facts: Facts) -> None:
    if differing := changed(campaign.environment, facts):
        raise BenchError(
            f"{path}: the environment has changed ({'; '.join(differing)}): "
            "begin a new campaign instead"
        )


def _refuse_other_plan(
    path: Path, campaign: Campaign, name: str | None, catalogue: Catalogue
) -> None:
    if name is None:
        return
    chosen = plan.load(name, catalogue)
    if (chosen.name, chosen.cells) != (campaign.plan, campaign.cells):
        raise BenchError(
            f"{path} holds the plan {campaign.plan} as it was then, not this {chosen.name}: "
            "leave out the plan to go on with it, or begin a new campaign"
        )


def first_line(site: Site, chosen: Plan, catalogue: Catalogue, options: RunOptions) -> Campaign:
    """Make the first line of a new record file.

    Args:
        site: Where it runs.
        chosen: The plan to run.
        catalogue: What the core offers there.
        options: For seed and budget; a seed is drawn where none is given.
    """
    facts = site.facts(catalogue)
    recorded = facts_of(facts)
    metrics = {cell.metric for cell in chosen.cells}
    modes = {name for cell in chosen.cells for name in (cell.mode, cell.control)}
    return Campaign(
        schema=SCHEMA,
        id=secrets.token_hex(8),
        created=utc_now(),
        plan=chosen.name,
        seed=secrets.randbits(32) if options.seed is None else options.seed,
        budget_s=options.budget_s or chosen.budget_s,
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
    )


def place(campaign: Campaign) -> Path:
    """Return where a campaign's file goes if nobody says otherwise."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = RESULTS / campaign.machine.name / f"{stamp}-{campaign.plan}.jsonl"
    return Path(os.path.relpath(path))
