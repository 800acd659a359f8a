# SPDX-License-Identifier: MIT
"""The verb values: the raw values of one cell."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

from pathlib import Path

import click

from ._argument import files


@click.command()
@click.argument("cell")
@files
def command(cell: str, paths: tuple[Path, ...]) -> None:
    """Print the raw values of one CELL, one line per run and arm."""
    from ..export.values import lines
    from ..output.stdout import show
    from ..read.load import load

    show(f"{line}\n" for line in lines(load(paths, mixed=True), cell))
