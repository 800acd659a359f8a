# SPDX-License-Identifier: MIT
"""The verb advise: which mode suits the reader's own case."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

import math
from pathlib import Path

import click

from ..output.error import UsageError
from ._argument import WithKeys, files, json_flag


def _keys() -> type:
    from ..advice.rule import Advice

    return Advice


@click.command(
    cls=WithKeys,
    keys=_keys,
    about="Times are in s, shares of a CPU plain; what is not known is null.",
)
@files
@click.option(
    "--secrets",
    metavar="N",
    type=click.IntRange(1, 10**12),
    required=True,
    help="Secrets of 32 bytes that are kept at a time.",
)
@click.option(
    "--uses-per-second",
    metavar="R",
    type=click.FloatRange(0, 1e12),
    required=True,
    help="Uses of any of them: open, read 32 bytes, close.",
)
@click.option(
    "--must-close",
    metavar="WAY[,WAY...]",
    multiple=True,
    help="Ways in that the mode must close, with commas between; may be given again.",
)
@click.option(
    "--cpu-share",
    metavar="PERCENT",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Most of one CPU that the uses may take.",
)
@json_flag
def command(
    paths: tuple[Path, ...],
    *,
    secrets: int,
    must_close: tuple[str, ...],
    as_json: bool,
    **rates: float,
) -> None:
    """Say which mode suits your own case, what it costs, and what it leaves open."""
    from ..advice import words
    from ..advice.rule import Case, advise, must_close_ways
    from ..output import stdout
    from ..read.load import load
    from ..result.compute import results
    from ..secrecy.matrix import matrix

    for name, rate in rates.items():
        if not math.isfinite(rate):
            raise UsageError(f"--{name.replace('_', '-')} '{rate}' is no number: give one from 0")
    campaigns = load(paths)
    rows = results(campaigns)
    names = [name for given in must_close for name in given.split(",")]
    ways = matrix(rows, campaigns.modes)
    closed = must_close_ways(ways, names)
    share = rates["cpu_share"] / 100
    case = Case("Your case", secrets, rates["uses_per_second"], closed, share)
    found = advise(rows, ways, case)
    stdout.show([stdout.as_json(found)] if as_json else [words.text(found, stdout.page())])
