"""The verb advise: which mode suits the reader's own case."""

# ruff: noqa: PLC0415 - every verb imports what it needs when it runs

from __future__ import annotations

import math
from pathlib import Path

import click

from ..output.error import UsageError

ADVISE_KEYS = """\b
Keys of --json, times in s, shares of a CPU plain; what is not known is null:
  case: secrets, uses_per_second, must_close[], share, strangers
  chosen: the mode, null if there is none
  undecided[]: ways that must be closed and were tried on no mode
  options[]: mode, verdict (chosen, possible, beaten, too dear, leaves open,
    not tried, not measured), why[], closed, leaves_open[], at_rest[], untried[],
    cpu_share, setup_s, others_s, others_share: estimate, low, high, cell,
    fits{layout}
"""

path_type = click.Path(path_type=Path)


@click.command(epilog=ADVISE_KEYS)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=path_type)
@click.option(
    "--secrets",
    metavar="N",
    type=click.IntRange(1),
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
@click.option("--json", "as_json", is_flag=True, help="Print JSON with the keys below.")
def advise(
    paths: tuple[Path, ...],
    *,
    secrets: int,
    must_close: tuple[str, ...],
    as_json: bool,
    **rates: float,
) -> None:
    """Say which mode suits your own case, what it costs, and what it leaves open."""
    from ..advice import rule as advice
    from ..advice import words as counsel
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
    closed = advice.must_close(matrix(rows), names)
    share = rates["cpu_share"] / 100
    case = advice.Case("Your case", secrets, rates["uses_per_second"], closed, share)
    found = advice.advise(rows, case)
    stdout.show([stdout.as_json(found)] if as_json else [counsel.text(found, stdout.page())])
