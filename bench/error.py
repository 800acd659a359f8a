# SPDX-License-Identifier: MIT
"""The errors that end a verb: one line that says what, where and what to do next."""

import difflib
from collections.abc import Iterable


class BenchError(Exception):
    """Wrong usage or an environment that cannot do what was asked; exit code 2."""


def unknown(kind: str, name: str, known: Iterable[str]) -> BenchError:
    """Build the error for a name that does not exist, with the nearest one that does.

    Args:
        kind: What the name was taken for, e.g. "mode".
        name: The name as given.
        known: All names of that kind.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(names) or 'none'}"
    return BenchError(f"unknown {kind} {name!r}: {hint}")
