# SPDX-License-Identifier: MIT
"""The command line: finds the verb and runs it."""

import os
import sys
from pathlib import Path

import click

from . import register, verb
from .output.ending import VARIABLE
from .output.error import UsageError


class Verbs(click.Group):
    """Commands that are found by listing the package of verbs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Names of all verbs."""
        return register.names(verb)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One verb; None if there is no such file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = register.part(verb, cmd_name).command
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--traceback", is_flag=True, help="Show where an unforeseen error arose.")
def cli(*, traceback: bool) -> None:
    """Read what `python -m bench run` recorded.

    FILE is a record file (.jsonl, .jsonl.gz or .jsonl.xz), or a directory: its newest record file.
    Exit codes: 0 done, 1 regressed (gate) and nothing else, 2 wrong usage or input, or an
    unforeseen error, 3 interrupted, or of a gate inconclusive.
    """
    if traceback:
        os.environ[VARIABLE] = "1"


def run() -> object:
    """Run the verb on the command line and return its exit code, or None."""
    try:
        return cli.main(prog_name=_command(), standalone_mode=False)
    except click.ClickException as error:
        raise UsageError(f"{error.format_message().rstrip('.')}: see --help") from None
    except click.Abort:
        raise KeyboardInterrupt from None


def _command() -> str:
    """What a person types to start this program, as `--help` names it."""
    installed = "secretmem-analysis"
    return installed if Path(sys.argv[0]).name == installed else "python -m analysis"
