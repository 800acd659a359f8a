# SPDX-License-Identifier: MIT
"""The raw values of one cell, run by run."""

import difflib
from collections.abc import Iterator

from ..output.error import UsageError
from ..output.printable import printable
from ..read.campaigns import Campaigns
from ..read.record import ARMS, CLASSES, Run


def lines(campaigns: Campaigns, cell: str) -> Iterator[str]:
    """Tab-separated lines: file, run, arm, then the values in the metric's unit.

    After an arm of a class run follows a line of its classes. A run without values gives
    its status and reason in their place.

    Raises:
        UsageError: No file has such a cell; names the nearest.
    """
    if cell not in campaigns.cells:
        near = difflib.get_close_matches(cell, campaigns.cells, n=1, cutoff=0.0)
        hint = f"did you mean {near[0]}" if near else "the files list no cell"
        raise UsageError(printable(f"cell {cell!r} is not in {_names(campaigns)}: {hint}"))
    for file in campaigns.files:
        for run in file.runs:
            if run.cell == cell:
                yield from (f"{printable(file.label)}\t{run.run}\t{line}" for line in _of(run))


def _of(run: Run) -> Iterator[str]:
    """Lines of one run."""
    if run.status != "ok":
        yield f"{run.status}\t{printable(run.reason)}"
    for arm in ARMS:
        values, codes = run.values.arm(arm), run.classes.arm(arm)
        if values.size:
            yield "\t".join((arm, *map(repr, values.tolist())))
        if codes.size:
            yield "\t".join((f"{arm} class", *(CLASSES[int(code)] for code in codes)))


def _names(campaigns: Campaigns) -> str:
    return ", ".join(str(file.path) for file in campaigns.files)
