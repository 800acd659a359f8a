# SPDX-License-Identifier: MIT
"""The verb figures: all figures as SVG files."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

from pathlib import Path

import click

from ._argument import beside, figure_arguments


@click.command()
@figure_arguments
def command(
    paths: tuple[Path, ...], out: Path | None, others: tuple[Path, ...], weights_path: Path | None
) -> None:
    """Draw all figures as SVG."""
    from ..figures.drawing.gallery import material, write
    from ..output.stdout import show
    from ..read.load import load
    from ..secrecy.weight import weights

    given, campaigns = weights(weights_path), load(paths, beside=others)
    out_dir = out or beside(campaigns.files[0].path)
    show(f"{path}\n" for path in write(material(campaigns, given=given), out_dir))
