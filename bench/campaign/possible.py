# SPDX-License-Identifier: MIT
"""Whether what a run said can be: numbers that no machine gives are a failed run, not a result."""

from collections.abc import Iterator

import msgspec

from ..output import GarbageError, Output
from ..record.line import MOST_LINE_BYTES, MetricInfo, Number

# Sixteen times the most that one arm of a run of the reference has, 131,072 first touches.
MOST_VALUES = 2**21
# What is timed is timed by another clock than the run.
_CLOCKS_DIFFER, _CLOCKS_DIFFER_S = 1.05, 0.01
# Threads that are timed at once, at most.
_MOST_THREADS = 4096
# No memory is as fast as 1 PB/s, and no count of pages, calls or bytes is as large as 2**63.
_MOST_RATE, _MOST_COUNT = 1e15, 2.0**63
_CLASSES = frozenset({0, 1, 2})


def refuse_impossible(output: Output, metric: MetricInfo, elapsed_s: float) -> None:
    """Refuse an output whose numbers cannot be.

    Args:
        output: Of one run, as the protocol wants it.
        metric: What it measured.
        elapsed_s: Wall time of the run.

    Raises:
        GarbageError: The first thing that cannot be, in words.
    """
    most_s = elapsed_s * _CLOCKS_DIFFER + _CLOCKS_DIFFER_S
    for reason in _reasons(output, metric, most_s):
        raise GarbageError(f"said what cannot be: {reason}")


def _reasons(output: Output, metric: MetricInfo, most_s: float) -> Iterator[str]:
    yield from _of_the_whole(output, most_s)
    for arm, values in output.values.items():
        yield from (f"{arm}: {reason}" for reason in _of_values(values, metric, most_s))
        yield from (f"{arm}: {reason}" for reason in _of_arm(output, metric, arm))
    if metric.question == "secrecy":
        yield from _of_attempt(output)


def _of_the_whole(output: Output, most_s: float) -> Iterator[str]:
    finish = output.finish
    if finish.core_s > most_s:
        yield f"{finish.core_s:g} s inside the core, in a run that took less"
    timed = {"timed": finish.timed_s, **finish.arm_s}
    for name, seconds in timed.items():
        if not 0 <= seconds <= most_s * _MOST_THREADS:
            yield f"{name}: {seconds:g} s in timed sections"
    for part in (output.start, finish):
        for name in part.__struct_fields__:
            if any(abs(each) > _MOST_COUNT for each in _whole_numbers(getattr(part, name))):
                yield f"{name}: a number of more than 64 bits"
    for name, table in finish.tables.items():
        if any(len(row) != len(table.columns) for row in table.rows):
            yield f"table {name}: a row has not one entry for each column"


def _whole_numbers(node: object) -> Iterator[int]:
    """All that something holds, at any depth."""
    if isinstance(node, int):
        yield node
    elif isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            yield from _whole_numbers(getattr(node, name))
    elif isinstance(node, dict | list | tuple):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _whole_numbers(each)


def _of_values(values: list[Number], metric: MetricInfo, most_s: float) -> Iterator[str]:
    if len(values) > MOST_VALUES:
        yield f"{len(values)} values, more than any metric gives"
    low, high = min(values), max(values)
    most = {"s": most_s, "B/s": _MOST_RATE, "1": _MOST_COUNT}[metric.unit]
    if low < 0:
        yield f"a value of {_shown(low)} {metric.unit}"
    if metric.unit == "B/s" and low == 0:
        yield "a rate of 0"
    if not high <= most:
        yield f"a value of {_shown(high)} {metric.unit}"


def _shown(number: Number) -> str:
    return f"{number:g}" if -1e300 < number < 1e300 else "1e300 or more"


def _of_arm(output: Output, metric: MetricInfo, arm: str) -> Iterator[str]:
    values, classes = output.values[arm], output.classes.get(arm, [])
    if classes and (len(classes) != len(values) or not _CLASSES.issuperset(classes)):
        yield "classes that do not match the values"
    operations = output.finish.operations.get(arm, 0)
    # A count may be of nothing; a time is that of something.
    if metric.unit != "1" and not len(values) <= operations <= _MOST_COUNT:
        yield f"{len(values)} values of {_shown(operations)} operations"


def _of_attempt(output: Output) -> Iterator[str]:
    for arm, values in output.values.items():
        if len(values) != 1 or values[0] not in (0, 1):
            yield f"{arm}: of a way in, which is open (1) or closed (0), {values[:3]}"
    if output.values.get("control", [1]) != [1]:
        yield "the control of a way in was not open, so that nothing was shown"


def refuse_unwritable(line: msgspec.Struct) -> None:
    """Refuse a run that no record can hold.

    Raises:
        GarbageError: Its line would be too long, or has a number that JSON readers do not take.
    """
    try:
        size_bytes = len(msgspec.json.encode(line))
    except (OverflowError, ValueError) as error:
        raise GarbageError(f"said what no record can hold: {error}") from None
    if size_bytes > MOST_LINE_BYTES:
        raise GarbageError(
            f"said {size_bytes / 2**20:.0f} MiB, more than a line of a record holds: take less"
        )
