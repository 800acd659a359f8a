# SPDX-License-Identifier: MIT
"""The verb history: what moved over many campaigns."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

from pathlib import Path

import click

from ._argument import WithKeys, json_flag, path_type


def _keys() -> type:
    from ..gate.history import History

    return History


@click.command(cls=WithKeys, keys=_keys, about="Ratios are plain (1 = alike).")
@click.argument("folder", metavar="DIR", type=path_type)
@click.option("-o", "--out", metavar="DIR", type=path_type, help="Draw each series as SVG there.")
@json_flag
def command(folder: Path, out: Path | None, *, as_json: bool) -> None:
    """Find where the ratios to the control moved over all record files below DIR.

    Says which series moved for good or for a while, which of them without a change of the
    environment, and what changed where one moved. With -o each series is drawn.
    """
    from ..gate.history import text
    from ..gate.search import history, load_below
    from ..output import stdout

    campaigns = load_below(folder)
    found = history(campaigns)
    if out:
        from ..figures.drawing.series import draw

        stdout.show(f"{path}\n" for path in draw(found, out, campaigns.modes))
    stdout.show([stdout.as_json(found)] if as_json else [text(found, stdout.page())])
