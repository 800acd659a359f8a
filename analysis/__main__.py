# SPDX-License-Identifier: MIT
"""The program: runs the command line, and ends every error in one line on stderr."""

import sys

from .output.ending import ended, program


def main() -> None:
    """Run one verb; all errors end here, as one line on stderr."""
    sys.exit(ended("analysis", _command_line))


def installed() -> None:
    """Do the same as the program that this process is."""
    program("analysis", _command_line)


def _command_line() -> object:
    # Imported here, so that what fails meanwhile ends like everything else.
    from .command_line import run  # noqa: PLC0415

    return run()


if __name__ == "__main__":
    installed()
