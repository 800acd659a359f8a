# SPDX-License-Identifier: MIT
"""What the report says of kernel work on split memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.read.load import load
from analysis.report import everyone
from analysis.report.block import Prose
from analysis.report.everyone_headlines import headlines
from analysis.report.evidence import Evidence, gather
from analysis.result.victim import victims

from ..figures.campaign import Params, campaigns
from ..recording import Synthetic, SyntheticCell, write
from .test_chapter import blocks, grid, plain

if TYPE_CHECKING:
    from pathlib import Path

RING: Params = {"pages": 3584}
PROOF = {
    "proved": True,
    "user_ratio": 1.002,
    "share_in_split_a": 0.0,
    "share_in_split_b": 1.0,
}


def ring(mode: str, ratio: float, **notes: object) -> SyntheticCell:
    found = {**PROOF, **notes} | ({"share_in_split_b": 0.0} if mode == "memfd" else {})
    return SyntheticCell("victim-packet-ring", mode, "memfd", RING, 5e-8, ratio, 0.002, notes=found)


def dose(mode: str, bytes_: int, ratio: float, **notes: object) -> SyntheticCell:
    params: Params = {"victim": "pipe", "dose_bytes": bytes_}
    return SyntheticCell("victim-dose", mode, "memfd", params, 4e-7, ratio, 0.002, notes=notes)


def evidence(folder: Path, *chosen: SyntheticCell) -> Evidence:
    return gather(campaigns(folder, chosen))


def rows(folder: Path, caption: str, *chosen: SyntheticCell) -> list[list[str]]:
    return plain(grid(everyone.chapter(evidence(folder, *chosen)), caption).rows)


def test_a_victim_stands_with_its_a_a_arm_and_with_what_is_beyond_it(tmp_path: Path) -> None:
    ((name, time, ratio, seen, alike, over, user, shares, proof, runs),) = rows(
        tmp_path, "Victims", ring("memfd", 1.01), ring("secret", 1.04)
    )
    assert (name, seen, proof, runs) == ("packet-ring", "worse", "proved", "12")
    assert time.endswith(" ns")
    assert (ratio[:5], alike[:5], over[:4]) == ("1.040", "1.010", "1.03")
    assert user == "1.002 [1.002, 1.002]"
    assert shares == "100 % and 0 %"


def test_what_page_tables_say_of_split_blocks_goes_before_where_secret_pages_lie(
    tmp_path: Path,
) -> None:
    known = ring("secret", 1.04, mapped_4k_a=0.004, mapped_4k_b=0.998)
    ((*_, shares, _, _),) = rows(tmp_path, "Victims", known)
    assert shares == "99.8 % and 0.4 %"


def test_what_lies_beyond_a_a_is_the_quotient_with_an_interval(tmp_path: Path) -> None:
    found = evidence(tmp_path, ring("memfd", 1.01), ring("secret", 1.04))
    (victim,) = victims(found.campaigns, found.summary.results)
    assert victim.beyond
    assert abs(victim.beyond.estimate - 1.04 / 1.01) < 0.003
    assert victim.beyond.low < 1.04 / 1.01 < victim.beyond.high
    assert victim.beyond.seen == "worse"


def test_a_victim_without_its_a_a_arm_says_so(tmp_path: Path) -> None:
    ((_, _, _, _, alike, over, *_),) = rows(tmp_path, "Victims", ring("secret", 1.04))
    assert (alike, over) == ("not measured", "unknown")


def test_one_run_without_a_proof_leaves_no_finding(tmp_path: Path) -> None:
    chosen = (ring("memfd", 1.0), ring("secret", 1.04, proved=False))
    ((*_, proof, _),) = rows(tmp_path, "Victims", *chosen)
    assert proof == "not proved: no finding"
    assert headlines(evidence(tmp_path, *chosen)) == ()


def test_the_headline_of_a_proved_victim_names_both_of_its_controls(tmp_path: Path) -> None:
    (line,) = headlines(evidence(tmp_path, ring("memfd", 1.0), ring("secret", 1.04)))
    assert line.subject == "Kernel work on split memory: packet-ring"
    assert line.number.startswith("1.040x unsplit memory [1.0")
    assert line.rest.startswith("difference: worse; with neither set in split blocks 1.0")
    assert line.rest.endswith("; by the user on the same pages 1.002")


def test_no_effect_stands_with_the_smallest_that_would_have_been_seen(tmp_path: Path) -> None:
    ((_, _, _, seen, *_),) = rows(tmp_path, "Victims", ring("memfd", 1.0), ring("secret", 1.0))
    assert seen.startswith("none > 0.")
    assert seen.endswith(" %")


def test_doses_are_listed_by_size_with_their_splits_and_are_never_headlines(
    tmp_path: Path,
) -> None:
    small = dose(
        "secret", 1 << 26, 1.0, dose_splits_2m=0, pool="pool not exhausted", share_in_dose=0.25
    )
    known = {"share_in_dose": 1.0, "mapped_4k_before": 0.125, "mapped_4k_after": 0.5}
    large = dose("secret", 1 << 30, 1.02, dose_splits_2m=362, **known)
    chosen = (large, dose("memfd", 1 << 30, 1.0), small, dose("memfd", 1 << 26, 1.0))
    found = rows(tmp_path, "Doses", *chosen)
    assert [row[0] for row in found] == ["pipe, 64 MiB", "pipe, 1 GiB"]
    assert [row[7:10] for row in found] == [
        ["0", "25 % beside the dose", "pool not exhausted in 12 of 12 runs"],
        ["362", "12.5 %, then 50 %", ""],
    ]
    assert found[1][2].startswith("1.02")
    assert headlines(evidence(tmp_path, *chosen)) == ()


def dose_of_a_ring(folder: Path, **notes: object) -> tuple[str, str]:
    params: Params = {"victim": "packet-ring", "pages": 32}
    cell = SyntheticCell("victim-dose", "secret", "memfd", params, 1.0, 1.1, 0.0, notes=notes)
    ((_, time, *_, per_page, _, _, _, _),) = rows(folder, "Doses", cell)
    return time, per_page


def test_a_dose_says_what_a_page_that_changed_costs_more(tmp_path: Path) -> None:
    assert dose_of_a_ring(tmp_path, item_before_s=2e-7, changed_pages=0)[1] == "none changed"
    time, per_page = dose_of_a_ring(tmp_path, item_before_s=2e-7, changed_pages=8)
    assert time == "200 ns"
    # A fourth of the pages changed, and the whole set takes a tenth longer.
    assert per_page.startswith(("80.0 ns [", "80 ns ["))


def test_a_dose_into_holes_is_told_from_one_on_the_machine_as_it_is(tmp_path: Path) -> None:
    plain_dose = dose("secret", 1 << 26, 1.0)
    holes = SyntheticCell(
        "victim-dose",
        "secret",
        "memfd",
        {"victim": "packet-ring", "dose_bytes": 65536, "ballast_max_bytes": 1 << 33},
    )
    found = rows(tmp_path, "Doses", plain_dose, holes)
    assert [row[0] for row in found] == ["packet-ring, 64 KiB, into holes", "pipe, 64 MiB"]


def test_a_victim_that_is_refused_says_why(tmp_path: Path) -> None:
    refused = SyntheticCell(
        "victim-packet-ring", "secret", "memfd", RING, status="unsupported", reason="no root"
    )
    said = [each.text for each in blocks(everyone.chapter(evidence(tmp_path, refused)), Prose)]
    assert any(text.endswith("packet-ring of secret against memfd: no root.") for text in said)


def test_a_victim_may_be_in_the_second_of_two_files(tmp_path: Path) -> None:
    first = write(
        tmp_path / "first.jsonl", Synthetic((SyntheticCell("create", "secret", "memfd"),), id="f")
    )
    second = write(tmp_path / "b.jsonl", Synthetic((ring("memfd", 1.01), ring("secret", 1.04))))
    found = gather(load([first, second]))
    (victim,) = victims(found.campaigns, found.summary.results)
    assert victim.beyond
    assert victim.beyond.seen == "worse"
