# SPDX-License-Identifier: MIT
"""What the tables of a census come to: shares, reach, the spread over boots, and old records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analysis.read.load import load
from analysis.result.exposure import OWN, Exposure, Spread, exposures
from analysis.words.exposure import beside, finding, subject, where

from ..exposures import ladder
from ..recording import Synthetic, SyntheticCell, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KIB64, MIB, MIB64 = 65536, 1 << 20, 1 << 26
LADDER = ladder({KIB64: (30, 2), MIB: (60, 9), MIB64: (70, 40)})
FRESH = "results/reference/intel-xeon-2cpu-linux-6.18.44-fc-v595-kvm"


def recorded(
    folder: Path,
    runs: Sequence[dict[str, Any]],
    *,
    boots: bool = False,
    change: Callable[[list[dict[str, Any]]], None] = lambda _: None,
) -> Path:
    """One run for each of these tables, each on a boot of its own or all on one."""
    cells = [
        SyntheticCell(
            "split-exposure", mode, "memfd", {"last_bytes": 64}, 0.2, runs=len(runs),
            notes={"splits_since_boot": 3},
        )
        for mode in ("secret", "memfd")
    ]  # fmt: skip
    found = lines(Synthetic(cells))
    of_secret = [line for line in found[1:-1] if "/secret" in line["cell"]]
    for line, tables in zip(of_secret, runs, strict=True):
        line["tables"] = tables
    for line in found[1:-1]:
        line.setdefault("tables", LADDER)
        if boots:
            line["boot"] = line["run"]
    change(found)
    path = folder / "exposure.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    return path


def one(path: Path) -> Exposure:
    (found,) = exposures(load([path]))
    return found


def test_shares_and_reach_are_of_the_pages_of_a_kind(tmp_path: Path) -> None:
    found = one(recorded(tmp_path, [LADDER]))
    assert [rung.dose_bytes for rung in found.rungs] == [KIB64, MIB, MIB64]
    first, second, last = found.rungs
    assert found.before["page-tables"] == Spread(0.1, 0.1, 0.1)
    assert second.held["page-tables"].middle == 0.6
    assert second.reach["page-tables"].middle == pytest.approx(0.5)
    assert second.reach["slab"].middle == pytest.approx(0.1)
    # Page tables and slab are all that the kernel has here.
    assert last.held[OWN].middle == pytest.approx((70 + 35) / 200)
    assert (first.splits.middle, last.splits.middle) == (2, 40)
    assert last.page_table_bytes.middle == 40 * 4096
    assert last.blocks_2m == Spread(40, 40, 40)
    assert found.released["page-tables"].middle == 0.7


def test_frames_that_are_not_set_up_or_no_memory_are_in_no_share(tmp_path: Path) -> None:
    found = one(recorded(tmp_path, [LADDER]))
    assert {"deferred", "no-memory", "secret"}.isdisjoint(found.pages)
    # The machine has them: all but what is no memory.
    assert found.memory_bytes == (400 + 1_000_000) * 4096


def test_each_run_of_a_dose_is_a_boot_and_the_spread_is_over_boots(tmp_path: Path) -> None:
    runs = [ladder({MIB: (pages, 5)}) for pages in (40, 80, 50)] + [ladder({MIB64: (90, 33)})]
    found = one(recorded(tmp_path, runs, boots=True))
    assert found.fresh
    first, last = found.rungs
    assert (first.runs, last.runs) == (3, 1)
    assert first.held["page-tables"] == Spread(0.4, 0.5, 0.8)
    assert first.reach["page-tables"].high == pytest.approx(0.7)
    assert last.held["page-tables"] == Spread(0.9, 0.9, 0.9)
    assert "3 fresh boots a dose" in where(found)


def test_a_boot_that_did_not_come_up_takes_no_other_s_freshness(tmp_path: Path) -> None:
    def failed(found: list[dict[str, Any]]) -> None:
        line = dict(found[1], run=99, boot=found[2]["boot"], status="failed", values={})
        found.insert(-1, {name: value for name, value in line.items() if name != "tables"})

    runs = [ladder({MIB: (pages, 5)}) for pages in (40, 80)]
    assert one(recorded(tmp_path, runs, boots=True, change=failed)).fresh


def test_runs_on_one_boot_are_not_called_fresh(tmp_path: Path) -> None:
    found = one(recorded(tmp_path, [LADDER]))
    assert not found.fresh
    assert where(found).endswith("1 run on one boot, 3 splits before")


def test_memory_that_stays_in_the_direct_map_has_no_exposure(tmp_path: Path) -> None:
    """The A/A cell has tables, too."""
    found = one(recorded(tmp_path, [LADDER]))
    assert all("/secret" in cell for cell in found.cells)


def test_what_the_control_moves_is_said(tmp_path: Path) -> None:
    tables = json.loads(json.dumps(LADDER))
    for row in tables["exposure"]["rows"]:
        if row[:2] == ["control", "held"] and row[3] == "slab":
            row[5:7] = [24, 76]
    for row in tables["doses"]["rows"]:
        if row[0] == "control":
            row[2] = 1
    found = one(recorded(tmp_path, [tables]))
    assert found.control_moved == pytest.approx(0.04)
    assert found.control_splits == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda tables: tables["exposure"].update(columns=["a"], rows=[["b"]]),
        lambda tables: tables["exposure"].update(rows=[]),
        lambda tables: tables.pop("exposure"),
        lambda tables: tables["exposure"].update(columns=tables["exposure"]["columns"][1:]),
    ],
)
def test_tables_of_another_shape_are_passed_over(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], None]
) -> None:
    tables = json.loads(json.dumps(LADDER))
    spoil(tables)
    assert exposures(load([recorded(tmp_path, [tables])])) == ()


def test_a_record_without_the_table_of_doses_has_shares_all_the_same(tmp_path: Path) -> None:
    tables = {"exposure": LADDER["exposure"]}
    rung = one(recorded(tmp_path, [tables])).rungs[1]
    assert rung.held["page-tables"].middle == 0.6
    assert rung.splits.middle == 0
    assert rung.blocks_2m is None


def test_the_finding_is_of_the_dose_nearest_to_a_megabyte(tmp_path: Path) -> None:
    found = one(recorded(tmp_path, [LADDER]))
    assert subject(found) == "The first 1 MiB of secret memory"
    assert finding(found) == (
        "put 50 % of the kernel's page tables and 10 % of its slab into 4K mappings"
    )
    assert beside(found).startswith("10 % and 20 % lay there before; with 64 MiB 70 % and 35 %; ")
    assert beside(found).endswith("of page cache and anonymous memory at most 0 % more")


def test_the_finding_of_several_boots_is_a_range(tmp_path: Path) -> None:
    runs = [ladder({MIB: (pages, 5)}) for pages in (40, 80)]
    found = one(recorded(tmp_path, runs, boots=True))
    assert finding(found).startswith("put 30 to 70 % of the kernel's page tables and 0 to 20 % of")


def test_the_first_record_of_a_fresh_boot_is_still_read() -> None:
    """Its doses count splits since boot, and its kinds are fewer (bench of November 2026)."""
    (path,) = (Path(__file__).parents[3] / FRESH).glob("*-fresh.jsonl.xz")
    found = one(path)
    at = {rung.dose_bytes: rung for rung in found.rungs}
    assert not found.fresh
    assert found.splits_before.middle == 4
    assert [at[dose].splits.middle for dose in (KIB64, MIB, 1 << 28)] == [12, 45, 145]
    shares = [at[KIB64 << 2 * step].held["page-tables"].middle for step in range(5)]
    assert [round(100 * share) for share in shares] == [31, 53, 60, 69, 71]
    assert at[KIB64].blocks_2m is None
    assert found.control_splits == 0
