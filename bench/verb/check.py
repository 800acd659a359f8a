# SPDX-License-Identifier: MIT
"""`bench check`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import click

from . import option


@click.command("check")
@option.core
def verb(core_path: str | None) -> None:
    """Say whether this machine is ready: one line per fact, with what to do about it."""
    from ..environment import readiness, running
    from ..machines.local import raise_memlock

    raise_memlock()
    core = option.instruments(core_path)
    facts = running.collect(core, core.catalogue())
    for line in readiness.lines(facts, readiness.checks(facts)):
        click.echo(line)
