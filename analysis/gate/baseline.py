# SPDX-License-Identifier: MIT
"""Stored results to compare with later ones: append-only, by the class of machine.

A store is a folder: `STORE/<machine class>/<fingerprint>/<UTC>-<plan>-<id>.jsonl[.gz]`, each a
copy of a record file, byte for byte, never changed or removed. The fingerprint is a hash of
all facts that must agree before results may be compared; what a gate exists to compare, the
build of the core, is not in it.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..output.error import UsageError
from ..read.campaigns import RecordFile
from ..read.environment import DEFINING_FACTS, facts, fits, mismatches
from ..read.load import load, records_below, suffix_of
from ..read.record import Campaign
from ..result.effect import good
from .comparable import BUILD

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


def fingerprint(campaign: Campaign) -> str:
    """Hash of the facts that define the class of machine, 12 hex digits."""
    known = facts(campaign)
    matter = {
        name: known[name]
        for name in sorted(known)
        if name not in BUILD and fits(name, DEFINING_FACTS)
    }
    return hashlib.sha256(json.dumps(matter, sort_keys=True).encode()).hexdigest()[:12]


def accept(record: Path, store: Path) -> Path:
    """Copy a record file into the store; what is there stays.

    Returns:
        The stored file.

    Raises:
        UsageError: It cannot be read, has no good run, or is stored already.
    """
    (file,) = load([record]).files
    if not good(file.runs):
        raise UsageError(f"{record}: holds no good run: no baseline; measure again")
    campaign = file.campaign
    stamp = re.sub(r"[^0-9TZ]", "", campaign.created.split(".")[0].rstrip("Z") + "Z")
    plan = re.sub(r"[^A-Za-z0-9._-]+", "-", campaign.plan)
    machine = re.sub(r"[^A-Za-z0-9._-]+", "-", campaign.machine.name)
    name = f"{stamp}-{plan}-{re.sub(r'[^0-9a-zA-Z]', '', campaign.id)[:16]}{suffix_of(file.path)}"
    path = store / machine / fingerprint(campaign) / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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


def stored(store: Path) -> tuple[Baseline, ...]:
    """All baselines of a store, by class and plan, oldest first.

    Raises:
        UsageError: There is no such store, or a file in it is damaged.
    """
    if not store.is_dir():
        raise UsageError(f"{store}: no baselines there: `baseline accept FILE` stores one")
    found = [_baseline(file) for path in records_below(store) for file in load([path]).files]
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


def fitting(store: Path, candidate: Path) -> Path:
    """The newest baseline of the candidate's class of machine and plan.

    Raises:
        UsageError: There is none; if there are others of its plan, says in what the newest
            of them differs.
    """
    (file,) = load([candidate]).files
    same_plan = [each for each in stored(store) if each.plan == file.campaign.plan]
    fits = [each for each in same_plan if each.fingerprint == fingerprint(file.campaign)]
    if fits:
        return Path(fits[-1].path)
    if same_plan:
        newest = max(same_plan, key=lambda each: each.created)
        (other,) = load([Path(newest.path)]).files
        found = mismatches([other.campaign, file.campaign])
        shown = "; ".join(str(each) for each in found if each.fact not in BUILD)
        raise UsageError(
            f"{store}: no baseline of this class of machine; the newest of plan "
            f"{file.campaign.plan} differs ({shown}): measure and accept one here"
        )
    raise UsageError(
        f"{store}: no baseline of plan {file.campaign.plan}: accept one with `baseline accept`"
    )


def text(rows: Sequence[Baseline], page: "Page") -> str:
    """The list as people read it."""
    if not rows:
        page.text("no baselines yet: `baseline accept FILE` stores one")
        return str(page)
    newest = {(row.machine, row.fingerprint, row.plan): row.id for row in rows}
    lines = [("", "id", "created", "plan", "runs", "fingerprint", "machine")]
    for row in rows:
        mark = "*" if newest[(row.machine, row.fingerprint, row.plan)] == row.id else ""
        lines.append(
            (mark, row.id, row.created, row.plan, str(row.runs), row.fingerprint, row.machine)
        )
    page.table(lines, (), indent=0)
    page.text("* what a gate takes for that class of machine and plan")
    return str(page)


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
    return Baseline(
        id=file.campaign.id,
        path=str(file.path),
        machine=file.campaign.machine.name,
        fingerprint=fingerprint(file.campaign),
        plan=file.campaign.plan,
        created=file.campaign.created,
        sha256=file.sha256,
        runs=len(good(file.runs)),
    )
