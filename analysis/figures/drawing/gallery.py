# SPDX-License-Identifier: MIT
"""Every figure of a campaign, found by listing the files in `figures/`."""

from collections.abc import Sequence
from pathlib import Path

from ... import figures as package
from ... import register
from ...output.whole_file import whole
from ...read.campaigns import Campaigns
from ...result.cell import CellResult
from ...result.compute import results
from ...secrecy.weight import Weights, weights
from .canvas import document
from .figure import Absent, Figure, Material


def material(
    campaigns: Campaigns,
    rows: Sequence[CellResult] | None = None,
    given: Weights | None = None,
) -> Material:
    """What figures are drawn from.

    Args:
        campaigns: Files of one environment.
        rows: What their cells came to; worked out if None.
        given: Weights of the ways in; those of the analysis if None.
    """
    return Material(campaigns, results(campaigns) if rows is None else rows, given or weights())


def figures(drawn_from: Material) -> tuple[Figure | Absent, ...]:
    """Every figure, or the reason why its data are absent, as a reader should meet them."""
    found = sorted(register.parts(package), key=lambda each: each.PLATE.order)
    return tuple(each.draw(drawn_from) for each in found)


def write(drawn_from: Material, out_dir: Path) -> list[Path]:
    """Write one SVG file per figure whose data are there.

    Args:
        drawn_from: What to draw.
        out_dir: Made if it is not there; files of the same name are replaced.

    Returns:
        The files written.

    Raises:
        UsageError: `out_dir` cannot be written to; earlier files are as they were.
    """
    written = []
    for figure in figures(drawn_from):
        if isinstance(figure, Figure):
            path = out_dir / f"{figure.plate.name}.svg"
            with whole(path, folder=True) as part:
                part.write_text(document(figure.svg), encoding="utf-8")
            written.append(path)
    return written
