# SPDX-License-Identifier: MIT
"""Under CI=true a skip is a failure: what CI's machine is known to have must be tried there."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

HERE = Path(__file__).parent
# Folders whose tests stay together in one process of pytest-xdist, so that everything else goes on
# beside them: those of `kernel` count what the running kernel does and would count each other,
# those of `guest` and of `tlb` share their guests. The first folder that fits counts.
_GROUPS = {
    "bench/machines/guest": "guest", "kmod": "guest", "tlb": "tlb",
    "native": "kernel", "bench": "kernel", "probes": "kernel", "document": "kernel",
    "torture": "kernel",
}  # fmt: skip


class _ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Deals out tests one by one, those of a group together."""

    def _split_scope(self, nodeid: str) -> str:
        path = HERE.parent / nodeid.partition("::")[0]
        groups = (_GROUPS[name] for name in _GROUPS if path.is_relative_to(HERE / name))
        return next(groups, nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _ByGroup:
    return _ByGroup(config, log)


# What even CI's machine need not have; words of the reason.
_MAY_LACK = ("huge pages", "unsplit blocks", "this machine has")


def _known_here(reason: str) -> bool:
    return os.environ.get("CI") == "true" and not any(word in reason for word in _MAY_LACK)


def _judge(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if _known_here(reason):
        report.outcome = "failed"
        report.longrepr = f"{reason}: under CI=true this is a failure, not a skip"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _judge(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _judge(report)
    return report
