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
    units="numbers in base units, ratios plain; what is not known is null",
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
