# SPDX-License-Identifier: MIT
"""The keys of a JSON output in words, walked from the types that it is made of."""

import dataclasses
import re
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping

import msgspec

WIDTH = 78
"""Columns of help, with the two by which it is indented."""

HEADING = "Keys of --json ([] is a list, {} values by name, <name> stands once below):"

_JOINT = "\x00"
"""Stands for a space at which no line may end."""


def keys_text(kind: type, about: str) -> str:
    """All keys that the JSON of a type can hold, for the end of a `--help`.

    A key that ends in `[]` holds a list, one in `{}` an object by names that are data. What
    several keys hold stands once, under its own name in angle brackets.

    Args:
        kind: A dataclass or a msgspec struct.
        about: What else is to be said of the values, in sentences.
    """
    holders: dict[type, list[str]] = {}
    _hold(kind, "", holders)
    names = {each: _name(each, paths) for each, paths in holders.items()}
    lines = [
        f"{f'{names[each]}: ' if names[each] else ''}"
        f"{', '.join(_key(key, hint, names) for key, hint in _members(each))}"
        for each in holders
    ]
    wrapped = [
        textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ") for line in lines
    ]
    return "\n".join(["\b", HEADING, *wrapped, "", about]).replace(_JOINT, " ")


def _hold(kind: type, path: str, holders: dict[type, list[str]]) -> None:
    """Enter a type under the path that holds it, and all types below it the first time."""
    known = kind in holders
    holders.setdefault(kind, []).append(path)
    if known:
        return
    for key, hint in _members(kind):
        held, marks = _held(hint)
        if _is_object(held):
            _hold(held, f"{path}.{key}{marks}".lstrip("."), holders)


def _members(kind: type) -> Iterator[tuple[str, object]]:
    """Keys as they are encoded, and what each holds."""
    hints = typing.get_type_hints(kind)
    if issubclass(kind, msgspec.Struct):
        fields = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
        yield from ((key, hints[field]) for key, field in fields)
    elif dataclasses.is_dataclass(kind):
        yield from ((field.name, hints[field.name]) for field in dataclasses.fields(kind))


def _held(hint: object) -> tuple[type, str]:
    """What a value, or each of its items, is; with `[]` and `{}` for what is around it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        known = [each for each in arguments if each is not types.NoneType]
        return _held(known[0]) if len(known) == 1 else (object, "")
    if origin is tuple or origin is list:
        held, marks = _held(arguments[0])
        return held, f"[]{marks}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        held, marks = _held(arguments[1])
        return held, f"{{}}{marks}"
    return hint if isinstance(hint, type) else object, ""


def _is_object(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct)


def _name(kind: type, paths: list[str]) -> str:
    """Where a type is held, or its own name if that is in several places."""
    if len(paths) == 1:
        return paths[0]
    words = re.findall(r"[A-Z][a-z0-9]*", kind.__name__)
    return f"<{_JOINT.join(words).lower()}>"


def _key(key: str, hint: object, names: Mapping[type, str]) -> str:
    """One key with its marks, and with the words that it may hold."""
    held, marks = _held(hint)
    words = _words(hint)
    said = f" ({', '.join(words)})" if words else ""
    shared = f"{_JOINT}{names[held]}" if held in names and names[held].startswith("<") else ""
    return f"{key}{marks}{shared}{said}"


def _words(hint: object) -> list[str]:
    """The words of a Literal, wherever in the hint it stands."""
    if typing.get_origin(hint) is typing.Literal:
        return [str(word) for word in typing.get_args(hint)]
    return [word for each in typing.get_args(hint) for word in _words(each)]
