# SPDX-License-Identifier: MIT
"""The command line: every verb of the folder `verb`, and how errors end it."""

import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator

import click

from . import __version__, verb
from .error import BenchError
from .verb.exit_code import INTERRUPTED, USAGE


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Measure secret memory: what it costs and what it buys.

    Exit codes: 0 done (also when the budget ended it), 2 wrong usage or environment, 3
    interrupted, to be continued with `run --resume`.
    """


def _verbs() -> Iterator[click.Command]:
    for module in pkgutil.iter_modules(verb.__path__):
        found = getattr(importlib.import_module(f"{verb.__name__}.{module.name}"), "verb", None)
        if isinstance(found, click.Command):
            yield found


for _each in _verbs():
    cli.add_command(_each)


def main() -> int:
    """Run the verb on the command line and return its exit code."""
    try:
        code = cli.main(prog_name="python -m bench", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has seen enough; Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"bench: {error}: make room, or print elsewhere", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USAGE
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return USAGE
    except click.ClickException as error:
        print(f"bench: {error.format_message()} (see --help)", file=sys.stderr)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        print("bench: interrupted before the first run: nothing was recorded", file=sys.stderr)
        return INTERRUPTED
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
