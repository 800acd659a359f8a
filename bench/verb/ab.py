# SPDX-License-Identifier: MIT
"""`bench ab`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

from collections.abc import Sequence

import click

from ..ending import INTERRUPTED
from . import option


def _of_guests() -> Sequence[click.Parameter]:
    from ..machines.guest.option import PAIR

    return PAIR


@click.command("ab", cls=option.late(_of_guests))
@click.argument("plan")
@click.option("--out", metavar="FILE", help="FILE-A.jsonl and FILE-B.jsonl; must not exist.")
@click.option("--pairs", default=8, show_default=True, type=click.IntRange(1, 1000),
              help="Pairs of boots.")  # fmt: skip
@click.option("--budget", "budget_s", metavar="S", type=option.seconds,
              help="Wall time after which no further pair is begun.")  # fmt: skip
@option.seed("boots and runs")
@option.timeout
@click.option("--quiet", is_flag=True, help="Print the record files' names alone.")
@click.option("--gate", is_flag=True,
              help="Judge: pairs only while cells are undecided; exit codes of gate.")  # fmt: skip
@click.option("--policy", metavar="FILE", help="Of --gate: margins, ignored cells.")
@option.cell
@option.family
@option.attempt
@option.core
def verb(core_path: str | None, **given: object) -> None:
    """Compare two kernels, or two command lines of one, by a PLAN in pairs of fresh boots.

    Name two kernels (--kernel A --kernel B), or one and two command lines (--kernel K
    --cmdline "" --cmdline nogbpages). Prints the names of both record files; `python -m
    analysis compare` reads them.
    """
    import msgspec

    from ..compare import kernels
    from ..machines.guest.option import both

    a, b = both(given)
    options = msgspec.convert({**given, "a": a, "b": b}, kernels.PairOptions)
    paths, ending = kernels.run(option.instruments(core_path), options)
    for path in paths:
        click.echo(str(path))
    if ending == "interrupted":
        click.echo("interrupted: the last pair may lack a side; whole pairs count", err=True)
        raise click.exceptions.Exit(INTERRUPTED)
    if options.gate:
        raise click.exceptions.Exit(kernels.judge_of(options, paths).last_word(()))
