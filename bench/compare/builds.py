# SPDX-License-Identifier: MIT
"""Two builds of the native core, run by run in pairs: side A, then B, or the other way round."""

import contextlib
import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path


@contextlib.contextmanager
def staged(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Give each core a name of the same length: it lies on the stack, and moves what is there.

    Args:
        paths: One core, which keeps its own name, or two.
    """
    if len(paths) == 1:
        yield list(paths)
        return
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        names = [Path(folder) / f"core-{number}" for number in range(len(paths))]
        for name, path in zip(names, paths, strict=True):
            name.symlink_to(path.absolute())
        yield names


def both(seed: int) -> tuple[int, int]:
    """Return the order in which the two sides have the run of that seed.

    The round is the pair's number: in a round each open cell has one turn.
    """
    # Chance decides, by the recorded seed; nobody must be unable to guess it.
    a_first = random.Random(f"{seed}/order").random() < 0.5  # noqa: S311
    return (0, 1) if a_first else (1, 0)
