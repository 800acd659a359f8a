# SPDX-License-Identifier: MIT
"""The schema is that of the types, and refuses what is no record."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from bench.record.line import (
    Campaign,
    Cell,
    CellEnd,
    Check,
    CoreInfo,
    End,
    Machine,
    MetricInfo,
    ModeInfo,
    Placement,
    Resume,
    Run,
    Side,
    Table,
    Target,
)  # fmt: skip
from bench.record.schema import text
from tests.bench.conftest import ROOT

FILE = ROOT / "results/schema.json"
SCHEMA = jsonschema.Draft202012Validator(json.loads(FILE.read_text()))
NOW = "2026-01-02T03:04:05.678Z"
LINES: dict[str, Campaign | Run | Resume | End] = {
    "campaign": Campaign(
        schema=1, id="0123456789abcdef", created=NOW, plan="p", seed=0, budget_s=1.0,
        machine=Machine("local", "a-2cpu", emulated=False), environment={"a": None},
        counters={"DirectMap4k_kb": 1}, core=CoreInfo("0", "x86_64", "tsc", 1e-9, 1e-9),
        modes={"a": ModeInfo("about", True, False, 4096, True, "")},
        metrics={"m": MetricInfo("about", "owner", "s", "lower", "nothing", paired=False)},
        cells=(Cell("m/a", "m", "a", None, {"x": 1, "y": "z"}, Target(0.02, 8, 40)),),
        readiness=(Check("a", ok=True, text="yes", hint=""),), warnings=("w",),
        ab=Side("0123456789abcdef", "A"), looks=(10, 15), family=9, attempt=2,
        left_out=("m/b",), most_splits=50, crc32="0123abcd",
    ),
    "run": Run(
        run=0, cell="m/a", round=0, seed=0, started=NOW, elapsed_s=0.3, core_s=0.2, timed_s=0.1,
        pair=0, boot=0, status="ok", reason="", values={"treatment": [1, 1.5]},
        classes={"treatment": [0, 1]}, operations={"treatment": 7}, arm_s={"treatment": 0.1},
        dropped=1, placement={"treatment": Placement(2, 1, 0.5)}, counters={"c": -1},
        obtained={"cpu": 1}, tables={"t": Table(("a", "b"), [[1, "x"]])}, notes={"n": True},
        warnings=("w",), crc32="0123abcd",
    ),
    "resume": Resume(created=NOW, counters={}, environment={}, crc32="0123abcd"),
    "end": End(
        created=NOW, status="budget", wall_s=1.0, core_share=0.9, counters={},
        cells={"m/a": CellEnd("budget", 3, None)}, crc32="0123abcd",
    ),
}  # fmt: skip
ABSENT = object()


def plain(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(LINES[kind]))
    return found


def test_the_file_is_what_the_types_give() -> None:
    assert FILE.read_text() == text(), "python -m bench.record.schema > results/schema.json"


@pytest.mark.parametrize("kind", LINES)
def test_a_line_with_every_field_keeps_to_the_schema(kind: str) -> None:
    line = plain(kind)
    assert {"kind", *LINES[kind].__struct_fields__} == set(line)
    SCHEMA.validate(line)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("campaign.schema", 2), ("campaign.id", "0"), ("campaign.created", "yesterday"),
        ("campaign.seed", -1), ("campaign.budget_s", 0), ("campaign.machine.class", "My Host"),
        ("campaign.machine.emulated", ABSENT), ("campaign.machine.host", "x"),
        ("campaign.ab", None), ("campaign.ab.side", "C"), ("campaign.looks", [0]),
        ("campaign.most_splits", -1),
        ("campaign.environment.a", []), ("campaign.counters.x", 1.5),
        ("campaign.core.arch", ABSENT),
        ("campaign.modes.a.secret", ABSENT), ("campaign.metrics.m.question", "nobody"),
        ("campaign.metrics.m.unit", "ms"), ("campaign.metrics.m.better", "other"),
        ("campaign.metrics.m.assume", "all"), ("campaign.metrics.m.effect", "sum"),
        ("campaign.cells.0.control", ABSENT), ("campaign.cells.0.params.x", 1.5),
        ("campaign.cells.0.target.half_width", 0), ("campaign.cells.0.target.min_runs", 0),
        ("campaign.cells.0.target.max_runs", ABSENT), ("campaign.readiness.0.hint", ABSENT),
        ("campaign.warnings.0", 1), ("campaign.strange", 1),
        ("run.run", -1), ("run.cell", ABSENT), ("run.started", "now"), ("run.elapsed_s", -0.1),
        ("run.timed_s", "1"), ("run.pair", None), ("run.boot", None), ("run.status", "good"),
        ("run.values.other", [1]), ("run.values.treatment", ["1"]), ("run.classes.other", [1]),
        ("run.operations.other", 1), ("run.arm_s.other", 1), ("run.dropped", -1),
        ("run.placement.other", {"pages": 1, "blocks_2m": 1, "next_follows": 0}),
        ("run.placement.treatment.next_follows", 1.1), ("run.counters.c", None),
        ("run.notes.n", []), ("run.tables.t.columns", "a"), ("run.tables.t.rows.0", [None]),
        ("run.tables.t.strange", 1), ("run.strange", 1),
        ("resume.environment", ABSENT), ("resume.strange", 1),
        ("end.status", "done"), ("end.core_share", 1.1), ("end.wall_s", -1),
        ("end.cells.m/a.stop", "bored"), ("end.cells.m/a.half_width", ABSENT), ("end.kind", "run"),
        ("run.crc32", "0123ABCD"), ("campaign.crc32", 1), ("end.crc32", "0"),
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused(path: str, value: object) -> None:
    kind, *names = path.split(".")
    line = copy.deepcopy(plain(kind))
    inner: Any = line
    for name in names[:-1]:
        inner = inner[int(name) if isinstance(inner, list) else name]
    last = int(names[-1]) if isinstance(inner, list) else names[-1]
    if value is ABSENT:
        del inner[last]
    else:
        inner[last] = value
    assert not SCHEMA.is_valid(line)
