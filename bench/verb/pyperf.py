# SPDX-License-Identifier: MIT
"""`bench pyperf`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import click

from . import option


@click.command("pyperf", context_settings={"ignore_unknown_options": True})
@click.argument("cell")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@option.yes
@option.core
def verb(cell: str, options: tuple[str, ...], *, yes: bool, core_path: str | None) -> None:
    """Run a CELL as a pyperf benchmark; all else are pyperf's own options.

    Example: python -m bench pyperf access-latency/secret/len_bytes=16KiB --fast -o secret.json
    """
    from ..campaign import pyperf_cell

    core = option.instruments(core_path)
    pyperf_cell.benchmark(core, cell, options, yes=yes, ask=option.ask())
