# SPDX-License-Identifier: MIT
"""How a verdict is printed: what an output registers, and the ones that were asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import register
from ..output.whole_file import refuse_record, whole
from .verdict import Gate


@dataclass(frozen=True)
class Output:
    """One form of a verdict: a file in `gate/output/` that has it as `OUTPUT`.

    Attributes:
        flag: The option that chooses it.
        help: What the option does, in a line.
        text: Makes the whole text of it.
        metavar: What the option takes, FILE; None for a flag, whose text goes to stdout.
        append: Its text goes behind what the file holds; otherwise it replaces the file.
        alone: On stdout it stands in place of everything else.
    """

    flag: str
    help: str
    text: Callable[[Gate], str]
    metavar: str | None = None
    append: bool = False
    alone: bool = False

    @property
    def name(self) -> str:
        """Name of the option's value."""
        return self.flag.removeprefix("--").replace("-", "_")


def outputs() -> tuple[Output, ...]:
    """Every output, in the order of the files' names."""
    from . import output  # noqa: PLC0415  its files import this one

    return tuple(each.OUTPUT for each in register.parts(output))


def write_files(gate: Gate, asked: Mapping[str, object]) -> None:
    """Write the outputs that go to files.

    Args:
        gate: What to say.
        asked: Name of an output -> the path that was given, or None.

    Raises:
        UsageError: A file cannot be written.
        OSError: A file cannot be appended to.
    """
    for each in outputs():
        path = asked[each.name] if each.metavar else None
        if not isinstance(path, Path):
            continue
        if each.append:
            refuse_record(path)
            with path.open("a", encoding="utf-8") as stream:
                stream.write(each.text(gate))
        else:
            with whole(path) as part:
                part.write_text(each.text(gate), encoding="utf-8")


def on_stdout(gate: Gate, asked: Mapping[str, object], terminal: Callable[[], str]) -> list[str]:
    """The texts for stdout: one that stands alone, or the terminal's and those of all flags.

    Args:
        gate: What to say.
        asked: Name of an output -> whether it was asked for.
        terminal: Makes the text for people.
    """
    chosen = [each for each in outputs() if not each.metavar and asked[each.name]]
    alone = [each for each in chosen if each.alone]
    if alone:
        return [alone[0].text(gate)]
    return [terminal(), *(each.text(gate) for each in chosen)]
