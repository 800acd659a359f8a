# SPDX-License-Identifier: MIT
"""Options that several verbs share, and what the verbs make of them."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import functools
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..consent.secret import Ask
    from ..core import Core


class Seconds(click.FloatRange):
    """A wall time that a record can hold: above 0, at most a month, and a number."""

    def __init__(self) -> None:
        super().__init__(0, 31 * 86400, min_open=True)

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it; nan passes every comparison, so it is refused by name."""
        number = float(super().convert(value, param, ctx))
        return self.fail("nan is no time", param, ctx) if math.isnan(number) else number


seconds = Seconds()
core = click.option(
    "--core",
    "core_path",
    metavar="PATH",
    help="The native core (or the variable BENCH_CORE).",
)
yes = click.option(
    "--yes", is_flag=True, help="Accept that mappings of the kernel stay split until reboot."
)
timeout = click.option(
    "--timeout",
    "timeout_s",
    metavar="S",
    type=seconds,
    help="Wall time after which a run is killed.",
)
cell = click.option(
    "--cell", "cells", multiple=True, metavar="NAME", help="Only this cell; may repeat."
)
all_cells = click.option(
    "--all-cells", is_flag=True, help="Demand every cell of the baseline, also with --cell."
)
family = click.option(
    "--family",
    metavar="N",
    type=click.IntRange(1),
    help="Cells that count as one family.  [default: those of the plan]",
)
attempt = click.option(
    "--attempt",
    metavar="N",
    type=click.IntRange(1, 20),
    default=1,
    show_default=True,
    help="How often these cells have been measured for one verdict, this time included.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


def seed(of: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option --seed of a verb in which it reproduces the order `of` something."""
    help_text = f"Reproduces the order of {of}."
    # What readers of JSON take as a whole number.
    return click.option("--seed", type=click.IntRange(0, 2**53), help=help_text)


def late(more: Callable[[], Sequence[click.Parameter]]) -> type[click.Command]:
    """Return the class of a command some of whose options are known only when it is used.

    Args:
        more: Gives them; asked once, when the command's line or help is wanted. They come
            before --core.
    """
    known = functools.cache(more)

    class Late(click.Command):
        def get_params(self, ctx: click.Context) -> list[click.Parameter]:
            found = super().get_params(ctx)
            at = next(i for i, parameter in enumerate(found) if parameter.name == "core_path")
            return [*found[:at], *known(), *found[at:]]

    return Late


def instruments(path: str | None) -> "Core":
    """Return the core that --core names, or the usual one, with the probes beside it."""
    from ..core import find
    from ..probes.instrument import Instruments

    return Instruments(find(path, os.environ).path, shared=True)


def ask() -> "Ask":
    """Return what puts a question to a person; None if nobody is there."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return lambda question: click.confirm(question, err=True)
