# SPDX-License-Identifier: MIT
"""The tidy table: one row per value."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..read.campaigns import RecordFile
from ..read.record import ARMS, CLASSES, Arm, Cell, Run
from ..stats.array import FloatArray

_Piece = tuple["RecordFile", "Cell", "Run", "Arm"]


def tidy(files: Sequence[RecordFile]) -> pd.DataFrame:
    """All values, in the metric's base unit.

    Args:
        files: What was loaded.

    Returns:
        One row per value, in the order of the files, their runs, treatment before control.
        Columns: campaign, cell, metric, mode, control, arm, class (categories; class is
        missing outside class runs), run, round, index (integers), value (float64).
    """
    pieces = [piece for piece in _pieces(files) if piece[2].values.arm(piece[3]).size]
    sizes = np.array([run.values.arm(arm).size for _, _, run, arm in pieces], dtype=np.int64)

    def category(names: Sequence[str | None]) -> pd.Categorical:
        """One name per piece, spread over the piece's values."""
        known = list(dict.fromkeys(name for name in names if name is not None))
        place = {name: code for code, name in enumerate(known)}
        codes = np.array([-1 if n is None else place[n] for n in names], dtype=np.int32)
        return pd.Categorical.from_codes(
            np.repeat(codes, sizes), categories=pd.Index(known, dtype="str")
        )

    def number(numbers: Sequence[int]) -> npt.NDArray[np.int64]:
        return np.repeat(np.array(numbers, dtype=np.int64), sizes)

    return pd.DataFrame(
        {
            "campaign": category([file.label for file, _, _, _ in pieces]),
            "cell": category([cell.name for _, cell, _, _ in pieces]),
            "metric": category([cell.metric for _, cell, _, _ in pieces]),
            "mode": category([cell.mode for _, cell, _, _ in pieces]),
            "control": category([cell.control for _, cell, _, _ in pieces]),
            "run": number([run.run for _, _, run, _ in pieces]),
            "round": number([run.round for _, _, run, _ in pieces]),
            "arm": category([arm for _, _, _, arm in pieces]),
            "index": _joined([np.arange(size, dtype=np.float64) for size in sizes]).astype(
                np.int64
            ),
            "value": _joined([run.values.arm(arm) for _, _, run, arm in pieces]),
            "class": pd.Categorical.from_codes(
                _joined([_class_codes(run, arm) for _, _, run, arm in pieces]).astype(np.int8),
                categories=pd.Index(CLASSES, dtype="str"),
            ),
        }
    )


def _pieces(files: Sequence[RecordFile]) -> Iterator[_Piece]:
    """Every arm of every run that has values."""
    for file in files:
        for run in file.runs:
            for arm in ARMS:
                yield file, file.cells[run.cell], run, arm


def _class_codes(run: Run, arm: Arm) -> FloatArray:
    """Class number per value, -1 where the run has none."""
    codes = run.classes.arm(arm)
    return codes if codes.size else np.full(run.values.arm(arm).size, -1.0)


def _joined(arrays: Sequence[FloatArray]) -> FloatArray:
    return np.concatenate(arrays) if arrays else np.empty(0)
