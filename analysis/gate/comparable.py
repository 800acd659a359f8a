# SPDX-License-Identifier: MIT
"""Whether campaigns may be compared at all."""

from collections.abc import Iterable, Mapping, Sequence

from ..output.error import UsageError
from ..read.campaigns import RecordFile
from ..read.environment import UNKNOWN_AGREES, Mismatch, facts, fits, mismatches
from ..read.record import Scalar
from ..result.effect import good
from .basis import Files
from .policy import Policy

BUILD = frozenset({"core_sha256"})
"""What a gate on a change of the code exists to compare: it may always differ."""

KERNEL = ("kernel_release", "config_*", "cmdline", "mitigation_*", "lockdown", "core_version",
          "thp_*", "page_reporting_order", "ksm_run", "numa_balancing")  # fmt: skip
"""What two sides of an ab run may differ in: kernel, command line and what follows from them."""

OBTAINED = "obtained_"
"""Begins the names of facts that are what runs obtained: scheduler, CPU, ..."""


def refuse(files: Files, policy: Policy) -> tuple[Mismatch, ...]:
    """Refuse files whose environments differ in what matters and is not under test.

    Args:
        files: Those to be compared.
        policy: Says what is under test.

    Returns:
        The differences that are under test.

    Raises:
        UsageError: Names every fact that differs and must not, with both values.
    """
    policy.check(
        {name for file in files.all for name in file.campaign.metrics},
        {name: None for file in files.all for name in (*facts(file.campaign), *_obtains(file))},
    )
    refuse_apart(files.bases)
    found = [*mismatches([file.campaign for file in files.all]), *_obtained(files.all)]
    pairs = files.basis == "pairs"
    allowed = tuple(
        each
        for each in found
        if each.fact in BUILD
        or (each.fact != "emulated" and policy.allows(each.fact))
        or (pairs and fits(each.fact, KERNEL))
    )
    refused = [each for each in found if each not in allowed]
    if refused:
        raise UsageError(
            f"{files.candidate.path}: not comparable with {files.bases[0].path} "
            f"({'; '.join(map(str, refused))}): record a baseline "
            "in this environment, or list what is under test in the policy's under_test"
        )
    return allowed


def doubts(files: Files) -> list[str]:
    """What cannot be told of the environments, in sentences."""
    found = []
    for fact in sorted(UNKNOWN_AGREES):
        known = {file.label: facts(file.campaign).get(fact) for file in files.all}
        silent = [label for label, value in known.items() if value is None]
        if silent and len(silent) < len(known):
            found.append(f"{', '.join(silent)} does not say its {fact}: it may be another one")
    return found


def refuse_apart(bases: Sequence[RecordFile]) -> None:
    """Several campaigns are one baseline only if nothing differs between them.

    Raises:
        UsageError: Something does.
    """
    for other in bases[1:]:
        differing = [str(each) for each in mismatches([bases[0].campaign, other.campaign])]
        if bases[0].campaign.plan != other.campaign.plan:
            differing.insert(0, f"plan: {bases[0].campaign.plan} against {other.campaign.plan}")
        if differing:
            raise UsageError(
                f"{other.path}: no baseline together with {bases[0].path} "
                f"({'; '.join(differing)}): name campaigns of one plan, build and environment"
            )


def _obtains(file: RecordFile) -> Iterable[str]:
    return {OBTAINED + fact for run in file.runs for fact in run.obtained}


def _obtained(files: Sequence[RecordFile]) -> Iterable[Mismatch]:
    """What the good runs of a cell obtained in one file and not in another, by the fact.

    A file that does not say a fact does not differ in it. Of cells that differ the first is told.
    """
    tables = [_obtained_by_cell(file) for file in files]
    found: dict[str, Mismatch] = {}
    for cell in files[-1].cells:
        for fact in dict.fromkeys(fact for table in tables for fact in table.get(cell, {})):
            values = [table.get(cell, {}).get(fact) for table in tables]
            if len({value for value in values if value is not None}) > 1:
                found.setdefault(fact, Mismatch(fact, tuple(values)))
    return found.values()


def _obtained_by_cell(file: RecordFile) -> Mapping[str, Mapping[str, Scalar]]:
    """Cell -> fact -> all that its good runs had, in words."""
    found: dict[str, dict[str, set[str]]] = {}
    for run in good(file.runs):
        for fact, value in run.obtained.items():
            found.setdefault(run.cell, {}).setdefault(OBTAINED + fact, set()).add(str(value))
    return {
        cell: {fact: ", ".join(sorted(values)) for fact, values in had.items()}
        for cell, had in found.items()
    }
