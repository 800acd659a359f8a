# SPDX-License-Identifier: MIT
from __future__ import annotations

import hashlib
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from analysis.read.load import load
from analysis.report.html import MAX_BYTES, html, themed, write

from ..command import analysis
from ..figures.campaign import FIRST_TOUCH_RATIO, HOSTILE, Params, campaigns, cells
from ..recording import Synthetic, SyntheticCell
from ..recording import write as write_record
from ..ways import hostile
from .page import Page, read

if TYPE_CHECKING:
    from pathlib import Path

CHAPTERS = ["machine", "trust", "owner", "everyone", "secrecy", "runs"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def source(folder: Path) -> str:
    return write(campaigns(folder), folder / "out").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return read(source)


def short(*chosen: SyntheticCell) -> list[SyntheticCell]:
    """A few cells that draw next to nothing, so that a page is made quickly."""
    return [SyntheticCell("density", "secret", None, {"layout": "page"}, 2048), *chosen]


def test_the_chapters_come_in_the_order_in_which_a_reader_asks(page: Page) -> None:
    assert [name for name in page.ids if name in CHAPTERS] == CHAPTERS


def test_the_page_needs_no_script_and_no_network(source: str, page: Page) -> None:
    assert not {"script", "link", "iframe", "object", "form"} & set(page.tags)
    assert not re.search(r'\b(src|href)="(?!#|data:image/png)', source)
    assert "@import" not in source
    policy = next(a["content"] for a in page.attributes if "http-equiv" in a)
    assert "default-src 'none'" in policy


def test_ids_are_unique_and_every_link_leads_somewhere(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    targets = {target for target, _ in page.links}
    assert len(targets) > 20
    assert {target.removeprefix("#") for target in targets} <= set(page.ids)


def test_what_a_way_came_to_is_a_word_that_needs_no_colour(page: Page) -> None:
    words = [text for target, text in page.links if target.startswith("#cell-")]
    counts = {word: words.count(word) for word in ("closed", "at rest", "open", "not tried")}
    assert counts == {"closed": 10, "at rest": 1, "open": 21, "not tried": 4}


def test_every_number_of_a_result_leads_to_the_runs_behind_it(source: str) -> None:
    owner = source[source.index('id="owner"') : source.index('id="everyone"')]
    ratios = re.findall(r"<td[^>]*>((?:(?!</td>).)*\d+\.\d+x memfd \[.*?)</td>", owner)
    assert len(ratios) > 15
    assert all('<a href="#cell-' in ratio for ratio in ratios)


def test_the_headline_is_the_true_ratio_with_its_interval(page: Page) -> None:
    target, text = next(link for link in page.links if "us," in link[1])
    found = re.search(r"([\d.]+)x memfd \[([\d.]+), ([\d.]+)\]", text)
    assert found, text
    ratio, low, high = map(float, found.groups())
    assert low <= FIRST_TOUCH_RATIO <= high
    assert ratio == pytest.approx(FIRST_TOUCH_RATIO, rel=0.03)
    assert target.startswith("#cell-")


def test_no_difference_stands_beside_the_smallest_that_would_have_been_seen(
    tmp_path: Path,
) -> None:
    size: Params = {"len_bytes": 4096, "order": "line-random"}
    same = SyntheticCell("access-latency", "secret", "memfd", size, noise=0.01)
    text = read(html(campaigns(tmp_path, [same]))).text
    assert "no difference from memfd seen" in text
    assert re.search(r"; one of \d+\.?\d* % would be seen", text)


def test_a_source_names_the_record_file_its_checksum_and_the_command(
    folder: Path, page: Page
) -> None:
    record = folder / "synthetic.jsonl"
    assert hashlib.sha256(record.read_bytes()).hexdigest() in page.text
    assert "synthetic.jsonl" in page.text
    assert str(folder) not in page.text


def test_the_command_beside_a_number_prints_its_raw_values(folder: Path, page: Page) -> None:
    commands = [text for text in page.texts if text.startswith("python -m analysis values")]
    ways = {cell.metric for cell in cells() if cell.metric.startswith("way-")}
    others = [cell for cell in cells() if cell.metric not in ways]
    assert len(commands) == len(others) + len(ways)
    done = analysis(*shlex.split(commands[0])[3:], cwd=folder)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 12


def test_the_state_of_the_boot_is_said_with_hot_access_and_first_touch(page: Page) -> None:
    assert "no general claim" in page.text
    assert (
        "Splits of 2M pages: 3 since boot when the campaign began, 1 more during it." in page.text
    )
    assert "next follows" in page.text


def test_questions_that_were_not_asked_say_so(page: Page, tmp_path: Path) -> None:
    assert page.text.count("Not measured in these records.") == 0
    owner_alone = read(html(campaigns(tmp_path, short())))
    assert owner_alone.text.count("Not measured in these records.") == 2
    assert "What secret memory costs its owner" in owner_alone.texts
    assert "What secret memory costs, and what it buys" in page.texts


def test_secret_memory_that_is_not_to_be_had_comes_before_everything(tmp_path: Path) -> None:
    lacking = SyntheticCell(
        "create", "secret", "memfd", status="unsupported", reason="ENOSYS", runs=1
    )
    record = Synthetic([lacking], unsupported={"secret": "memfd_secret is off (ENOSYS)"})
    text = read(html(load([write_record(tmp_path / "off.jsonl", record)]))).text
    notice = text.index("secret is unsupported on this machine")
    assert notice < text.index("On which machine")
    assert "memfd_secret is off (ENOSYS)" in text[notice:]
    assert "secretmem.enable=1" in text[notice:]
    assert "No time of secret was measured" in text


def test_class_runs_that_split_nothing_say_pool_not_exhausted(tmp_path: Path) -> None:
    plain = SyntheticCell("first-touch", "secret", "memfd", {"classes": "on"}, classes=[0] * 5)
    text = read(html(campaigns(tmp_path, short(plain)))).text
    held = text[text.index("What these numbers hold for") : text.index("Figures")]
    assert "first-touch of secret against memfd: pool not exhausted" in held


def test_what_speaks_against_the_numbers_is_counted(tmp_path: Path) -> None:
    stopped = SyntheticCell("create", "secret", "memfd", noise=0.1, stop="budget")
    dead = SyntheticCell("release", "secret", "memfd", status="failed", reason="signal 11", runs=2)
    text = read(html(campaigns(tmp_path, short(stopped, dead)))).text
    assert "cells wider than planned caution 1 of 3" in text
    assert "failed runs caution 2 of 26" in text
    assert "signal 11" in text
    assert "noise floor caution no A/A cell" in text


def test_a_noise_floor_that_differs_more_than_chance_is_not_trusted(tmp_path: Path) -> None:
    biased = [
        SyntheticCell("create", "memfd", "memfd", {"len_bytes": size}, 1e-6, 1.1, 0.001)
        for size in (4096, 8192, 16384)
    ]
    text = read(html(campaigns(tmp_path, short(*biased)))).text
    assert "of which 3 seem to differ" in text
    assert "more than chance explains" in text


def test_a_campaign_that_was_cut_off_says_so(tmp_path: Path) -> None:
    record = Synthetic(short(), ended=False)
    text = read(html(load([write_record(tmp_path / "cut.jsonl", record)]))).text
    assert "cut off: no end was recorded" in text


def test_two_files_of_one_environment_make_one_page(tmp_path: Path) -> None:
    create = SyntheticCell("create", "secret", "memfd", noise=0.01)
    files = [
        write_record(tmp_path / f"{name}.jsonl", Synthetic(short(create), id=name * 16))
        for name in ("a", "b")
    ]
    path = write(load(files), tmp_path)
    assert path.name == "a-and-1-more.html"
    page = read(path.read_text(encoding="utf-8"))
    assert len(page.ids) == len(set(page.ids))
    for file in files:
        assert hashlib.sha256(file.read_bytes()).hexdigest() in page.text


def test_the_same_records_give_the_same_page(tmp_path: Path) -> None:
    loaded = campaigns(tmp_path, short())
    assert html(loaded) == html(loaded)


def test_hostile_strings_from_a_record_stay_text(tmp_path: Path) -> None:
    touch = SyntheticCell("first-touch", HOSTILE, "memfd", {"backing": HOSTILE}, 2e-6, 2.0)
    lacking = SyntheticCell(
        HOSTILE, "secret", "memfd", status="unsupported", reason=HOSTILE, runs=1
    )
    failed = SyntheticCell(
        "create", HOSTILE, HOSTILE, status="failed", reason=HOSTILE, warnings=[HOSTILE], runs=1
    )
    record = Synthetic(
        short(touch, lacking, failed, *hostile(HOSTILE)),
        environment={"kernel_release": HOSTILE, HOSTILE: HOSTILE},
        unsupported={"secret": HOSTILE},
    )
    source = html(load([write_record(tmp_path / "hostile.jsonl", record)]))
    page = read(source)
    assert "script" not in page.tags
    assert not [name for attributes in page.attributes for name in attributes if name[:2] == "on"]
    assert "<script" not in source.lower()
    assert "\x01" not in source
    assert len(page.ids) == len(set(page.ids))
    assert {target.removeprefix("#") for target, _ in page.links} <= set(page.ids)
    assert page.text.count(HOSTILE.replace("\x01", "\ufffd")) > 8


def test_a_page_that_would_be_too_long_lists_fewer_runs_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [
        SyntheticCell("create", "secret", "memfd", {"len_bytes": 4096 * size}, 1e-6, 1.1, runs=20)
        for size in range(1, 61)
    ]
    loaded = campaigns(tmp_path, many)
    whole = html(loaded)
    assert MAX_BYTES == 2_500_000
    assert "further runs" not in whole
    limit = len(whole.encode()) * 2 // 3
    monkeypatch.setattr("analysis.report.html.MAX_BYTES", limit)
    shortened = html(loaded)
    assert len(shortened.encode()) <= limit
    assert re.search(r"\d+ further runs are not listed", shortened)
    assert read(shortened).ids == read(whole).ids


def test_a_figure_takes_the_colours_of_the_page() -> None:
    svg = '<text style="fill: #1c2024">#1c2024</text>'
    assert themed(svg) == '<text style="fill: var(--ink, #1c2024)">#1c2024</text>'
