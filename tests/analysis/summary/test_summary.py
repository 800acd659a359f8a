# SPDX-License-Identifier: MIT
import json
import re
from pathlib import Path

import pytest

from analysis.output.page import Page
from analysis.output.printable import printable
from analysis.read.load import load
from analysis.summary.summary import summarise
from analysis.summary.text import text

from ..command import analysis
from ..recording import Synthetic, SyntheticCell, write
from ..ways import ways

GOLDEN = Path(__file__).parents[2] / "golden"


def said(record: Path, page: Page) -> str:
    """The summary of a record as a page has it."""
    loaded = load([record])
    return text(summarise(loaded), page, loaded.modes)


def told(*cells: SyntheticCell, path: Path, **facts: dict[str, str]) -> str:
    """The summary of a record made of these cells."""
    record = write(path / "synthetic.jsonl", Synthetic(cells, **facts))  # type: ignore[arg-type]
    return said(record, Page())


def test_the_summary_of_the_golden_record_is_word_for_word_the_golden_text() -> None:
    done = analysis("summary", "synthetic.jsonl", cwd=GOLDEN)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (GOLDEN / "synthetic-summary.txt").read_text()


def test_a_summary_fits_80_columns_but_for_names_of_cells() -> None:
    lines = (GOLDEN / "synthetic-summary.txt").read_text().splitlines()
    assert [line for line in lines if len(line) > 80 and "/secret:memfd/" not in line] == []
    assert "  secret split-1G" in "\n".join(lines)


def test_secret_unsupported_comes_first_with_the_boot_option_and_the_steps(tmp_path: Path) -> None:
    cell = SyntheticCell("create", "anon", "memfd")
    lacking = SyntheticCell("create", "secret", "memfd", status="unsupported", reason="ENOSYS")
    modes = {"anon": "made up", "secret": "memfd_secret gave ENOSYS"}
    found = told(cell, lacking, path=tmp_path, unsupported=modes)
    assert found.startswith("secret is unsupported here: memfd_secret gave ENOSYS\n")
    head = found.partition("anon is unsupported")[0]
    for step in ("secretmem.enable=1", "/etc/default/grub", "update-grub", "reboot"):
        assert step in head


@pytest.mark.parametrize("stop", ["budget", "runs"])
def test_a_cell_wider_than_planned_is_listed_with_what_it_reached(
    tmp_path: Path, stop: str
) -> None:
    cell = SyntheticCell("create", "secret", "memfd", noise=0.2, stop=stop)
    found = told(cell, path=tmp_path)
    assert "ended before the interval was as narrow as planned: 1 of 1" in found
    assert re.search(
        rf"  \+-\d+ %, wanted \+-2 %, {stop} after 12 runs: create/secret:memfd\n", found
    )


def test_a_campaign_without_a_noise_floor_says_so(tmp_path: Path) -> None:
    assert "no A/A cell was measured" in told(
        SyntheticCell("create", "secret", "memfd"), path=tmp_path
    )


def test_control_characters_of_a_record_never_reach_the_terminal(record: Path) -> None:
    found = said(record, Page())
    assert "\x1b" not in found
    assert r"killed: \x1b[31mboom" in found


def test_markup_of_rich_in_a_record_is_only_text(tmp_path: Path) -> None:
    cell = SyntheticCell("create", "secret", "memfd", warnings=["[bold]not bold[/bold]"])
    assert "[bold]not bold[/bold]" in told(cell, path=tmp_path)


def test_the_tables_of_a_terminal_say_the_same_in_colour(record: Path) -> None:
    plain = said(record, Page())
    coloured = said(record, Page(colour=True))
    assert "\x1b[1m" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.split() for line in bare.splitlines()] == [
        line.split() for line in plain.splitlines()
    ]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain words", "plain words"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("two\nlines\r", r"two\nlines\r"),
        ("right\u202eleft", r"right\u202eleft"),
        ("\x9b31m", r"\x9b31m"),
    ],
)
def test_characters_that_could_steer_a_terminal_are_written_out(given: str, shown: str) -> None:
    assert printable(given) == shown


def test_the_json_of_a_summary_is_in_base_units_with_null_for_unknown(record: Path) -> None:
    done = analysis("summary", "--json", record)
    found = json.loads(done.stdout)
    rows = {row["cell"]: row for row in found["results"]}
    touch = rows["first-touch/secret:memfd/classes=off"]
    assert touch["unit"] == "s"
    assert touch["treatment"]["estimate"] == pytest.approx(10.6e-6, rel=0.05)
    assert touch["ratio"]["estimate"] == pytest.approx(5.3, rel=0.05)
    few = next(row for row in found["results"] if row["runs"] == 5)
    assert few["ratio"]["smallest_seen"] is None
    assert found["short_of_target"] == [few["cell"]]
    assert found["failed"] == {"create/anon:memfd": ["killed: \x1b[31mboom"]}
    assert found["files"][0]["splits_moved"] == {
        "DirectMap4k_kb": 4,
        "direct_map_level2_splits": 1,
    }


def test_ways_in_are_said_as_open_and_closed_and_never_as_ratios(tmp_path: Path) -> None:
    found = told(*ways(), path=tmp_path)
    buys = found[found.index("What it buys") :]
    assert "way-vmsplice\n    closed: secret; open: anon, memfd, guarded\n" in buys
    assert "at rest: guarded [" in buys
    assert "not tried: anon, memfd, guarded, secret [" in buys
    assert "] no such file\n" in buys
    assert "memfd (A/A)" not in buys
    assert "x memfd" not in buys


def test_ways_in_are_no_noise_floor(tmp_path: Path) -> None:
    assert "no A/A cell was measured" in told(*ways(), path=tmp_path)
    found = analysis("summary", "--json", write(tmp_path / "s.jsonl", Synthetic(ways())))
    way = next(r for r in json.loads(found.stdout)["results"] if r["metric"] == "way-fork")
    assert way["ratio"] is None
    assert way["difference"] is None
    assert way["exact"]["values"] == [1.0]
