# SPDX-License-Identifier: MIT
"""The reader's types against the contract: no field of a record goes unnoticed."""

from __future__ import annotations

import copy
import json
import typing
from pathlib import Path
from typing import Any

import msgspec

from analysis.read.load import load
from analysis.read.record import Campaign, End, Resume, Run, Table

from ..recording import Synthetic, SyntheticCell, lines

SCHEMA = json.loads((Path(__file__).parents[3] / "results" / "schema.json").read_text())
KINDS: dict[str, type[msgspec.Struct]] = {
    "campaign": Campaign,
    "run": Run,
    "resume": Resume,
    "end": End,
}

UNREAD: dict[str, str] = dict.fromkeys(
    ("campaign.crc32", "run.crc32", "resume.crc32", "end.crc32"),
    "checked on the bytes of the line, and taken off before they are decoded",
)
"""Field of the schema, as `run.field` -> why the analysis deliberately does not read it."""


def unread(schema: dict[str, Any]) -> set[str]:
    """Fields of the schema that no type of the reader has."""
    found: set[str] = set()
    for each in schema.get("oneOf") or schema["anyOf"]:
        node = resolved(each, schema)
        kind = node["properties"]["kind"]
        name = kind.get("const") or kind["enum"][0]
        found |= set(missing(KINDS[name], node, schema, name))
    return found


def missing(
    kind: type[msgspec.Struct], node: dict[str, Any], schema: dict[str, Any], where: str
) -> typing.Iterator[str]:
    """Properties of an object that a type lacks, and those of all objects below."""
    fields = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
    hints = typing.get_type_hints(kind)
    for name, below in node["properties"].items():
        if name == kind.__struct_config__.tag_field:
            continue
        if name not in fields:
            yield f"{where}.{name}"
            continue
        inner, below_it = struct_in(hints[fields[name]]), object_in(below, schema)
        if inner and below_it:
            if by_arm(below, schema) and set(inner.__struct_fields__) == {"treatment", "control"}:
                inner = struct_in(typing.get_type_hints(inner)["treatment"]) or inner
            yield from missing(inner, below_it, schema, f"{where}.{name}")


def struct_in(hint: object) -> type[msgspec.Struct] | None:
    """The struct that a hint holds, by itself, in a list or by name."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    return next(filter(None, map(struct_in, typing.get_args(hint))), None)


def object_in(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any] | None:
    """The object with known properties that a node holds likewise."""
    node = resolved(node, schema)
    if "properties" in node:
        return node
    inner = [node.get("items"), node.get("additionalProperties")]
    inner += [*node.get("anyOf", []), *node.get("oneOf", [])]
    found = (object_in(each, schema) for each in inner if isinstance(each, dict))
    return next(filter(None, found), None)


def by_arm(node: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Whether the schema has objects by the name of an arm, which are two fields of our types."""
    return "properties" not in resolved(node, schema)


def resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The node that is meant."""
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def test_every_field_of_the_schema_is_read_or_deliberately_is_not() -> None:
    assert unread(SCHEMA) == set(UNREAD)


def test_a_field_that_is_forgotten_is_found() -> None:
    more = copy.deepcopy(SCHEMA)
    for kind in ("run", "cell"):
        name = next(name for name in more["$defs"] if name.lower() == kind)
        more["$defs"][name]["properties"]["novel"] = {"type": "string"}
    assert unread(more) - unread(SCHEMA) == {"run.novel", "campaign.cells.novel"}


def test_tables_of_a_run_are_read(tmp_path: Path) -> None:
    found = lines(Synthetic([SyntheticCell("create", "secret", "memfd", runs=2)]))
    rows = [["4 KiB", 3], ["2 MiB", 0.5]]
    found[1]["tables"] = {"levels": {"columns": ["page", "share"], "rows": rows}}
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    first, second = load([path]).files[0].runs
    table = Table(("page", "share"), (("4 KiB", 3), ("2 MiB", 0.5)))
    assert first.tables == {"levels": table}
    assert second.tables == {}
