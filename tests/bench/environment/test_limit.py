# SPDX-License-Identifier: MIT
"""What this process may do is tried, where a sandbox may refuse what its rights allow."""

from __future__ import annotations

import errno
import os
import platform
import subprocess
import sys

import pytest

from bench.environment.fact import Files
from bench.environment.limit import real_time
from tests.bench.conftest import ROOT
from tests.native import sandbox

SAY = (
    "from bench.environment.fact import Files; from bench.environment.limit import real_time; "
    "print(next(real_time(Files())).value)"
)


def said(refused: int | None) -> str:
    before = None if refused is None else sandbox.without_call(refused, errno.EPERM)
    return subprocess.run(
        [sys.executable, "-c", SAY], cwd=ROOT, preexec_fn=before, capture_output=True, check=True
    ).stdout.decode()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="calls are refused by x86's numbers")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has what can be refused")
def test_real_time_that_a_sandbox_refuses_is_not_permitted() -> None:
    (number,) = sandbox.CALLS["sched_setscheduler"]
    allowed = said(None)
    if allowed == "False\n":
        pytest.skip("real time is not permitted here")
    assert said(number) == "False\n"


def test_trying_leaves_this_process_as_it_was() -> None:
    before = os.sched_getscheduler(0)
    assert isinstance(next(real_time(Files())).value, bool)
    assert os.sched_getscheduler(0) == before
