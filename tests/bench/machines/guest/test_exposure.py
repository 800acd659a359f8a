# SPDX-License-Identifier: MIT
"""The census of the direct map on Debian's own kernels, where nobody else moves anything."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from bench.machines.guest.guest import CORE

if TYPE_CHECKING:
    from bench.machines.guest.guest import Guest

PAGE_BYTES = 4096
CELL = (CORE, "run", "split-exposure", "secret", "--control")
DOSES = (65536, 1048576, 16777216)
LADDER = (f"first_bytes={DOSES[0]}", f"last_bytes={DOSES[-1]}", "factor=16")
# Of the kinds that the kernel counts itself, in the quiet of a guest: each CPU keeps two stacks.
OFF_PAGES = 32
KERNEL_S = {"page-tables", "kernel-page-tables", "slab", "kernel-stacks", "vmalloc"}


def table(end: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = end["tables"][name]
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def pages(row: dict[str, Any]) -> int:
    return sum(row[name] for name in ("absent", "mapped_4k", "mapped_2m", "mapped_1g"))


def of(rows: list[dict[str, Any]], arm: str, step: str, dose_bytes: int) -> dict[str, int]:
    """Kind -> pages mapped by 4K, in one census."""
    wanted = (arm, step, dose_bytes)
    return {
        row["kind"]: row["mapped_4k"]
        for row in rows
        if (row["arm"], row["step"], row["dose_bytes"]) == wanted
    }


def test_a_census_agrees_with_the_kernel_s_own_counts_and_moves_nothing(guest: Guest) -> None:
    finished = guest.execute([*CELL, "memfd", *LADDER], 300)
    assert finished.exit_code == 0, finished.stderr.decode()
    end = json.loads(finished.stdout.splitlines()[-1])
    assert end["warnings"] == []
    assert end["notes"]["census_splits"] == 0
    assert end["notes"]["census_moved_pages"] <= OFF_PAGES
    assert end["notes"]["census_off_pages"] <= OFF_PAGES
    rows, doses = table(end, "exposure"), table(end, "doses")
    assert {row["kind"] for row in rows} >= KERNEL_S | {"reserved", "page-cache", "anonymous"}
    assert {row["kind"] for row in rows}.isdisjoint({"deferred", "offline"})
    # Lists that moved while they were followed are told as such.
    first = [row for row in rows if (row["arm"], row["step"]) == ("control", "before")]
    free = {row["kind"]: pages(row) for row in first if row["kind"].startswith("free-")}
    assert free.get("free-other", 0) <= 0.02 * sum(free.values())
    # memfd splits nothing, and moves nothing of the kernel's into 4K mappings but its own tables.
    before, after = of(rows, "control", "before", 0), of(rows, "control", "held", DOSES[-1])
    assert all(abs(after[kind] - before[kind]) <= OFF_PAGES for kind in KERNEL_S)
    assert all(row["splits_2m"] == 0 for row in doses if row["arm"] == "control")
    for row in doses:
        splits = row["splits_2m"] + row["splits_1g"]
        assert row["page_table_bytes"] == splits * PAGE_BYTES
    # What is split stays so after the release, and the secret pages are free and mapped again.
    held, released = (of(rows, "treatment", step, DOSES[-1]) for step in ("held", "released"))
    assert released["slab"] >= held["slab"] - OFF_PAGES
    assert released["free-unmovable"] >= held["free-unmovable"] + DOSES[-1] // PAGE_BYTES // 2
    assert "secret" not in released


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("anon-huge", "anonymous"),
        ("memfd", "page-cache"),
        ("packet-ring", "other-kernel"),
    ],
)
def test_memory_that_is_taken_is_found_again_in_its_kind(
    guest: Guest, mode: str, kind: str
) -> None:
    size = 8 * 2**20
    words = [CORE, "run", "split-exposure", mode, "--control", mode, "first_bytes=0"]
    finished = guest.execute([*words, f"last_bytes={size}"], 300)
    assert finished.exit_code == 0, finished.stderr.decode()
    rows = table(json.loads(finished.stdout.splitlines()[-1]), "exposure")
    found = {
        step: {row["kind"]: pages(row) for row in rows if (row["arm"], row["step"]) == step}
        for step in (("treatment", "before"), ("treatment", "held"))
    }
    before, held = found.values()
    assert abs(held[kind] - before[kind] - size // PAGE_BYTES) <= OFF_PAGES
    others = KERNEL_S | {"page-cache", "anonymous", "other-kernel"}
    assert all(abs(held[name] - before[name]) <= OFF_PAGES for name in others - {kind})


def test_sums_are_what_the_guest_has_and_what_it_counts_of_its_direct_map(guest: Guest) -> None:
    """Its own count takes the splits of its image's second mapping for some of the direct map."""
    verified = guest.execute([CORE, "verify"], 120).stdout.decode()
    (line,) = [line for line in verified.splitlines() if "direct-map-by-level" in line]
    assert line.startswith("ok ")
    of_image_kb = int(line.split("of which it moves ")[1].split()[0])
    finished = guest.execute([*CELL, "memfd", "first_bytes=0", "last_bytes=4096"], 300)
    rows = table(json.loads(finished.stdout.splitlines()[-1]), "exposure")
    last = [row for row in rows if (row["arm"], row["step"]) == ("treatment", "released")]
    files = guest.read(["/proc/zoneinfo", "/proc/meminfo"])
    zones = re.findall(rb"^ +present +(\d+)$", files["/proc/zoneinfo"], re.MULTILINE)
    assert sum(pages(row) for row in last if row["kind"] != "no-memory") == sum(map(int, zones))
    told = dict(re.findall(rb"^DirectMap(4k|2M): +(\d+) kB$", files["/proc/meminfo"], re.MULTILINE))
    small, large = (4 * sum(row[name] for row in last) for name in ("mapped_4k", "mapped_2m"))
    assert small + of_image_kb == int(told[b"4k"])
    assert large - of_image_kb == int(told[b"2M"])


def test_a_control_that_splits_fails_the_run_before_the_treatment_begins(guest: Guest) -> None:
    words = [*CELL, "secret", "first_bytes=0", f"last_bytes={32 * 2**20}"]
    finished = guest.execute(words, 300)
    assert finished.exit_code == 1
    assert b"splits were made while the control was held" in finished.stderr
