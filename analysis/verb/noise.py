# SPDX-License-Identifier: MIT
"""The verb noise: how far equals differ."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

from pathlib import Path

import click

from ._argument import files


@click.command()
@files
def command(paths: tuple[Path, ...]) -> None:
    """Print how far equals differ, in duets and in separate processes (plan noise)."""
    from ..output import stdout
    from ..read.load import load
    from ..result.noise import noise
    from ..summary.noise import text

    stdout.show([text(noise(load(paths)), stdout.page())])
