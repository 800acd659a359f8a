# SPDX-License-Identifier: MIT
"""The program: runs the command line, and ends every error in one line on stderr."""

from .ending import ended, program


def main() -> int:
    """Run the verb on the command line and return its exit code."""
    return ended("bench", _command_line)


def _command_line() -> object:
    # Imported here, so that what fails meanwhile ends like everything else.
    from .command_line import run  # noqa: PLC0415

    return run()


if __name__ == "__main__":
    program("bench", _command_line)
