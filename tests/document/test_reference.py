# SPDX-License-Identifier: MIT
"""The reference results: real, whole, and nobody's secret."""

from __future__ import annotations

import json
import lzma
import re
import socket
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results/reference"
RECORDS = sorted(REFERENCE.glob("*/*.jsonl.xz"))
LIMIT_BYTES = 20_000_000
# What a machine, its owner or its place can be told by.
TELLING = {
    # /var/tmp is where every machine has it.
    "a path": r"(?<![\w./])/(?!var/tmp\b)(?:home|root|work|tmp|srv|mnt|opt|Users|var|nix)/",
    "a UUID": r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    "a hardware address": r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b",
    "an IP address": r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
    "a boot disk": r"\broot=|\bip=|LABEL=|UUID=|nfsroot|BOOT_IMAGE",
    "a serial number": r"(?i)serial[\"_ -]?(?:no|number)",
}


def lines_of(record: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lzma.decompress(record.read_bytes()).splitlines()]


def test_there_is_a_reference_of_the_plans_that_the_documents_rest_on() -> None:
    plans = {lines_of(record)[0]["plan"] for record in RECORDS}
    assert {"default", "full", "noise"} <= plans


def test_the_reference_stays_small() -> None:
    held = sum(path.stat().st_size for path in REFERENCE.rglob("*") if path.is_file())
    assert held < LIMIT_BYTES


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
def test_a_reference_record_keeps_to_the_schema(record: Path) -> None:
    schema = json.loads((ROOT / "results/schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    lines = lines_of(record)
    assert lines[0]["kind"] == "campaign"
    assert lines[-1]["kind"] == "end"
    for line in lines:
        # Long lists are alike throughout, and to validate all of them takes a minute.
        for arms in (line.get("values", {}), line.get("classes", {})):
            for arm, values in arms.items():
                arms[arm] = values[:20]
        for table in line.get("tables", {}).values():
            table["rows"] = table["rows"][:20]
        validator.validate(line)


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
def test_a_reference_record_names_a_commit_and_was_made_from_it(record: Path) -> None:
    environment = lines_of(record)[0]["environment"]
    assert re.fullmatch(r"[0-9a-f]{40}", environment["commit"])
    assert environment["commit_dirty"] is False


@pytest.mark.parametrize("what", TELLING)
def test_nothing_in_the_reference_tells(what: str) -> None:
    for path in REFERENCE.rglob("*"):
        if path.suffix == ".xz":
            text = lzma.decompress(path.read_bytes()).decode()
        elif path.suffix in {".html", ".svg", ".md"}:
            text = path.read_text()
        else:
            continue
        found = re.search(TELLING[what], text)
        assert not found, f"{path.name}: {what}: {text[found.start() - 40 : found.end() + 40]}"
        assert socket.gethostname() not in text or len(socket.gethostname()) < 4


def test_the_search_finds_what_tells() -> None:
    telling = (
        '"/home/alice/x" 123e4567-e89b-12d3-a456-426614174000 aa:bb:cc:dd:ee:ff '
        "10.0.0.7 root=/dev/vda serial_number"
    )
    assert all(re.search(pattern, telling) for pattern in TELLING.values())
