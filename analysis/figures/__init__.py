"""Figures of a campaign as SVG, one figure per module."""

from pathlib import Path

from ..compare import CellResult, results
from ..load import Campaigns
from . import canvas, first_touch, latency, noise, overview, width
from .figure import Absent, Figure, Table

__all__ = ["Absent", "Figure", "Table", "draw", "figures"]


def figures(campaigns: Campaigns, rows: tuple[CellResult, ...]) -> tuple[Figure | Absent, ...]:
    """Every figure, in the order in which a reader should meet them.

    Args:
        campaigns: Files of one environment.
        rows: What their cells came to.

    Returns:
        Each drawn, or the reason why its data are absent.
    """
    return (
        overview.draw(rows),
        first_touch.draw(campaigns),
        latency.draw(rows),
        width.draw(rows),
        noise.draw(campaigns),
    )


def draw(campaigns: Campaigns, out_dir: Path) -> list[Path]:
    """Write one SVG file per figure whose data are there.

    Args:
        campaigns: Files of one environment.
        out_dir: Made if it is not there; files of the same name are replaced.

    Returns:
        The files written.

    Raises:
        OSError: `out_dir` cannot be written to.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    written = []
    for figure in figures(campaigns, results(campaigns)):
        if isinstance(figure, Figure):
            path = out_dir / f"{figure.name}.svg"
            path.write_text(canvas.document(figure.svg), encoding="utf-8")
            written.append(path)
    return written
