# SPDX-License-Identifier: MIT
"""All that the gate found, as JSON."""

from ...output.stdout import as_json
from ..outputs import Output

OUTPUT = Output(
    flag="--json",
    help="Print JSON; `python -m analysis gate --help` says its keys.",
    text=as_json,
    alone=True,
)
