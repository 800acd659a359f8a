# SPDX-License-Identifier: MIT
"""The kinds of machine there are: each file of this folder that has a KIND, and no list of them.

A kind says what it is called in a record, which options of the command line are about it, and,
from their values, whether it is asked for. One that is gives a function that opens its site.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ..error import BenchError

if TYPE_CHECKING:
    from ..core import Core
    from .site import Site

Given = Mapping[str, object]
Opener = Callable[["Core"], "Site"]


@dataclass(frozen=True)
class Kind:
    """A kind of machine."""

    name: str
    """As in the record's `machine.kind`."""
    again: str
    """How a campaign on it is gone on with: the end of "resume it ..."."""
    asked: Callable[[Given], Opener | None]
    """Takes the values of the command line; None if they do not ask for this kind."""
    options: tuple[click.Option, ...] = ()
    """Options of `bench run`."""
    usual: Opener | None = None
    """Opens it where no kind is asked for."""


def kinds() -> dict[str, Kind]:
    """Return every kind by its name, in the order of the files."""
    package = importlib.import_module(__package__)
    modules = [each.name for each in pkgutil.iter_modules(package.__path__)]
    found = [getattr(importlib.import_module(f".{name}", __package__), "KIND", None)
             for name in modules]  # fmt: skip
    return {kind.name: kind for kind in found if isinstance(kind, Kind)}


def choose(given: Given) -> Opener:
    """Return what opens the machine that the command line asks for, or the usual one.

    Raises:
        BenchError: Options of two kinds, or such as do not fit together.
    """
    known = kinds().values()
    asked = {kind.name: opener for kind in known if (opener := kind.asked(given))}
    if len(asked) > 1:
        raise BenchError(f"options of two machines ({', '.join(asked)}): give those of one")
    return next(filter(None, (*asked.values(), *(kind.usual for kind in known))))
