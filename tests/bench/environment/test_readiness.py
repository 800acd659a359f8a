# SPDX-License-Identifier: MIT
from bench.environment import readiness
from bench.environment.fact import Fact
from bench.record.line import Check

SHOWN = """Show the system configuration

System state
============

ASLR: Full randomization

Advices
=======

Perf event: Set max sample rate to 1
Linux scheduler: Use isolcpus=<cpu list> kernel parameter to isolate CPUs

Warnings
========

Turbo Boost (MSR): Failed to read MSR 0x1a0 from /dev/cpu/0/msr
"""


def test_pyperfs_advice_becomes_checks_and_its_warnings_do_not() -> None:
    checks = readiness.advice(SHOWN)
    assert [check.fact for check in checks] == ["pyperf_perf_event", "pyperf_linux_scheduler"]
    assert checks[0].hint == "Set max sample rate to 1"
    assert not any(check.ok for check in checks)


def test_a_pyperf_without_advice_gives_no_checks() -> None:
    assert readiness.advice("System state\n") == []


def test_each_fact_is_one_line_and_an_obstacle_says_what_to_do() -> None:
    facts = [
        Fact("plain", 3),
        Fact("good", value=True, hint="never shown"),
        Fact("bad", value=False, ok=False, hint="do this"),
        Fact("unread", None),
    ]
    checks = [fact.check for fact in facts if fact.hint]
    assert readiness.lines(facts, checks) == [
        "   plain: 3",
        "   unread: unknown",
        "ok good: yes",
        "!! bad: no: do this",
    ]


def test_what_a_campaign_goes_on_without_is_said_before_it() -> None:
    checks = [
        Check("secret_memory", ok=False, text="off", hint="boot with it"),
        Check("smt_active", ok=False, text="yes", hint="turn it off"),
        Check("realtime_permitted", ok=True, text="yes", hint="be root"),
    ]
    assert readiness.decisive(checks) == ["secret_memory: off: boot with it"]


def test_judging_takes_in_pyperf_on_this_machine() -> None:
    judged = readiness.checks([Fact("a", 1), Fact("b", 2, ok=False, hint="h")])
    assert judged[0] == Check("b", ok=False, text="2", hint="h")
    assert all(check.fact.startswith("pyperf_") for check in judged[1:])
