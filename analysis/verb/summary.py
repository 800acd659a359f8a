# SPDX-License-Identifier: MIT
"""The verb summary: what the memory costs, cell by cell."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

from pathlib import Path

import click

from ._argument import WithKeys, files, json_flag


def _keys() -> type:
    from ..summary.summary import Summary

    return Summary


@click.command(
    cls=WithKeys,
    keys=_keys,
    about=(
        "Numbers are in base units; what is not known is null. Where loss is true, difference "
        "stands in place of ratio, in the metric's unit. A ratio is plain (1 = alike); its "
        "half_width is that of its logarithm, its smallest_seen a share. Notes hold a value per "
        "good run."
    ),
)
@files
@json_flag
def command(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Print what the memory costs, cell by cell.

    Several FILEs of one environment count together, run by run.
    """
    from ..output import stdout
    from ..read.load import load
    from ..summary.summary import summarise
    from ..summary.text import text

    campaigns = load(paths)
    found = summarise(campaigns)
    said = stdout.as_json(found) if as_json else text(found, stdout.page(), campaigns.modes)
    stdout.show([said])
