# SPDX-License-Identifier: MIT
"""`bench list`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import click

from . import option


@click.command("list")
@option.as_json
@option.core
def verb(*, as_json: bool, core_path: str | None) -> None:
    """Show the plans, modes and metrics there are, and whether this machine has them."""
    from ..plans import catalogue, plan

    found = option.instruments(core_path).catalogue()
    plans = [plan.load(name, found) for name in plan.shipped()]
    click.echo(catalogue.as_json(found, plans) if as_json else catalogue.as_text(found, plans))
