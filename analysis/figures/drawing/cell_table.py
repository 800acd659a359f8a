"""The numbers behind a figure, one row per cell."""

from collections.abc import Callable, Mapping, Sequence

from ...result.cell import CellResult
from ...words.quantity import between, change, changes, quantity
from .figure import Table


def per_cell(
    rows: Sequence[CellResult], leading: Mapping[str, Callable[[CellResult], str]]
) -> Table:
    """Time and difference from the control of each cell.

    Args:
        rows: Those without a value are left out.
        leading: Head of a column -> what stands in it, before the common columns.
    """
    lines = []
    for row in rows:
        value, ratio = row.treatment, row.ratio
        if value is None:
            continue
        lines.append(
            (
                *(text(row) for text in leading.values()),
                row.mode,
                quantity(value.estimate, row.unit),
                between(value.low, value.high, row.unit),
                f"{change(ratio.estimate):+.3g} % of {ratio.against}" if ratio else "-",
                changes(ratio.low, ratio.high) if ratio else "-",
                str(row.runs),
            )
        )
    common = ("mode", "value", "95 % interval", "difference", "95 % interval", "runs")
    return Table((*leading, *common), tuple(lines))
