# SPDX-License-Identifier: MIT
"""Stored results to compare with later ones: append-only, by the class of machine.

A store is a folder: `STORE/<machine class>/<fingerprint>/<UTC>-<plan>-<id>.jsonl[.gz]`, each a
copy of a record file, byte for byte, never changed or removed. The fingerprint is a hash of
all facts that must agree before results may be compared; what a gate exists to compare, the
build of the core, is not in it.

Several campaigns that are accepted together are one baseline: they tell how far campaigns differ
by themselves. They lie in a folder of their own, named after the newest of them.
"""

import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..output.error import UsageError
from ..read.campaigns import RecordFile
from ..read.environment import DEFINING_FACTS, Mismatch, facts, fits, mismatches
from ..read.load import load, records_below, suffix_of
from ..read.record import Campaign
from ..result.effect import good
from ..stats.sequential import fewest
from .comparable import BUILD, refuse_apart
from .policy import Policy

if TYPE_CHECKING:
    from ..output.page import Page


@dataclass(frozen=True)
class Baseline:
    """One stored baseline."""

    id: str
    """The campaign's own."""
    path: str
    machine: str
    fingerprint: str
    plan: str
    created: str
    sha256: str
    runs: int
    needed_runs: int
    """Runs without which no regression of a cell can be shown among so many cells."""
    short_cells: int
    """Cells that have fewer."""


LONGEST = 80
"""Characters of what a record says that go into a file's name."""


def fingerprint(campaign: Campaign) -> str:
    """Hash of the facts that define the class of machine, 12 hex digits."""
    known = facts(campaign)
    matter = {
        name: known[name]
        for name in sorted(known)
        if name not in BUILD and fits(name, DEFINING_FACTS)
    }
    return hashlib.sha256(json.dumps(matter, sort_keys=True).encode()).hexdigest()[:12]


def accept(records: Sequence[Path], store: Path, *, few_runs: bool = False) -> list[Baseline]:
    """Copy record files into the store as one baseline; what is there stays.

    Args:
        records: One campaign, or several of one plan, environment and build.
        store: A folder, made if it is not there.
        few_runs: Also if cells have too few runs to ever show a regression against it.

    Returns:
        What is stored now.

    Raises:
        UsageError: One cannot be read, has no good run, differs from the others, or is stored
            already; or cells have too few runs.
    """
    files = sorted(load(records, mixed=True).files, key=lambda file: file.campaign.created)
    for file in files:
        if not good(file.runs):
            raise UsageError(f"{file.path}: holds no good run: no baseline; measure again")
    refuse_apart(files)
    found = [_baseline(file) for file in files]
    counts = _sampled_runs(files)
    needed = fewest(max(1, len(counts)))
    short = [name for name, count in counts.items() if count < needed]
    if short and not few_runs:
        raise UsageError(_too_few(files[-1], counts, needed))
    folder = store / _component(files[-1].campaign.machine.name) / found[-1].fingerprint
    if len(files) > 1:
        folder /= _name(files[-1]).removesuffix(suffix_of(files[-1].path))
    return [
        replace(each, path=str(_copied(file, folder)), needed_runs=needed, short_cells=len(short))
        for each, file in zip(found, files, strict=True)
    ]


def _copied(file: RecordFile, folder: Path) -> Path:
    """The copy of a record file in a folder of the store."""
    path = folder / _name(file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        with os.fdopen(descriptor, "wb") as stream, file.path.open("rb") as stored_from:
            shutil.copyfileobj(stored_from, stream)
    except FileExistsError:
        raise UsageError(f"{path}: is stored already: nothing was changed") from None
    except OSError as error:
        # Whole or not at all; what stood there was not opened.
        path.unlink(missing_ok=True)
        raise UsageError(f"{path}: {error.strerror}: choose another --store") from None
    return path


def _name(file: RecordFile) -> str:
    """What a record file is called in the store."""
    campaign = file.campaign
    stamp = re.sub(r"[^0-9TZ]", "", campaign.created.split(".")[0].rstrip("Z") + "Z")
    words = (stamp[:LONGEST], _component(campaign.plan), _component(campaign.id)[:16])
    return f"{'-'.join(words)}{suffix_of(file.path)}"


def _component(text: str) -> str:
    """What a record says as one component of a path, which leads nowhere else."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-")
    return plain[:LONGEST] or "unnamed"


def _too_few(file: RecordFile, counts: Mapping[str, int], needed: int) -> str:
    short = sum(count < needed for count in counts.values())
    least = min(counts, key=lambda name: counts[name])
    return (
        f"{file.path}: {short} of {len(counts)} cells have too few runs to ever show a "
        f"regression against it (least {counts[least]}: {least}): {needed} are needed "
        f"among so many cells; set min_runs = {needed} under the plan's [target] and "
        "measure again, or store it all the same with --few-runs"
    )


def _sampled_runs(files: Sequence[RecordFile]) -> dict[str, int]:
    """Good runs of each cell that a gate would judge by its effects, unless it has none."""
    counts = Counter(run.cell for file in files for run in good(file.runs))
    return {
        name: counts[name]
        for file in files
        for name, cell in file.cells.items()
        if cell.control and file.campaign.metrics[cell.metric].assume != "exact" and counts[name]
    }


def stored(store: Path) -> tuple[Baseline, ...]:
    """All baselines of a store, by class and plan, oldest first.

    Raises:
        UsageError: There is no such store, or a file in it is damaged.
    """
    if not store.is_dir():
        raise UsageError(f"{store}: no baselines there: `baseline accept FILE` stores one")
    found = map(_baseline, _files(store))
    return tuple(sorted(found, key=lambda each: (each.machine, each.plan, each.created)))


def find(store: Path, name: str) -> Baseline:
    """The one baseline whose id begins so.

    Raises:
        UsageError: None or several do.
    """
    fits = [each for each in stored(store) if each.id.startswith(name)]
    if len(fits) != 1:
        what = "no baseline" if not fits else f"{len(fits)} baselines"
        raise UsageError(f"{store}: {what} with the id {name!r}: see `baseline list`")
    return fits[0]


def fitting(store: Path, candidate: Path, policy: Policy) -> tuple[Path, ...]:
    """The campaigns of the newest baseline that the candidate may be compared with.

    Raises:
        UsageError: There is none; if there are others of its plan, says in what the newest
            of them differs.
    """
    (file,) = load([candidate]).files
    plan = file.campaign.plan
    near = _near(store, file)
    known = [
        each
        for each in (near or _files(store))
        if each.campaign.plan == plan and each.campaign.id != file.campaign.id
    ]
    known.sort(key=lambda each: each.campaign.created)
    fits = [each for each in known if not _apart(each, file, policy)]
    if fits:
        together = _together(fits[-1])
        return tuple(each.path for each in fits if _together(each) == together)
    if known:
        shown = "; ".join(map(str, _apart(known[-1], file, policy)))
        raise UsageError(
            f"{store}: no baseline of this class of machine; the newest of plan "
            f"{plan} differs ({shown}): measure and accept one here"
        )
    raise UsageError(f"{store}: no baseline of plan {plan}: accept one with `baseline accept`")


def _near(store: Path, file: RecordFile) -> list[RecordFile]:
    """What is stored under the class and fingerprint of a file, so that not all need be read."""
    folder = store / _component(file.campaign.machine.name) / fingerprint(file.campaign)
    return _files(folder) if folder.is_dir() else []


def _apart(one: RecordFile, other: RecordFile, policy: Policy) -> list[Mismatch]:
    """Facts that forbid a comparison."""
    found = mismatches([one.campaign, other.campaign])
    return [each for each in found if each.fact not in BUILD and not policy.allows(each.fact)]


def _together(file: RecordFile) -> Path:
    """What the campaigns of one baseline share: their folder; else its own name."""
    alone = file.path.parent.name == fingerprint(file.campaign)
    return file.path if alone else file.path.parent


def _files(folder: Path) -> list[RecordFile]:
    return [file for path in records_below(folder) for file in load([path]).files]


def text(rows: Sequence[Baseline], page: "Page") -> str:
    """The list as people read it."""
    if not rows:
        page.text("no baselines yet: `baseline accept FILE` stores one")
        return str(page)
    lines = [("", "id", "created", "plan", "runs", "too few", "fingerprint", "machine")]
    for row in rows:
        short = f"{row.short_cells} cells" if row.short_cells else ""
        facts = (row.id, row.created, row.plan, str(row.runs), short, row.fingerprint, row.machine)
        lines.append(("*" if _is_taken(row, rows) else "", *facts))
    page.table(lines, (), indent=0)
    page.text("* what a gate takes for that class of machine and plan")
    page.text("too few: cells with too few runs to ever show a regression")
    return str(page)


def _is_taken(row: Baseline, rows: Sequence[Baseline]) -> bool:
    """Whether it is, or was accepted together with, the newest of its class and plan."""
    kind = (row.machine, row.fingerprint, row.plan)
    newest = [each for each in rows if (each.machine, each.fingerprint, each.plan) == kind][-1]
    folder = Path(newest.path).parent
    return row == newest or (folder.name != row.fingerprint and Path(row.path).parent == folder)


def facts_text(found: Baseline, page: "Page") -> None:
    """Where a baseline came from and the facts that its fingerprint stands for."""
    (file,) = load([Path(found.path)]).files
    page.text(f"{found.machine}, fingerprint {found.fingerprint}", style="bold")
    page.name(found.path, indent=2)
    known = facts(file.campaign)
    for name in sorted(known):
        if fits(name, DEFINING_FACTS):
            page.name(f"{name}: {known[name]}", indent=2)
    page.text()


def _baseline(file: RecordFile) -> Baseline:
    counts = _sampled_runs([file])
    needed = fewest(max(1, len(counts)))
    return Baseline(
        id=file.campaign.id,
        path=str(file.path),
        machine=file.campaign.machine.name,
        fingerprint=fingerprint(file.campaign),
        plan=file.campaign.plan,
        created=file.campaign.created,
        sha256=file.sha256,
        runs=len(good(file.runs)),
        needed_runs=needed,
        short_cells=sum(count < needed for count in counts.values()),
    )
