# SPDX-License-Identifier: MIT
from pathlib import Path

from bench.consent.ballast import Ballast
from bench.consent.secret import Demand
from bench.core import Need
from bench.environment.fact import Files

MIB = 2**20

PAGETYPEINFO = """\
Free pages count per migrate type at order       0      1      2
Node    0, zone   Normal, type    Unmovable    256    128    384
Node    0, zone   Normal, type      Movable   4218   1143    430
"""


def files(root: Path) -> Files:
    (root / "proc").mkdir()
    (root / "proc/pagetypeinfo").write_text(PAGETYPEINFO)
    (root / "proc/vmstat").write_text(
        "direct_map_level2_splits 1200\ndirect_map_level3_splits 34\n"
    )
    return Files(root)


def need(bytes_: int, **others: int) -> Need:
    return Need(bytes_, 8 * MIB, 8 * MIB, **{"ballast_bytes": 1024 * MIB, **others})


def test_the_ballast_of_a_plan_is_the_most_of_one_run_and_the_growth_of_all(
    tmp_path: Path,
) -> None:
    ballast = Ballast()
    ballast = ballast.with_runs(need(108 * MIB, growth_bytes=40 * MIB, splits=8), 10)
    ballast = ballast.with_runs(need(58 * MIB, growth_bytes=20 * MIB, splits=2), 5)
    assert ballast == Ballast(100 * MIB, 1024 * MIB, 500 * MIB, 90)
    said = ballast.sentence(files(tmp_path))
    assert "split about 90 mappings of 2M" in said
    assert "up to 1 GiB of ordinary kernel memory while they run, 100 MiB at first" in said
    assert "(free in unmovable blocks: 8 MiB; splits since boot: 1,234)" in said
    assert said.endswith("about 600 MiB in the last of all runs")


def test_more_runs_than_the_ballast_allows_are_announced(tmp_path: Path) -> None:
    ballast = Ballast().with_runs(need(108 * MIB, growth_bytes=40 * MIB, splits=8), 100)
    assert ballast.sentence(files(tmp_path)).endswith(
        "all runs would come to 4.004 GiB, so the later ones may say 'pool not exhausted'"
    )


def test_an_unreadable_pool_is_said_to_be_unknown(tmp_path: Path) -> None:
    ballast = Ballast().with_runs(need(108 * MIB, growth_bytes=40 * MIB, splits=8), 1)
    assert "unmovable blocks: unknown; splits since boot: 0)" in ballast.sentence(Files(tmp_path))


def test_what_is_no_victim_says_nothing_of_ballast(tmp_path: Path) -> None:
    ballast = Ballast().with_runs(Need(64 * MIB, 64 * MIB, 64 * MIB), 20)
    assert ballast.sentence(files(tmp_path)) == ""
    assert Demand(9 * MIB, 9 * MIB, 0, ballast).sentence.endswith("last until reboot")


def test_a_person_is_asked_about_ballast_and_splits_in_the_same_sentence() -> None:
    ballast = Ballast().with_runs(need(108 * MIB, growth_bytes=40 * MIB, splits=8), 10)
    said = Demand(80 * MIB, 8 * MIB, 0, ballast).sentence
    assert "last until reboot; its victims split about 80 mappings of 2M" in said
