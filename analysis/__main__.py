# SPDX-License-Identifier: MIT
"""The command line: finds the verb, runs it, and ends every error in one line on stderr."""

import sys
from pathlib import Path

import click

from . import register, verb
from .output.error import UsageError
from .output.stdout import ClosedError

OK, USAGE, INTERRUPTED = 0, 2, 3


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
def cli() -> None:
    """Read what `python -m bench run` recorded.

    FILE is a record file (.jsonl, .jsonl.gz or .jsonl.xz), or a directory: its newest record file.
    Exit codes: 0 done, 1 regressed (gate), 2 wrong usage or input, 3 interrupted, or of a
    gate inconclusive.
    """


def main() -> None:
    """Run one verb; all errors end here, as one line on stderr."""
    try:
        code = cli.main(prog_name=_command(), standalone_mode=False)
    except ClosedError:
        sys.exit(OK)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_complain("interrupted", INTERRUPTED))
    except click.ClickException as error:
        sys.exit(_complain(f"{error.format_message().rstrip('.')}: see --help", USAGE))
    except UsageError as error:
        sys.exit(_complain(str(error), USAGE))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        reason = error.strerror or error
        sys.exit(_complain(f"{where}{reason}: choose another place to write", USAGE))
    sys.exit(code if isinstance(code, int) else OK)


def _command() -> str:
    """What a person types to start this program, as `--help` names it."""
    installed = "secretmem-analysis"
    return installed if Path(sys.argv[0]).name == installed else "python -m analysis"


def _complain(text: str, code: int) -> int:
    """One line on stderr, control characters shown as such."""
    line = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    print(f"analysis: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
