# SPDX-License-Identifier: MIT
"""A campaign that is taken up again: its file is opened, unless anything else has changed."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from msgspec import UNSET

from ..consent import fresh
from ..core import Catalogue
from ..environment.change import changed
from ..environment.fact import facts_of
from ..error import BenchError
from ..machines.kind import kinds
from ..plans import plan
from ..record.line import Campaign, Cell, Facts, Resume, Run, utc_now
from .history import History
from .recording import Recording


def refuse_unfit(
    recording: Recording, history: History, catalogue: Catalogue, *, used_boot: bool = False
) -> Facts:
    """Return the environment as it is now, which must be the one that the file began in.

    Args:
        recording: A file that has been opened again.
        history: What it holds.
        catalogue: What the core offers.
        used_boot: Whether a plan that asks for a fresh boot goes on upon a used one.

    Raises:
        BenchError: The file is one side of a comparison, or of another machine or environment, or
            its plan asked for a fresh boot and something else has used it.
    """
    site, campaign, path = recording.site, history.campaign, recording.path
    _refuse_other_machine(path, campaign, site.kind)
    facts = facts_of(site.facts(catalogue))
    _refuse_other_environment(path, campaign, facts)
    if not used_boot:
        _refuse_used_boot(recording, history)
    return facts


def left(history: History) -> list[tuple[Cell, int]]:
    """Return each cell of a file with the runs that it may still get."""
    made = Counter(run.cell for run in history.runs)
    found = [(cell, cell.target.max_runs - made[cell.cell]) for cell in history.campaign.cells]
    return [(cell, runs) for cell, runs in found if runs > 0]


def take_up(recording: Recording, history: History, facts: Facts) -> None:
    """Go on with a file that has been opened again, and say so in it.

    Args:
        recording: The file.
        history: What it holds.
        facts: The environment.
    """
    site = recording.site
    site.take_up(history.runs)
    recording.go_on_from(max((run.run for run in history.runs), default=-1) + 1)
    recording.append(Resume(created=utc_now(), counters=site.counters(), environment=facts))


def budget_left_s(
    path: Path, campaign: Campaign, runs: Iterable[Run], given_s: float | None
) -> float:
    """Return the wall time that a campaign may still take.

    Raises:
        BenchError: None is left, and none was given.
    """
    left_s = given_s or campaign.budget_s - sum(run.elapsed_s for run in runs)
    if left_s <= 0:
        raise BenchError(
            f"{path}: the budget of {campaign.budget_s:g} s is spent: give --budget S for more"
        )
    return left_s


def refuse_other_plan(
    path: Path, campaign: Campaign, name: str | None, catalogue: Catalogue
) -> None:
    """Refuse a plan that is not the file's, where one was named."""
    if name is None:
        return
    chosen = plan.load(name, catalogue)
    if (chosen.name, chosen.cells) != (campaign.plan, campaign.cells):
        raise BenchError(
            f"{path} holds the plan {campaign.plan} as it was when the campaign began, and "
            f"{chosen.name} is another plan now: leave out the plan to go on with the old one, "
            "or start a new campaign"
        )


def _refuse_other_machine(path: Path, campaign: Campaign, kind: str) -> None:
    """Told apart from a changed environment, in which every fact would differ."""
    if campaign.ab is not UNSET:
        raise BenchError(
            f"{path} is one side of a comparison (`bench ab`, `bench gate --base-core`); such "
            "records cannot be resumed: start a new comparison"
        )
    was = campaign.machine.kind
    if was != kind:
        known = kinds().get(was)
        how = f"resume it {known.again}" if known else "there is none here: start a new campaign"
        raise BenchError(f"{path} was measured on a {was} machine: {how}")


def _refuse_other_environment(path: Path, campaign: Campaign, facts: Facts) -> None:
    if differing := changed(campaign.environment, facts):
        raise BenchError(
            f"{path}: the environment has changed ({'; '.join(differing)}): "
            "start a new campaign instead"
        )


def _refuse_used_boot(recording: Recording, history: History) -> None:
    """Refuse to go on where the plan asked for a fresh boot and something else has used it.

    What its own runs split is what it was to measure; a run that was killed is in no line.
    """
    campaign = recording.campaign
    if campaign.most_splits is UNSET:
        return
    others = fresh.without_own(recording.site.counters(), history.runs)
    would = "what its runs split is left out; a run that was killed cannot be had again"
    fresh.require(f"{recording.path}: the plan", campaign.most_splits, others, would)
