# SPDX-License-Identifier: MIT
"""Weights of the ways in, read from a small TOML file: for pictures alone, never for an order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from ..output.error import UsageError
from ..read.regular_file import parsed, toml
from .matrix import TRIAL_RESULTS, Matrix, Way

_MOST = 1e9


@dataclass(frozen=True)
class Weights:
    """Weight of each group of ways, and of ways within their group (1 where not named)."""

    group: Mapping[str, float]
    way: Mapping[str, float] = field(default_factory=dict)


def weights(path: Path | None = None) -> Weights:
    """The weights of a file, or those that come with the analysis.

    Raises:
        UsageError: The file cannot be read, or holds something other than weights from 0 on.
    """
    if path is None:
        text = resources.files(__package__).joinpath("weight.toml").read_text()
        return _weights(parsed(text, "weight.toml"), "weight.toml")
    return _weights(toml(path, "begin from analysis/secrecy/weight.toml"), str(path))


def _weights(tables: dict[str, Any], name: str) -> Weights:
    """Two tables of numbers."""
    for table, entries in tables.items():
        if table not in {"group", "way"} or not isinstance(entries, dict):
            raise UsageError(f"{name}: {table!r} is unknown: the tables are [group] and [way]")
        for key, weight in entries.items():
            number = isinstance(weight, int | float) and not isinstance(weight, bool)
            if not (number and 0 <= weight <= _MOST):
                raise UsageError(
                    f"{name}: weight of {key!r} is {weight!r}: give a number from 0 to {_MOST:g}"
                )
    if not any(tables.get("group", {}).values()):
        raise UsageError(
            f"{name}: no group has a weight above 0: begin from analysis/secrecy/weight.toml"
        )
    return Weights(tables["group"], tables.get("way", {}))


@dataclass(frozen=True)
class Share:
    """Weighted shares of the ways that were tried on any mode; with the open ones they make 1."""

    closed: float
    at_rest: float
    not_tried: float


def share(matrix: Matrix, mode: str, given: Weights) -> Share:
    """How much of all weight lies on the ways that a mode closes; zeros where there is none.

    A group that is not named weighs nothing.
    """
    parts = dict.fromkeys(TRIAL_RESULTS, 0.0)
    groups: dict[str, list[Way]] = {}
    for way in matrix.counted:
        groups.setdefault(way.group, []).append(way)
    for group, ways in groups.items():
        within = {way.name: given.way.get(way.name, 1.0) for way in ways}
        total = sum(within.values())
        for way in ways:
            weight = given.group.get(group, 0.0) * within[way.name]
            parts[way.result(mode)] += weight / total if total else 0.0
    whole = sum(parts.values()) or 1.0
    return Share(parts["closed"] / whole, parts["at rest"] / whole, parts["not tried"] / whole)
