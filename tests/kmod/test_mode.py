# SPDX-License-Identifier: MIT
"""The native core's modes that go through the module, in the same guests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .lab import Lab

LOW_LIMIT_BYTES = 65536


def test_the_core_verifies_itself_and_both_modes_by_the_page_tables(lab: Lab) -> None:
    done = lab.call("core", "verify")
    said = done.stdout.decode()
    assert done.exit_code == 0, said
    assert "FAILED" not in said
    assert "ok touches-are-faults: secret-wrapped: 23 faults for 23 pages" in said
    assert "ok direct-map-by-level: tables map" in said
    assert "ok direct-map-levels: 23 of 23 secret pages have entries of 4K" in said
    for mode, kind in (("secret-wrapped", "WB"), ("secret-uncached", "UC-")):
        assert f"ok memory-type: {mode}: 23 of 23 pages are mapped {kind}" in said
        assert f"ok absent-from-direct-map: {mode}: 23 of 23 pages" in said
        assert f"ok alias-not-read-by-the-kernel: {mode}: 23 of 23 pages" in said


def test_uncached_is_refused_where_a_hot_line_is_as_fast_as_cached(lab: Lab) -> None:
    done = lab.call("core", "run", "access-latency", "secret-uncached", "--control", "memfd")
    assert done.exit_code == 77
    assert done.stdout == b""
    assert b"secret-uncached: memory type not honoured here (hypervisor?)" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_wrapped_is_measured_beside_plain_secret_memory_and_the_limits_rule_is_recorded(
    lab: Lab,
) -> None:
    rule = lab.run("/core", "lock-limit secret")[-1]["notes"]["rule"]
    lines = lab.run(
        f"/wrap limited {LOW_LIMIT_BYTES} /core",
        "bandwidth secret-wrapped --control secret len_bytes=1048576 slices=3",
    )
    # More than the limit that it came with, as root, under either rule.
    assert lines[0]["obtained"]["memlock_bytes"] == -1
    assert lines[-1]["placement"]["treatment"]["pages"] == 256
    assert lines[-1]["notes"]["memlock_rule"] == rule
    assert rule.startswith("charged at ")


def test_limits_are_not_learnt_on_what_an_ordinary_user_may_not_open(lab: Lab) -> None:
    done = lab.call("core", "run", "lock-limit", "secret-wrapped")
    assert done.exit_code == 77
    assert b"chmod 666" in done.stderr


def test_a_mode_that_is_not_what_it_says_is_not_measured(lab: Lab) -> None:
    done = lab.call("credulous", "run", "access-latency", "mistaken", "slices=1")
    assert done.exit_code == 1
    assert b"of 4 pages 0 are mapped UC-, 4 are absent from the direct map" in done.stderr


@pytest.mark.parametrize(
    "cell",
    [
        "access-latency secret-uncached --control secret-wrapped len_bytes=4096 slices=3",
        "first-touch secret-uncached --control secret pages=64 classes=on",
    ],
)
def test_sanitizers_find_nothing_where_the_latency_is_believed(lab: Lab, cell: str) -> None:
    lines = lab.run("/credulous", cell)
    assert lines[-1]["line"] == "end"
    assert lines[-1]["notes"]["uncached_hot_load_ratio"] > 0
    assert "memlock_rule" in lines[-1]["notes"]
