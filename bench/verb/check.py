# SPDX-License-Identifier: MIT
"""`bench check`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import click

from . import option


@click.command("check")
@option.core
def verb(core_path: str | None) -> None:
    """Say whether this machine is ready: one line per fact, with what to do about it."""
    from ..consent import fresh
    from ..environment import memory, readiness, running
    from ..environment.fact import Files
    from ..machines.local import raise_memlock
    from ..plans import plan

    raise_memlock()
    core = option.instruments(core_path)
    facts = running.collect(core, core.catalogue())
    boot = fresh.check(memory.counters(Files()), plan.most_splits("fresh") or 0)
    for line in readiness.lines(facts, (*readiness.checks(facts), boot)):
        click.echo(line)
