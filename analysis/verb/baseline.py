# SPDX-License-Identifier: MIT
"""The verb baseline: results kept to compare later ones with."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

import sys
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
@click.argument("records", metavar="FILE...", nargs=-1, required=True, type=path_type)
@store_option
@click.option(
    "--few-runs", is_flag=True, help="Also if cells have too few runs to ever show a regression."
)
def accept(records: tuple[Path, ...], store: Path, *, few_runs: bool) -> None:
    """Store record files as the newest baseline of their machine class; old ones stay.

    Several FILEs are several campaigns of one baseline: two or three tell how far campaigns
    differ by themselves, which one cannot. Prints the names of the stored files.
    """
    from ..gate import baseline
    from ..output.stdout import show

    found = baseline.accept(records, store, few_runs=few_runs)
    show(f"{each.path}\n" for each in found)
    said = f"a regression against it takes {found[-1].needed_runs} runs of a cell to show"
    short = found[-1].short_cells
    fewer = f"; {short} cells have fewer and cannot be shown to regress" if short else ""
    print(f"analysis: {said}{fewer}", file=sys.stderr)


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
