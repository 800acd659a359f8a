# SPDX-License-Identifier: MIT
import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from .recording import Synthetic, SyntheticCell, lines

SCHEMA = json.loads((Path(__file__).parents[2] / "results" / "schema.json").read_text())
KINDS = jsonschema.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize(
    "cell",
    [
        SyntheticCell("access-latency", "secret", "memfd", {"len_bytes": 16384}, noise=0.01),
        SyntheticCell("first-touch", "secret", "memfd", {"classes": "on"}, classes=[0, 0, 1, 2, 0]),
        SyntheticCell("lock-limit", "secret", None, base=3, notes={"rule": "shared"}),
        SyntheticCell("create", "hugetlb", "memfd", status="unsupported", reason="none reserved"),
    ],
    ids=lambda cell: cell.name,
)
def test_every_line_of_a_synthetic_record_obeys_the_schema(cell: SyntheticCell) -> None:
    found = lines(Synthetic([cell]))
    assert len(found) == cell.runs + 2
    for line in found:
        KINDS.validate(line)
