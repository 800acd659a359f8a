# SPDX-License-Identifier: MIT
"""What `bench check` says about hardware counters."""

from pathlib import Path

import msgspec
import pytest

from bench.core import Core
from bench.environment.tool import ENABLE, hardware_counters, native
from tests.bench.conftest import Bench

YES = '{"supported": true, "reason": ""}'
NO = '{"supported": false, "reason": "no PMU: measure elsewhere"}'
RIGHTS = '{"supported": false, "reason": "run with CAP_PERFMON"}'


@pytest.mark.parametrize(
    ("user", "kernel", "said"),
    [
        (YES, YES, "ok user and kernel, by events of zen-4"),
        (YES, RIGHTS, "!! user, by events of zen-4: run with CAP_PERFMON"),
        (NO, NO, "!! none: no PMU: measure elsewhere"),
        (NO, RIGHTS, "!! none: no PMU: measure elsewhere; run with CAP_PERFMON"),
    ],
)
def test_what_can_be_counted_is_said_and_what_would_help(
    tmp_path: Path, user: str, kernel: str, said: str
) -> None:
    core = tmp_path / "core"
    core.write_text(f"""#!/bin/sh
        echo '{{"table": "zen-4", "user": {user}, "kernel": {kernel}}}'
    """)
    core.chmod(0o755)
    (fact,) = hardware_counters(Core(core))
    line = f"ok {fact.value}" if fact.ok else f"!! {fact.value}: {fact.hint}"
    assert line == said


def test_a_core_that_knows_no_counters_leaves_the_fact_unknown(fake_core: Path) -> None:
    (fact,) = hardware_counters(Core(fake_core))
    assert (fact.value, fact.ok) == (None, True)


def test_check_has_one_line_on_hardware_counters(bench: Bench, core: Path) -> None:
    lines = bench("check", "--core", core).stdout.splitlines()
    (line,) = [line for line in lines if "hardware_counters: " in line]
    assert line[:3] in ("ok ", "!! ")


@pytest.mark.parametrize(
    ("reason", "value", "hint"),
    [
        ("secret: Function not implemented", "secret: Function not implemented", ENABLE),
        ("secret: Operation not permitted; a filter of system calls is in force here",
         "secret: Operation not permitted", "a filter of system calls is in force here"),
        ("secret: Resource temporarily unavailable; RLIMIT_MEMLOCK allows 65536 bytes: raise it",
         "secret: Resource temporarily unavailable", "RLIMIT_MEMLOCK allows 65536 bytes: raise it"),
    ],
)  # fmt: skip
def test_the_hint_on_secret_memory_is_the_cause_that_the_core_found(
    fake_core: Path, reason: str, value: str, hint: str
) -> None:
    catalogue = Core(fake_core).catalogue()
    modes = tuple(
        msgspec.structs.replace(mode, supported=mode.name != "secret", reason=reason)
        for mode in catalogue.modes
    )
    facts = native(Core(fake_core), msgspec.structs.replace(catalogue, modes=modes))
    (fact,) = [fact for fact in facts if fact.name == "secret_memory"]
    assert (fact.value, fact.ok, fact.hint) == (value, False, hint)
