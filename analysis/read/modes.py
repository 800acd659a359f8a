# SPDX-License-Identifier: MIT
"""The modes of the loaded records: in which order they stand, what they promise, how they look."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec import structs

from .record import Appearance, Mode

# Modes as records of before 2026-12 knew them: those records do not say where a mode stands.
# Frozen: a mode that comes later says so itself, in the record, and is never added here.
_BEFORE_2026_12: Mapping[str, Appearance] = {
    "secret": Appearance(10, 140, "vermilion", "o", "-"),
    "secret-flushed": Appearance(20, 150, "purple", "X", "-"),
    "secret-wrapped": Appearance(0, 160),
    "secret-uncached": Appearance(0, 170),
    "memfd": Appearance(30, 20, "ink", "D", "--"),
    "memfd-locked": Appearance(40, 80, "green", "s", "-"),
    "memfd-huge": Appearance(50, 40, "green", "^", ":", hollow=True),
    "anon": Appearance(60, 10, "blue", "v", "-"),
    "anon-locked": Appearance(70, 70, "blue", "s", "--", hollow=True),
    "anon-huge": Appearance(80, 30, "sky", "^", "-"),
    "hugetlb": Appearance(90, 50, "sky", "h", ":", hollow=True),
    "packet-ring": Appearance(100, 60, "orange", "P", "-."),
    "guarded": Appearance(110, 90, "blue", "p", ":"),
    "pkey": Appearance(120, 100, "sky", "d", "--"),
    "sodium": Appearance(130, 110, "green", "<", "-."),
    "openssl-secure": Appearance(140, 120, "green", ">", "--", hollow=True),
    "encrypted-at-rest": Appearance(150, 130, "orange", "*", "-"),
}


@dataclass(frozen=True)
class Modes:
    """Modes by name, as the loaded records describe them."""

    described: Mapping[str, Mode]

    def appearance(self, name: str) -> Appearance:
        """What the record says of a mode, and where it says nothing what was known before."""
        before = _BEFORE_2026_12.get(name, Appearance())
        said = self.described.get(name, before)
        return structs.replace(
            said if said.hue else before,
            order=said.order if said.order > 0 else before.order,
            promise=said.promise if said.promise > 0 else before.promise,
        )

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Modes in the order in which every figure lists them; those without one by name."""
        return sorted(set(names), key=lambda name: (self.appearance(name).order or math.inf, name))

    def promised(self, names: Iterable[str]) -> tuple[str, ...]:
        """Modes by what they promise, least first.

        One that nobody knows stands before `secret`, or last if it is secret memory by its name.
        """
        before_secret = self.appearance("secret").promise - 0.5

        def place(name: str) -> float:
            unknown = math.inf if name.startswith("secret") else before_secret
            return self.appearance(name).promise or unknown

        return tuple(sorted(set(names), key=lambda name: (place(name), name)))
