# SPDX-License-Identifier: MIT
"""The command line: every verb of the folder `verb`, found by listing it."""

import importlib
import os
import pkgutil
from collections.abc import Iterator

import click

from . import __version__, verb
from .ending import VARIABLE
from .error import BenchError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--traceback", is_flag=True, help="Show where an unforeseen error arose.")
def cli(*, traceback: bool) -> None:
    """Measure secret memory: what it costs and what it buys.

    Exit codes: 0 done (also when the budget ended it), 2 wrong usage or environment, or an
    unforeseen error, 3 interrupted, to be continued with `run --resume`; of a gate 1 regressed
    and 3 inconclusive.
    """
    if traceback:
        # Programs of ours that a verb starts are to show it, too.
        os.environ[VARIABLE] = "1"


def _verbs() -> Iterator[click.Command]:
    for module in pkgutil.iter_modules(verb.__path__):
        found = getattr(importlib.import_module(f"{verb.__name__}.{module.name}"), "verb", None)
        if isinstance(found, click.Command):
            yield found


for _each in _verbs():
    cli.add_command(_each)


def run() -> object:
    """Run the verb on the command line and return its exit code, or None."""
    try:
        return cli.main(prog_name="python -m bench", standalone_mode=False)
    except click.ClickException as error:
        raise BenchError(f"{error.format_message()} (see --help)") from None
    except click.Abort:
        raise KeyboardInterrupt from None
