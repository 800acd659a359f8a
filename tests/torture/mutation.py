# SPDX-License-Identifier: MIT
"""Real inputs made wrong: by bits, by lines, by numbers and words, and by their structure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from bench.record.seal import sealed, unsealed

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

NUMBERS = (
    "0", "-1", "1", "2", "-0.0", "0.5", "1e308", "-1e308", "1e-320", "1e999", "NaN", "Infinity",
    "null", "true", "9" * 19, "9" * 30, "9" * 400, "9" * 5000, "1." + "9" * 400,
    "18446744073709551615", "18446744073709551616", "-9223372036854775809",
    "0x10", "1e", "+1", "1_000", "2027-03-31",
)  # fmt: skip
WORDS = (
    "", "a", "..", "../../x", "/", "\\", "\x00", "\x1b[31m", "\r", "\n", "\u202e", "\u2066",
    "\u2028", "\ufeff", "\U0010ffff", "::stop-commands::x", "%0A::error::x", "<script>x</script>",
    "]]>", "x" * 300, "*", "[", "memfd", "secret", "first-touch", "{}", "'", '"', "\t", "é" * 40,
    "way-", "len_bytes=-1", "a/b/c/d", "CON", "`id`", "$(id)", "%s%n", "=cmd|x",
)  # fmt: skip
NESTING = (5, 60, 500, 3000, 50_000)
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 2**64, 10**30, 1.5, -1.5, 1e300, 5e-324, "",
    "x", [], {}, [[]], [1, 2, 3], {"a": 1}, [None], "\u202e", "secret", "9" * 40,
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORD = re.compile(rb'"[^"\\]*"')


def mutated(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Apply one to four changes.

    Args:
        dice: Decides everything.
        data: A real input.
        others: Further ones, from which parts may be taken.
    """
    for _ in range(dice.choice((1, 1, 1, 2, 3, 4))):
        data = dice.choice(CHANGES)(dice, data, others)
    return data


def resealed(data: bytes) -> bytes:
    """The lines with checksums that are right, whatever they hold."""
    rows = data.split(b"\n")
    whole = [sealed(unsealed(row)[0]) if row.endswith(b"}") else row for row in rows]
    return b"\n".join(whole)


def _place(dice: random.Random, data: bytes) -> int:
    return dice.randrange(len(data) + 1)


def _flip(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    for _number in range(dice.choice((1, 1, 1, 8))):
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: _place(dice, data)]


def _leave_out(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    begin = _place(dice, data)
    return data[:begin] + data[begin + dice.choice((1, 2, 10, 100, 1000)) :]


def _splice(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    other = dice.choice(others)
    return data[: _place(dice, data)] + other[_place(dice, other) :]


def _insert(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _place(dice, data)
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: dice.choice(WORDS).encode(),
        lambda: dice.choice(NUMBERS).encode(),
        lambda: dice.choice((b"[", b"{", b'{"a":', b"(")) * dice.choice(NESTING),
        lambda: dice.randbytes(dice.choice((1, 4, 64))),
    )
    return data[:at] + dice.choice(kinds)() + data[at:]


def _lines(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    rows = data.split(b"\n")
    at, row = dice.randrange(len(rows)), dice.choice(dice.choice((data, *others)).split(b"\n"))
    change = dice.randrange(4)
    if change == 0:
        rows.insert(at, row)
    elif change == 1:
        rows[at] = row
    elif change == 2:
        del rows[at]
    else:
        dice.shuffle(rows)
    return b"\n".join(rows)


def _number(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return _replaced(dice, data, _NUMBER, dice.choice(NUMBERS).encode())


def _word(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return _replaced(dice, data, _WORD, json.dumps(dice.choice(WORDS)).encode())


def _replaced(dice: random.Random, data: bytes, what: re.Pattern[bytes], new: bytes) -> bytes:
    found = list(what.finditer(data))
    if not found:
        return data
    at = dice.choice(found)
    return data[: at.start()] + new + data[at.end() :]


def _structure(dice: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A node of a line that is JSON, replaced, doubled or left out."""
    rows = data.split(b"\n")
    at = dice.randrange(len(rows))
    try:
        whole = json.loads(rows[at])
    except (ValueError, RecursionError):
        return data
    if not isinstance(whole, dict | list) or not whole:
        return data
    node = whole
    while True:
        key = dice.choice(list(node)) if isinstance(node, dict) else dice.randrange(len(node))
        inner = node[key]
        if not (isinstance(inner, dict | list) and inner) or dice.random() < 0.2:
            break
        node = inner
    if dice.random() < 0.25:
        del node[key]
    elif isinstance(node, dict) and dice.random() < 0.2:
        node[dice.choice(WORDS)] = inner
    else:
        node[key] = dice.choice(VALUES)
    rows[at] = json.dumps(whole, ensure_ascii=dice.random() < 0.5).encode(errors="surrogatepass")
    return b"\n".join(rows)


CHANGES: tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...] = (
    _flip, _cut, _leave_out, _splice, _insert, _lines, _number, _number, _word, _structure,
    _structure, _structure,
)  # fmt: skip
