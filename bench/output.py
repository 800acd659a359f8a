# SPDX-License-Identifier: MIT
"""What one run of the native core prints, decoded: `native/PROTOCOL.md` is the contract."""

from collections.abc import Iterable

import msgspec

from .record.line import Arm, Arms, Count, Counters, Facts, Number, Placement, Seconds, Table


class Start(msgspec.Struct, frozen=True, tag_field="line", tag="start"):
    """First line of a run."""

    obtained: Facts = {}
    warnings: tuple[str, ...] = ()


class Values(msgspec.Struct, frozen=True, tag_field="line", tag="values"):
    """Raw values of one arm, in the metric's unit."""

    arm: Arm
    values: list[Number]
    classes: list[Number] | None = None


class Finish(msgspec.Struct, frozen=True, tag_field="line", tag="end", kw_only=True):
    """Last line of a run."""

    core_s: Seconds
    timed_s: Seconds
    arm_s: dict[Arm, float] = {}
    operations: dict[Arm, Number] = {}
    dropped: Count = 0
    placement: dict[Arm, Placement] = {}
    counters: Counters = {}
    tables: dict[str, Table] = {}
    notes: Facts = {}
    warnings: tuple[str, ...] = ()


class Output(msgspec.Struct, frozen=True):
    """All that one good run of the core printed."""

    start: Start
    values: Arms
    classes: Arms
    finish: Finish


class GarbageError(Exception):
    """The core printed something else than its protocol; the text says what."""


_LINE = msgspec.json.Decoder(Start | Values | Finish)
# The last one: a list in a list in a list.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_output(stdout: bytes, arms: Iterable[str]) -> Output:
    """Decode what one run of the core printed.

    Args:
        stdout: Everything it printed.
        arms: The arms that must have values.

    Raises:
        GarbageError: It is not what the protocol says.
    """
    first, *between, last = _lines(stdout)
    if not isinstance(first, Start):
        raise GarbageError("printed no start line")
    if not isinstance(last, Finish):
        raise GarbageError("stopped before its end line")
    rows = [line for line in between if isinstance(line, Values)]
    found = {line.arm: line for line in rows}
    if len(rows) < len(between) or len(found) < len(rows):
        raise GarbageError("printed a second run behind its own")
    missing = [arm for arm in arms if not (arm in found and found[arm].values)]
    if missing or len(found) != len(list(arms)):
        raise GarbageError(f"printed values of {sorted(found) or 'no arm'}, wanted {sorted(arms)}")
    return Output(
        start=first,
        values={arm: line.values for arm, line in found.items()},
        classes={arm: line.classes for arm, line in found.items() if line.classes is not None},
        finish=last,
    )


def _lines(stdout: bytes) -> list[Start | Values | Finish | None]:
    """What it printed, decoded; at least two lines, of which the last may be missing."""
    lines: list[Start | Values | Finish | None] = []
    for row in stdout.splitlines():
        try:
            lines.append(_LINE.decode(row))
        except UNREADABLE:
            raise GarbageError(f"printed garbage: {row[:80]!r}") from None
    return lines if len(lines) > 1 else [*lines, None, None][:2]
