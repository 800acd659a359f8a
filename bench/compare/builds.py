"""Two builds of the native core, run by run in pairs: side A, then B, or the other way round."""

import contextlib
import random
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ..campaign.runner import Runner
from ..campaign.schedule import Turn
from ..campaign.writer import Writer
from ..record.line import Run, Side


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
        names = [Path(folder) / f"core-{place}" for place in range(len(paths))]
        for name, path in zip(names, paths, strict=True):
            name.symlink_to(path.absolute())
        yield names


def sides(count: int) -> list[Side | None]:
    """Return the marks of the campaigns of one comparison; none where there is but one."""
    if count == 1:
        return [None]
    name = secrets.token_hex(8)
    return [Side(name, "A"), Side(name, "B")]


class Versus(Runner):
    """Runs every turn on both sides, in random order, with the same seed.

    Side A's run goes to its own file here; side B's is returned like any run, so that the
    loop of a campaign need not know of the pair. The round is the pair's number: in a round
    each open cell has one turn.
    """

    def __init__(self, a: Runner, b: Runner, writer: Writer) -> None:
        """Take both sides.

        Args:
            a: Executes the runs of side A.
            b: Executes those of side B.
            writer: Of side A's record file.
        """
        self._a, self._b, self._writer = a, b, writer
        self._number = 0

    def run(self, turn: Turn, number: int) -> Run | None:
        """Run one pair; returns side B's run, None if the pair was killed on request."""
        # Chance decides, by the recorded seed; nobody must be unable to guess it.
        first = random.Random(f"{turn.seed}/order").random() < 0.5  # noqa: S311
        runs: dict[bool, Run] = {}
        for is_a in (first, not first):
            run = (self._a if is_a else self._b).run(turn, self._number if is_a else number)
            if run is None:
                return None
            runs[is_a] = msgspec.structs.replace(run, pair=turn.round)
        self._writer.append(runs[True])
        self._number += 1
        return runs[False]

    def kill(self) -> None:
        """Kill the run in flight, whichever side's it is."""
        self._a.kill()
        self._b.kill()
