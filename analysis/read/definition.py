# SPDX-License-Identifier: MIT
"""What a cell is, beside its name: two cells of one name are one thing only where this agrees."""

from collections.abc import Mapping

from .campaigns import RecordFile
from .record import Cell, Scalar

Definition = Mapping[str, Scalar]

LENT = "splits"
"""The metric whose values one file lends to the report of another."""

_OF_METRIC = ("unit", "better", "effect", "paired", "assume", "procedure")


def definition(file: RecordFile, cell: Cell) -> Definition:
    """All that says what a cell measures and by which procedure.

    Its parameters with their defaults; its mode and control, and how large their pages are; of its
    metric what makes a number of a run, and the version of its procedure.
    """
    modes = file.campaign.modes
    arms = {
        name: modes[name].page_bytes for name in (cell.mode, cell.control) if name and name in modes
    }
    return {
        "metric": cell.metric,
        "mode": cell.mode,
        "control": cell.control,
        **{f"page_bytes of {name}": size for name, size in arms.items()},
        **_metric(file, cell.metric),
        **{f"parameter {name}": value for name, value in cell.params.items()},
    }


def differences(one: RecordFile, other: RecordFile, name: str) -> tuple[str, ...]:
    """In what the cells of one name differ in two files, each as `parameter order: A against B`.

    Returns:
        Nothing where they are the same thing, or where a file has no such cell.
    """
    if name not in one.cells or name not in other.cells:
        return ()
    return differing(*(definition(file, file.cells[name]) for file in (one, other)))


def metric_differences(one: RecordFile, other: RecordFile, metric: str) -> tuple[str, ...]:
    """The same of a metric alone, whatever its cells; nothing where a file has no such metric."""
    if metric not in one.campaign.metrics or metric not in other.campaign.metrics:
        return ()
    return differing(_metric(one, metric), _metric(other, metric))


def _metric(file: RecordFile, name: str) -> Definition:
    metric = file.campaign.metrics[name]
    return {f"metric's {field}": getattr(metric, field) for field in _OF_METRIC}


def differing(first: Definition, second: Definition) -> tuple[str, ...]:
    """In what two definitions differ, each as `parameter order: A against B`."""
    return tuple(
        f"{key}: {_said(first, key)} against {_said(second, key)}"
        for key in dict.fromkeys((*first, *second))
        if _said(first, key) != _said(second, key)
    )


def _said(known: Definition, key: str) -> str:
    return str(known[key]) if key in known else "absent"
