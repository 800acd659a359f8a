# SPDX-License-Identifier: MIT
"""FORMAT.md says what every field of a record means, and speaks of no other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from bench.output import Finish, Start
from bench.output import Values as ArmValues
from bench.record import line
from bench.record.line import Campaign, End, Resume, Run
from tests.bench.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = (ROOT / "results/FORMAT.md").read_text()
TABLE = re.compile(r"^#+ (.+)\n\| field \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", re.MULTILINE)
ROW = re.compile(r"\| `([^`|]+)` \| (.+) \|")
TYPES: dict[str, type[msgspec.Struct]] = {
    "campaign": Campaign, "machine": line.Machine, "ab": line.Side, "core": line.CoreInfo,
    "mode": line.ModeInfo, "metric": line.MetricInfo, "cell": line.Cell, "target": line.Target,
    "readiness": line.Check, "run": Run, "placement": line.Placement, "table": line.Table,
    "resume": Resume, "end": End, "cell's end": line.CellEnd,
}  # fmt: skip


def tables() -> dict[str, dict[str, str]]:
    """The meaning of each field, by heading and field."""
    return {heading: dict(ROW.findall(rows)) for heading, rows in TABLE.findall(TEXT)}


def reached(kind: msgspec.inspect.Type) -> Iterator[type]:
    """Every type that a record's lines are made of."""
    if isinstance(kind, msgspec.inspect.StructType):
        yield kind.cls
        for field in kind.fields:
            yield from reached(field.type)
    for inner in ("types", "item_types"):
        for each in getattr(kind, inner, ()):
            yield from reached(each)
    for inner in ("item_type", "key_type", "value_type"):
        if hasattr(kind, inner):
            yield from reached(getattr(kind, inner))


def test_every_type_of_a_record_has_a_table() -> None:
    assert set(reached(msgspec.inspect.type_info(Campaign | Run | Resume | End))) == set(
        TYPES.values()
    )
    assert list(tables()) == list(TYPES)


def test_every_field_stands_in_its_table_and_nothing_else_does() -> None:
    fields = {name: list(kind.__struct_encode_fields__) for name, kind in TYPES.items()}
    assert {name: list(rows) for name, rows in tables().items()} == fields


def test_every_field_has_a_meaning() -> None:
    for heading, rows in TABLE.findall(TEXT):
        assert len(ROW.findall(rows)) == rows.count("\n") == len(tables()[heading]), heading


def test_what_the_core_says_of_a_run_is_recorded_and_the_rest_is_the_runners() -> None:
    """A field that is added to one side alone would be lost on the way."""
    of_runner = {
        "run", "cell", "round", "seed", "started", "elapsed_s", "pair", "boot", "status", "reason",
    }  # fmt: skip
    of_arms = set(ArmValues.__struct_fields__) - {"arm"}
    said = {*Start.__struct_fields__, *Finish.__struct_fields__, *of_arms}
    of_writer = {"crc32"}
    assert set(Run.__struct_fields__) == said | of_runner | of_writer
