# SPDX-License-Identifier: MIT
"""The verb report: one HTML file."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

from pathlib import Path

import click

from ._argument import beside, figure_arguments


@click.command()
@figure_arguments
def command(
    paths: tuple[Path, ...], out: Path | None, others: tuple[Path, ...], weights_path: Path | None
) -> None:
    """Write the report, one self-contained HTML file, and print its path."""
    from ..output.stdout import show
    from ..read.load import load
    from ..report.html import write
    from ..secrecy.weight import weights

    given, campaigns = weights(weights_path), load(paths, beside=others)
    show([f"{write(campaigns, out or beside(campaigns.files[0].path), given)}\n"])
