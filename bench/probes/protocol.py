# SPDX-License-Identifier: MIT
"""What a cell asks of a probe, and what its run prints: as the native core would."""

import json
import os
import resource
from collections.abc import Iterator, Mapping

from .fault_stages import ProbeOptions
from .stage import Result


def options(mode: str, params: Mapping[str, int | str]) -> ProbeOptions:
    """Return what the parameters of a cell ask for: one run with the probe, one without."""
    return ProbeOptions((mode,), int(params["pages"]), 1, str(params["backend"]))


def lines(result: Result, elapsed_s: float) -> Iterator[str]:
    """Yield the lines that the native core would print for this result."""
    memlock = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    obtained = {**result.obtained, "cpus": os.cpu_count(), "memlock_bytes": memlock}
    yield json.dumps({"line": "start", "obtained": obtained, "warnings": []})
    yield json.dumps({"line": "values", "arm": "treatment", "values": result.bare_values})
    timed_s = sum(result.bare_values)
    yield json.dumps({
        "line": "end", "core_s": elapsed_s, "timed_s": timed_s, "arm_s": {"treatment": timed_s},
        "operations": {"treatment": len(result.bare_values)}, "notes": _notes(result),
        "warnings": result.warnings,
    })  # fmt: skip


def _notes(result: Result) -> dict[str, str | float | bool]:
    found: dict[str, str | float | bool | None] = {
        "backend": result.backend,
        "refused": "; ".join(result.refused),
        "known_touched": result.known_touched,
        "known_seen": result.known_seen,
        "overhead": result.overhead,
        "marked": result.marked,
        "flushes_per_fault": result.flushes_per_fault,
        "user_flushes_per_fault": result.user_flushes_per_fault,
    }
    known = {name: value for name, value in found.items() if value not in (None, "")}
    return known | {f"share of {stage.stage}": round(stage.share, 4) for stage in result.stages}
