# SPDX-License-Identifier: MIT
"""The JSON Schema of a record's lines, made from their types.

`python -m bench.record.schema > results/schema.json` writes it anew.
"""

import json
import sys
from typing import Any

import msgspec

from .line import SCHEMA, Campaign, End, Resume, Run


def schema() -> dict[str, Any]:
    """Return the schema.

    The types let a reader pass over fields that it does not know; a file that keeps to the
    schema has none, so that its objects are closed here.
    """
    made = msgspec.json.schema(Campaign | Run | Resume | End)
    for each in made["$defs"].values():
        each["additionalProperties"] = False
    title = f"One line of a record file, schema {SCHEMA}"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **made}


def text() -> str:
    """Return it as the file has it."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
