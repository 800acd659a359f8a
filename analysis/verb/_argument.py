# SPDX-License-Identifier: MIT
"""Arguments and options that several verbs share; what a verb needs it imports when it runs."""

# ruff: noqa: PLC0415

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

path_type = click.Path(path_type=Path)

files = click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=path_type)
json_flag = click.option("--json", "as_json", is_flag=True, help="Print JSON with the keys below.")
folder = click.option(
    "-o",
    "--out",
    "out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write; default: <record>-report beside the record file.",
)
weight_file = click.option(
    "--weights",
    "weights_path",
    metavar="FILE",
    type=path_type,
    help="Weights of the ways in, for pictures of secrecy alone; see analysis/secrecy/weight.toml.",
)
curve_files = click.option(
    "--curves",
    "others",
    metavar="FILE",
    multiple=True,
    type=path_type,
    help="A record of another machine or kernel: its split curves, exposure and simulated counts, "
    "and the time of a trip to memory, stand beside these.",
)


def figure_arguments(command: Callable[..., None]) -> Callable[..., None]:
    """All that a verb takes that draws the figures of record files."""
    for each in (weight_file, curve_files, folder, files):
        command = each(command)
    return command


class WithKeys(click.Command):
    """A verb that says at the end of its help which keys its JSON has.

    Args:
        keys: Imports the type that it prints as JSON.
        about: What else is to be said of its values, in sentences.
    """

    def __init__(self, *given: Any, keys: Callable[[], type], about: str, **more: Any) -> None:  # noqa: ANN401  click's
        super().__init__(*given, **more)
        self._keys, self._about = keys, about

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Walk the type, which costs an import, only when help is asked for."""
        from ..output.json_keys import keys_text

        self.epilog = keys_text(self._keys(), self._about)
        super().format_epilog(ctx, formatter)


def beside(record: Path) -> Path:
    """The default folder for what is made from a record file."""
    from ..read.load import suffix_of

    return record.with_name(f"{record.name.removesuffix(suffix_of(record))}-report")
