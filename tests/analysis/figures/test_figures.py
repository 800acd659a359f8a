# SPDX-License-Identifier: MIT
from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from analysis.figures.drawing.figure import Absent, Figure
from analysis.figures.drawing.gallery import figures, material, write

from ..exposures import ladder
from ..recording import SyntheticCell
from ..simulations import counted
from ..ways import hostile, trial
from .campaign import (
    BANDWIDTH_RATIO,
    FIRST_TOUCH_RATIO,
    GAPS,
    HOSTILE,
    LOSS_S,
    MODELS,
    Params,
    campaigns,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NAMES = {
    "overview", "first-touch", "latency", "width", "splits", "exposure", "neighbour", "gaps",
    "stages", "walks", "victims", "noise", "frontier-owner", "frontier-everyone", "simulated",
}  # fmt: skip
_SVG = "{http://www.w3.org/2000/svg}"


def drawn(
    folder: Path, chosen: Sequence[SyntheticCell] | None = None
) -> Mapping[str, Figure | Absent]:
    found = figures(material(campaigns(folder, chosen)))
    return {figure.plate.name: figure for figure in found}


def picture(figure: Figure | Absent) -> Figure:
    assert isinstance(figure, Figure), figure
    return figure


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg.encode())  # noqa: S314  our own figure


def texts(figure: Figure | Absent) -> list[str]:
    """All text that the picture shows, top to bottom in the file."""
    root = parsed(picture(figure).svg)
    return ["".join(element.itertext()) for element in root.iter(f"{_SVG}text")]


@pytest.fixture(scope="module")
def all_figures(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Figure | Absent]:
    return drawn(tmp_path_factory.mktemp("figures"))


def test_every_figure_is_drawn_where_its_data_are_there(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    assert {name for name, each in all_figures.items() if isinstance(each, Figure)} == NAMES


def test_a_figure_without_data_gives_the_reason_and_no_picture(tmp_path: Path) -> None:
    only = [SyntheticCell("density", "secret", None, {"layout": "page"}, 2048)]
    figures = drawn(tmp_path, only)
    assert set(figures) == NAMES
    for figure in figures.values():
        assert isinstance(figure, Absent)
        assert figure.reason


def test_the_same_records_give_the_same_bytes(
    all_figures: Mapping[str, Figure | Absent], tmp_path: Path
) -> None:
    again = drawn(tmp_path)
    assert all(picture(again[name]).svg == picture(all_figures[name]).svg for name in NAMES)


def test_no_date_is_in_a_picture(all_figures: Mapping[str, Figure | Absent]) -> None:
    for figure in all_figures.values():
        assert "metadata" not in picture(figure).svg
        assert not re.search(r"20\d\d-\d\d", picture(figure).svg)


def test_ids_are_unique_over_all_figures_and_references_resolve(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    together = "".join(picture(figure).svg for figure in all_figures.values())
    ids = re.findall(r'\bid="([^"]+)"', together)
    assert len(ids) == len(set(ids))
    references = re.findall(r'(?:href="#|url\(#)([^")]+)', together)
    assert references
    assert set(references) <= set(ids)


def test_title_and_description_are_there_for_screen_readers(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    for each in all_figures.values():
        figure = picture(each)
        root = parsed(figure.svg)
        labels = (root.get("aria-labelledby") or "").split()
        found = {element.get("id"): element.text for element in root.iter()}
        assert [found[label] for label in labels] == [figure.plate.title, figure.plate.description]
        assert root.get("role") == "img"


def test_text_stays_text_with_sizes_that_people_read(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    assert {"16 KiB", "1 MiB", "64 MiB", "working set"} <= set(texts(all_figures["latency"]))


def test_the_control_is_named(all_figures: Mapping[str, Figure | Absent]) -> None:
    assert "memfd (control)" in texts(all_figures["latency"])
    assert "memfd (control)" in texts(all_figures["width"])
    assert "memfd (control)" in texts(all_figures["first-touch"])
    assert "access-latency (control: memfd)" in texts(all_figures["overview"])


def test_each_control_gets_panels_of_its_own(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    said = texts(all_figures["latency"])
    assert {"line-random, against memfd", "line-random, against packet-ring"} <= set(said)
    assert "access-latency (control: packet-ring)" in texts(all_figures["overview"])


def test_the_overview_shows_the_true_ratio_and_turns_bandwidth_into_cost(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    rows = {
        (row[0], row[2]): float(row[4].removesuffix("x"))
        for row in picture(all_figures["overview"]).table.rows
    }
    assert rows["first-touch", "secret"] == pytest.approx(FIRST_TOUCH_RATIO, rel=0.05)
    assert rows["bandwidth", "secret"] == pytest.approx(1 / BANDWIDTH_RATIO, rel=0.02)


def test_class_runs_are_not_mixed_with_timed_runs(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    touches = [r for r in picture(all_figures["overview"]).table.rows if r[0] == "first-touch"]
    assert len(touches) == 2
    labels = set(texts(all_figures["first-touch"]))
    assert {"secret", "secret: plain, 95 %", "secret: split-2M, 4.5 %"} <= labels


def test_cells_far_outside_are_named_instead_of_flattening_the_rest(
    all_figures: Mapping[str, Figure | Absent], tmp_path: Path
) -> None:
    assert any(text.startswith("600x") for text in texts(all_figures["overview"]))
    size: Params = {"len_bytes": 64, "order": "line-random"}
    far = [
        SyntheticCell("access-latency", "memfd", "memfd", size, noise=0.002),
        SyntheticCell("access-latency", "secret-flushed", "memfd", size, ratio=170, noise=0.002),
    ]
    assert "not drawn: secret-flushed 170x" in texts(drawn(tmp_path, far)["latency"])


def test_a_small_difference_stays_readable_beside_a_large_one(tmp_path: Path) -> None:
    ratios = {4096: 1.002, 1 << 26: 1.3}
    both = [
        SyntheticCell("access-latency", "secret", "memfd", {"len_bytes": size}, 1e-9, ratio, 0.0005)
        for size, ratio in ratios.items()
    ]
    assert {"0", "+1 %", "+10 %"} <= set(texts(drawn(tmp_path, both)["latency"]))


def test_clouds_of_points_are_one_image(all_figures: Mapping[str, Figure | Absent]) -> None:
    svg = picture(all_figures["first-touch"]).svg
    assert svg.count("<image") >= 1
    assert "data:image/png;base64," in svg
    assert svg.count("<use") < 200


def test_every_row_of_a_table_is_as_long_as_its_head(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    for each in all_figures.values():
        table = picture(each).table
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_a_hostile_mode_name_stays_text_and_the_picture_stays_xml(tmp_path: Path) -> None:
    touch: Params = {"backing": "host-backed", "classes": "off"}
    size: Params = {"len_bytes": 64, "order": HOSTILE}
    width: Params = {"op": HOSTILE, "width_bytes": 8}
    chosen = [
        SyntheticCell("first-touch", HOSTILE, "memfd", touch, 2e-6, 2.0, 0.02),
        SyntheticCell("access-latency", HOSTILE, HOSTILE, size, 2e-9, 1.0, 0.02),
        SyntheticCell("access-width", HOSTILE, "memfd", width, 2e-9, 1.1, 0.02),
        SyntheticCell("neighbour-loss", HOSTILE, HOSTILE, {"use": HOSTILE}, notes={"gaps": GAPS}),
        SyntheticCell("splits", HOSTILE, None, {"step_bytes": 4096, "phase": HOSTILE}, counts=[1]),
        SyntheticCell("fault-stages", HOSTILE, None, notes={f"share of {HOSTILE}": 0.5}),
        SyntheticCell("tlb-walks", HOSTILE, HOSTILE, {"event": "walks-4k", "pages": 8}),
        SyntheticCell("victim-dose", HOSTILE, "memfd", {"victim": HOSTILE}),
        SyntheticCell("split-exposure", "secret", HOSTILE, tables=ladder({4096: (20, 1)})),
        SyntheticCell(
            "tlb-simulated-dose",
            "secret",
            HOSTILE,
            {"work": HOSTILE, "dose_bytes": 4096},
            tables=counted({step: {HOSTILE: (1.0, 0.0, 0.0)} for step in MODELS}),
        ),
        *hostile(HOSTILE),
    ]
    shown = HOSTILE.replace("\x01", "\ufffd")
    for figure in drawn(tmp_path, chosen).values():
        root = parsed(picture(figure).svg)
        assert not [element for element in root.iter() if "script" in element.tag.lower()]
    assert shown in texts(drawn(tmp_path, chosen)["first-touch"])


def test_one_run_without_an_interval_is_drawn(tmp_path: Path) -> None:
    alone = [
        SyntheticCell("access-latency", "memfd", "memfd", {"len_bytes": 64}, runs=1),
        SyntheticCell("access-width", "secret", "memfd", {"width_bytes": 8}, ratio=1.1, runs=1),
        SyntheticCell("first-touch", "secret", "memfd", {}, ratio=5, runs=1),
        SyntheticCell("neighbour-loss", "secret", "memfd", {}, runs=1, notes={"gaps": GAPS}),
        SyntheticCell("victim-pipe", "secret", "memfd", {}, ratio=1.1, runs=1),
        SyntheticCell(
            "splits", "secret", None, {"step_bytes": 4096, "phase": "first"}, counts=[0], runs=1
        ),
        SyntheticCell("fault-stages", "secret", None, runs=1, notes={"share of all": 1.0}),
        SyntheticCell("tlb-walks", "secret", "memfd", {"event": "walks-1g", "pages": 8}, runs=1),
        SyntheticCell("split-exposure", "secret", "memfd", runs=1, tables=ladder({1: (20, 0)})),
        SyntheticCell(
            "tlb-simulated-dose",
            "secret",
            "memfd",
            {"work": "copy", "dose_bytes": 1},
            runs=1,
            tables=counted(MODELS),
        ),
        trial("fork", "secret", 1),
        SyntheticCell("secret-use", "secret", "memfd", runs=1),
        SyntheticCell("neighbour-loss", "secret", "memfd", {"use": "secrets"}, runs=1),
    ]
    for figure in drawn(tmp_path, alone).values():
        assert "nan" not in " ".join(texts(figure))
        assert not [text for row in picture(figure).table.rows for text in row if "nan" in text]


def test_draw_writes_one_readable_svg_file_per_figure(tmp_path: Path) -> None:
    written = write(material(campaigns(tmp_path)), tmp_path / "new" / "folder")
    assert {path.stem for path in written} == NAMES
    for path in written:
        assert parsed(path.read_text(encoding="utf-8")).tag == f"{_SVG}svg"


def test_splits_are_drawn_between_the_best_and_the_worst_possible_with_the_boots_state(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    said = texts(all_figures["splits"])
    assert {"one split per page", "one per 512 pages", "memory touched", "8 MiB"} <= set(said)
    state = "133 splits since boot, 47,115 free pages"
    assert f"secret, first (2 runs): {state}" in said
    assert f"secret, again (2 runs): {state}, pool not exhausted" in said
    assert f"memfd, first (2 runs): {state}" in said
    rows = picture(all_figures["splits"]).table.rows
    assert ("secret", "first", "8 MiB", "9") in [(*row[:2], *row[3:]) for row in rows]


def test_lost_time_is_named_per_first_touch_and_per_secret_with_its_interval(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    said = texts(all_figures["neighbour"])
    assert "per first touch, at full rate (control: memfd)" in said
    assert "per secret, one each millisecond (control: memfd)" in said
    losses = [text for text in said if re.fullmatch(r"\+\d(\.\d+)? us \[\+.*, \+.*\]", text)]
    assert len(losses) == 2
    for text in losses:
        assert float(text[1:].partition(" ")[0]) * 1e-6 == pytest.approx(LOSS_S, rel=0.05)


def test_pauses_are_counted_for_each_touch(all_figures: Mapping[str, Figure | Absent]) -> None:
    rows = picture(all_figures["gaps"]).table.rows
    touched = {row[2]: row[3] for row in rows if row[:2] == (rows[0][0], "secret")}
    assert touched["3.20 us to 12.8 us"] == "1.00"
    assert touched["51.2 us and more"] == "0"


def test_pauses_of_a_control_without_a_cell_of_its_own_are_those_of_its_arm(
    tmp_path: Path,
) -> None:
    notes = {"gaps": GAPS, "gaps_control": "200 ns: 2500"}
    alone = [SyntheticCell("neighbour-loss", "secret", "memfd", {"use": "secrets"}, notes=notes)]
    rows = picture(drawn(tmp_path, alone)["gaps"]).table.rows
    assert [row[1:4] for row in rows if row[1] == "memfd"] == [
        ("memfd", "200 ns and more", "0.500")
    ]


def test_the_stages_of_a_fault_divide_the_bare_total(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    figure = picture(all_figures["stages"])
    assert {"zeroing", "flush: send", "secret", "us of one first touch"} <= set(texts(figure))
    assert [row[:3] for row in figure.table.rows] == [
        ("secret", "zeroing", "30 %"),
        ("secret", "flush: send", "70 %"),
    ]
    parts_us = [float(row[3].removesuffix(" us")) for row in figure.table.rows]
    assert sum(parts_us) == pytest.approx(10, rel=0.05)


def test_walks_are_stacked_by_the_size_of_the_page(
    all_figures: Mapping[str, Figure | Absent],
) -> None:
    figure = picture(all_figures["walks"])
    assert {"4 KiB", "2 MiB", "secret, 8,192 pages", "page walks per load"} <= set(texts(figure))
    assert "1 GiB" not in texts(figure)
    found = {(row[0], row[2]): float(row[3]) for row in figure.table.rows}
    assert found["secret", "4 KiB"] == pytest.approx(0.8, rel=0.05)
    assert found["anon-huge", "2 MiB"] == pytest.approx(0.02, rel=0.05)


def test_without_counters_the_figure_of_walks_gives_the_machines_reason(tmp_path: Path) -> None:
    lacks = SyntheticCell(
        "tlb-walks", "secret", "anon-huge", {"event": "walks-4k", "pages": 8192},
        status="unsupported", reason="no PMU: a guest without one",
    )  # fmt: skip
    figure = drawn(tmp_path, [lacks])["walks"]
    assert isinstance(figure, Absent)
    assert figure.reason == "no PMU: a guest without one"


def test_shares_that_a_probe_disturbed_are_marked_as_rough(tmp_path: Path) -> None:
    rough = SyntheticCell("fault-stages", "anon", None, notes={"marked": True, "share of all": 1.0})
    assert "anon (rough)" in texts(drawn(tmp_path, [rough])["stages"])


def test_victims_are_drawn_as_changes_filled_only_where_proved(tmp_path: Path) -> None:
    chosen = [
        SyntheticCell("victim-pipe", mode, "memfd", {"pages": 64}, 1e-6, ratio, notes=notes)
        for mode, ratio, notes in (
            ("memfd", 1.01, {"proved": False}),
            ("secret", 1.04, {"proved": False}),
        )
    ]
    figure = picture(drawn(tmp_path, chosen)["victims"])
    assert {"pipe", "+4.0 % [+4.0, +4.0]"} <= set(texts(figure))
    assert figure.table.rows[0][2:6] == (
        "+4.0 % [+4.0, +4.0]", "+1.0 % [+1.0, +1.0]", "+3.0 % [+3.0, +3.0]", "witnessed",
    )  # fmt: skip
    assert "inside against outside split blocks" in texts(figure)
    assert "a dose held against before" not in texts(figure)
