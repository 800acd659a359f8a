# SPDX-License-Identifier: MIT
"""Whether two campaigns may be compared at all."""

from collections.abc import Sequence

from ..output.error import UsageError
from ..read.campaigns import RecordFile
from ..read.environment import Mismatch, facts, fits, mismatches
from .policy import Policy

BUILD = frozenset({"core_sha256"})
"""What a gate on a change of the code exists to compare: it may always differ."""

KERNEL = ("kernel_release", "config_*", "cmdline", "mitigation_*", "lockdown", "core_version",
          "thp_*", "page_reporting_order", "ksm_run", "numa_balancing")  # fmt: skip
"""What two sides of an ab run may differ in: kernel, command line and what follows from them."""


def refuse(
    files: Sequence[RecordFile], policy: Policy, *, pairs: bool = False
) -> tuple[Mismatch, ...]:
    """Refuse files whose environments differ in what matters and is not under test.

    Args:
        files: Those to be compared.
        policy: Says what is under test.
        pairs: They are the sides of an ab run, which tests kernel or command line.

    Returns:
        The differences that are under test.

    Raises:
        UsageError: Names every fact that differs and must not, with both values.
    """
    policy.check(
        {name for file in files for name in file.campaign.metrics},
        {name: None for file in files for name in facts(file.campaign)},
    )
    found = mismatches([file.campaign for file in files])
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
            f"{files[1].path}: not comparable with {files[0].path} "
            f"({'; '.join(map(str, refused))}): record a baseline "
            "in this environment, or list what is under test in the policy's under_test"
        )
    return allowed
