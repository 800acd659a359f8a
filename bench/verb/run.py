# SPDX-License-Identifier: MIT
"""`bench run`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import shlex
from collections.abc import Sequence

import click

from ..ending import INTERRUPTED
from . import option


def _of_machines() -> Sequence[click.Parameter]:
    from ..machines.kind import kinds

    return [each for kind in kinds().values() for each in kind.options]


@click.command("run", cls=option.late(_of_machines))
@click.argument("plan", required=False)
@click.option("--out", metavar="FILE", help="The record file; must not exist.")
@click.option("--resume", metavar="FILE", help="Go on with a record file.")
@click.option("--budget", "budget_s", metavar="S", type=option.seconds,
              help="Wall time, instead of the plan's; with --resume, from now.")  # fmt: skip
@option.seed("the runs")
@option.timeout
@option.yes
@click.option("--used-boot", is_flag=True,
              help="Run a plan that asks for a fresh boot on a used one, too.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="Print the record file's name alone.")
@option.core
def verb(core_path: str | None, **given: object) -> None:
    """Run a PLAN (a shipped one or a path) and print the name of its record file.

    With --kernel it runs in a guest that is booted on that kernel, in QEMU.
    """
    import msgspec

    from ..campaign import campaign
    from ..machines.kind import choose

    options = msgspec.convert(given, campaign.RunOptions)
    path, end = campaign.run(option.instruments(core_path), choose(given), options, option.ask())
    click.echo(str(path))
    if end.status == "interrupted":
        again = f"python -m bench run --resume {shlex.quote(str(path))}"
        again += " --yes" if options.yes else ""
        click.echo(f"interrupted: go on with: {again}", err=True)
        raise click.exceptions.Exit(INTERRUPTED)
