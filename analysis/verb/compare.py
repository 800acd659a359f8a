# SPDX-License-Identifier: MIT
"""The verb compare: campaigns side by side."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

from pathlib import Path

import click

from ._argument import WithKeys, files, json_flag


def _keys() -> type:
    from ..summary.side_by_side import SideBySide

    return SideBySide


@click.command(
    cls=WithKeys,
    keys=_keys,
    about=(
        "Lists are in the order of the files; results are those that summary gives. Pairs are "
        "of the two sides of one `python -m bench ab`: B against A, over pairs of boots."
    ),
)
@files
@click.option("--control", metavar="MODE", help="Compare all modes with this one.")
@json_flag
def command(paths: tuple[Path, ...], control: str | None, *, as_json: bool) -> None:
    """Put campaigns side by side, also of two machines or kernels: no verdict."""
    from ..output import stdout
    from ..read.load import load
    from ..summary.side_by_side import side_by_side, text

    campaigns = load(paths, mixed=True)
    found = side_by_side(campaigns, control)
    said = stdout.as_json(found) if as_json else text(found, stdout.page(), campaigns.modes)
    stdout.show([said])
