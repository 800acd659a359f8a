# SPDX-License-Identifier: MIT
"""The verb gate: did anything get worse?"""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._argument import WithKeys, path_type

if TYPE_CHECKING:
    from ..gate.policy import Policy


class _Gate(WithKeys):
    """The verb with an option for each output, as the outputs declare them."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Find the outputs only when the verb is used or its help is asked for."""
        from ..gate.outputs import outputs

        *own, last = super().get_params(ctx)
        more = [
            click.Option(
                [each.flag, each.name],
                help=each.help,
                metavar=each.metavar,
                is_flag=each.metavar is None,
                type=path_type if each.metavar else None,
            )
            for each in outputs()
        ]
        return [*own, *more, last]


def _keys() -> type:
    from ..gate.verdict import Gate

    return Gate


@click.command(
    cls=_Gate,
    keys=_keys,
    about=(
        "Of kind ratio, estimate, low and high are plain ratios (1 = alike) and the margin a "
        "share; of a difference all are in the metric's unit. What is not known is null."
    ),
)
@click.argument("paths", metavar="[BASE]... CANDIDATE", nargs=-1, type=path_type)
@click.option("--policy", metavar="FILE", type=path_type, help="Margins, ignored cells, ...")
@click.option("--absolute", is_flag=True, help="Compare absolute times: informs, cannot pass.")
@click.option("--all-cells", is_flag=True, help="Demand every cell of the baseline.")
@click.option(
    "--family",
    metavar="N",
    type=click.IntRange(1),
    help="Cells that count as one family, if more than are there; default: as the record says.",
)
@click.option(
    "--attempt",
    metavar="N",
    type=click.IntRange(1, 20),
    help="How often these cells have been measured; default: as the record says.",
)
@click.option("--interim", is_flag=True, hidden=True, help="Sampling goes on.")
@click.option("--again", metavar="WORDS", default="", hidden=True)
@click.option("--terms", is_flag=True, hidden=True, help="Print what `bench gate` must know.")
@click.option("--regressed-as", type=int, default=1, hidden=True, help="Exit code of a regression.")
def command(paths: tuple[Path, ...], policy: Path | None, *, terms: bool, **asked: Any) -> None:  # noqa: ANN401  click's
    """Judge recorded results: did anything get worse?

    One file: modes against their controls. More files: the ratio to the control of each cell
    against that of a baseline, or the two sides of an ab run, pair by pair. BASE may be several
    campaigns, which tell how far campaigns differ by themselves, or a directory of baselines (see
    `baseline`). Exit codes: 0 all pass or improved, 1 regressed, 2 usage or files that cannot be
    compared, 3 inconclusive.
    """
    from ..gate import outputs, text, words
    from ..gate.judge import Request, judge
    from ..gate.policy import load_policy
    from ..output.printable import printable
    from ..output.stdout import page, show
    from ..read.load import load

    if terms:
        _show_terms(policy)
        return
    _refuse_none(paths)
    held = load_policy(policy)
    request = Request(
        policy=held,
        absolute=asked["absolute"],
        interim=asked["interim"],
        all_cells=asked["all_cells"],
        family=asked["family"] or 0,
        attempt=asked["attempt"] or 0,
        again=asked["again"],
    )
    found = judge(load(_resolved(paths, held), mixed=True), request)
    outputs.write_files(found, asked)
    show(outputs.on_stdout(found, asked, lambda: text.text(found, page())))
    for line in words.complaints(found):
        print(f"analysis: {printable(line)}", file=sys.stderr)
    raise click.exceptions.Exit(asked["regressed_as"] if found.exit_code == 1 else found.exit_code)


def _show_terms(policy: Path | None) -> None:
    from ..gate.policy import load_policy
    from ..gate.terms import terms
    from ..output.stdout import as_json, show

    show([as_json(terms(load_policy(policy)))])


def _refuse_none(paths: tuple[Path, ...]) -> None:
    if not paths:
        context = click.get_current_context()
        missing = next(each for each in context.command.params if each.name == "paths")
        raise click.MissingParameter(ctx=context, param=missing)


def _resolved(paths: tuple[Path, ...], policy: "Policy") -> tuple[Path, ...]:
    """The files that are meant: of a directory of baselines those that fit the candidate."""
    from ..gate import baseline

    *bases, candidate = paths
    found: list[Path] = []
    for base in bases:
        found += baseline.fitting(base, candidate, policy) if base.is_dir() else [base]
    return (*found, candidate)
