"""Figures of a campaign as SVG, one figure per module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .drawing.figure import Absent, Figure, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..read.campaigns import Campaigns
    from ..result.cell import CellResult
    from ..secrecy.weight import Weights

__all__ = ["Absent", "Figure", "Table", "draw", "figures"]


def figures(
    campaigns: Campaigns, rows: Sequence[CellResult], given: Weights | None = None
) -> tuple[Figure | Absent, ...]:
    """Every figure, in the order in which a reader should meet them.

    Args:
        campaigns: Files of one environment.
        rows: What their cells came to.
        given: Weights of the ways in; those of the analysis if None.

    Returns:
        Each drawn, or the reason why its data are absent.
    """
    # matplotlib costs half a second: only when a figure is asked for
    from ..secrecy.cost import costs  # noqa: PLC0415
    from ..secrecy.matrix import abouts, matrix  # noqa: PLC0415
    from ..secrecy.weight import weights  # noqa: PLC0415
    from . import (  # noqa: PLC0415
        first_touch,
        frontier,
        latency,
        neighbour,
        noise,
        overview,
        pauses,
        splits,
        stages,
        victims,
        walks,
        width,
    )

    return (
        overview.draw(rows),
        first_touch.draw(campaigns, rows),
        latency.draw(rows),
        width.draw(rows),
        splits.draw(campaigns),
        neighbour.draw(rows),
        pauses.draw(campaigns, rows),
        stages.draw(rows),
        walks.draw(rows),
        victims.draw(campaigns, rows),
        *frontier.draw(matrix(rows, abouts(campaigns)), costs(rows), given or weights()),
        noise.draw(campaigns),
    )


def draw(campaigns: Campaigns, out_dir: Path, given: Weights | None = None) -> list[Path]:
    """Write one SVG file per figure whose data are there.

    Args:
        campaigns: Files of one environment.
        out_dir: Made if it is not there; files of the same name are replaced.
        given: Weights of the ways in; those of the analysis if None.

    Returns:
        The files written.

    Raises:
        UsageError: `out_dir` cannot be written to; earlier files are as they were.
    """
    from ..output.whole_file import whole  # noqa: PLC0415
    from ..result.compute import results  # noqa: PLC0415
    from .drawing.canvas import document  # noqa: PLC0415

    written = []
    for figure in figures(campaigns, results(campaigns), given):
        if isinstance(figure, Figure):
            path = out_dir / f"{figure.name}.svg"
            with whole(path, folder=True) as part:
                part.write_text(document(figure.svg), encoding="utf-8")
            written.append(path)
    return written
