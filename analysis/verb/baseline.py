# SPDX-License-Identifier: MIT
"""The verb baseline: results kept to compare later ones with."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

from pathlib import Path

import click

from ._argument import WithKeys, json_flag, path_type

store_option = click.option(
    "--store",
    type=path_type,
    default=Path("results/baseline"),
    show_default=True,
    help="Where baselines are kept.",
)


@click.group("baseline")
def command() -> None:
    """Keep results as baselines, by the class of machine that they were measured on."""


@command.command()
@click.argument("record", metavar="FILE", type=path_type)
@store_option
def accept(record: Path, store: Path) -> None:
    """Store a record file as the newest baseline of its machine class; old ones stay."""
    from ..gate import baseline
    from ..output.stdout import show

    show([f"{baseline.accept(record, store)}\n"])


def _keys() -> type:
    from ..gate.baseline import Baseline

    return Baseline


@command.command(
    "list", cls=WithKeys, keys=_keys, about="These are the keys of each baseline of the list."
)
@store_option
@json_flag
def list_(store: Path, *, as_json: bool) -> None:
    """List the baselines, oldest first; the newest of a class and plan is what a gate takes."""
    from ..gate import baseline
    from ..output import stdout

    rows = baseline.stored(store)
    stdout.show([stdout.as_json(rows)] if as_json else [baseline.text(rows, stdout.page())])


@command.command("show")
@click.argument("name", metavar="ID")
@store_option
def show_(name: str, store: Path) -> None:
    """Show one baseline, by its id or the beginning of it: environment and results."""
    from ..gate import baseline
    from ..output.stdout import page, show
    from ..read.load import load
    from ..summary.summary import summarise
    from ..summary.text import text

    found = baseline.find(store, name)
    sheet = page()
    baseline.facts_text(found, sheet)
    campaigns = load([Path(found.path)])
    show([str(sheet), text(summarise(campaigns), page(), campaigns.modes)])
