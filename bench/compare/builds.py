# SPDX-License-Identifier: MIT
"""Two builds of the native core, run by run in pairs: side A, then B, or the other way round."""

import contextlib
import fcntl
import os
import random
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
    with contextlib.ExitStack() as opened:
        # By their open files: nothing on the disk could be left behind.
        files = [opened.enter_context(path.open("rb")) for path in paths]
        numbers = [_spread(file.fileno(), opened) for file in files]
        yield [Path(f"/proc/{os.getpid()}/fd/{number}") for number in numbers]


def _spread(descriptor: int, opened: contextlib.ExitStack) -> int:
    """Give a file a number of three digits, whatever is open besides."""
    number = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 100)
    opened.callback(os.close, number)
    return number


def both(seed: int) -> tuple[int, int]:
    """Return the order in which the two sides have the run of that seed.

    The round is the pair's number: in a round each open cell has one turn.
    """
    # Chance decides, by the recorded seed; nobody must be unable to guess it.
    a_first = random.Random(f"{seed}/order").random() < 0.5  # noqa: S311
    return (0, 1) if a_first else (1, 0)
