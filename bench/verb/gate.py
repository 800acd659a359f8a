# SPDX-License-Identifier: MIT
"""`bench gate`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import functools

import click

from . import option


@functools.cache
def _of_judge() -> tuple[click.Option, ...]:
    """The options that say how the verdict is printed: the judge declares them."""
    from ..compare.judge import terms

    return tuple(
        click.Option(
            [each.flag], help=each.help, metavar=each.metavar, is_flag=each.metavar is None
        )
        for each in terms().outputs
    )


def _said(option: click.Option, value: object) -> tuple[object, ...]:
    """The words that say an option again."""
    flag = option.opts[0]
    return () if not value else (flag,) if value is True else (flag, value)


@click.command("gate", cls=option.late(_of_judge))
@click.argument("plan")
@click.option("--baseline", metavar="FILE", multiple=True,
              help="Earlier results, or a store of them, to compare with; several campaigns are "
                   "one baseline together.")  # fmt: skip
@click.option("--base-core", metavar="PATH",
              help="Another build of the core to compare with, pair by pair.")  # fmt: skip
@click.option("--policy", metavar="FILE", help="Margins, ignored cells, budget; see analysis.")
@option.cell
@option.family
@option.attempt
@option.all_cells
@click.option("--out", metavar="FILE", help="The record file; must not exist.")
@click.option("--budget", "budget_s", metavar="S", type=option.seconds, help="Wall time.")
@option.seed("the runs")
@option.timeout
@option.yes
@click.option("--quiet", is_flag=True, help="Say nothing on stderr while sampling.")
@option.core
def verb(core_path: str | None, **given: object) -> None:
    """Measure a PLAN until it is clear whether anything got worse, and say so.

    Without --baseline or --base-core each mode is held against its control. Exit codes: 0 all
    pass or improved, 1 regressed, 2 wrong usage or environment, 3 inconclusive.
    """
    import msgspec

    from ..compare import gate

    outputs = [word for each in _of_judge() for word in _said(each, given[str(each.name)])]
    given |= {"outputs": outputs, "core": core_path}
    options = msgspec.convert(given, gate.GateOptions)
    raise click.exceptions.Exit(gate.run(option.instruments(core_path), options, option.ask()))
