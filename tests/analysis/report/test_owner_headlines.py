# SPDX-License-Identifier: MIT
"""Which cells become headlines, and what these say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analysis.report.evidence import gather
from analysis.report.owner_headlines import headlines

from ..figures.campaign import Params, campaigns
from ..recording import SyntheticCell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from analysis.report.block import Headline
    from analysis.result.effect import Effect


def said(folder: Path, *chosen: SyntheticCell) -> tuple[Headline, ...]:
    return headlines(gather(campaigns(folder, chosen)))


def latency(
    len_bytes: int, ratio: float, order: str = "line-random", control: str = "memfd"
) -> SyntheticCell:
    params: Params = {"len_bytes": len_bytes, "order": order}
    return SyntheticCell("access-latency", "secret", control, params, 1e-9, ratio, 0.0005)


def touch(backing: str, threads: int, ratio: float, classes: str = "off") -> SyntheticCell:
    params: Params = {"backing": backing, "classes": classes, "threads": threads}
    counted = [0] * 5 if classes == "on" else []
    return SyntheticCell("first-touch", "secret", "memfd", params, 2e-6, ratio, classes=counted)


def test_first_touch_is_said_for_backed_memory_on_one_thread_without_counters(
    tmp_path: Path,
) -> None:
    (line,) = said(
        tmp_path,
        touch("host-cold", 1, 2.0),
        touch("host-backed", 2, 3.0),
        touch("host-backed", 1, 4.0, classes="on"),
        touch("host-backed", 1, 5.0),
    )
    assert line.subject == "First touch of a page (host-backed, 1 thread)"
    assert "5.00x memfd" in line.number
    assert line.rest == "memfd beside it: 2.00 us"


def test_both_states_of_the_other_cpus_are_said(tmp_path: Path) -> None:
    def beside(others: str, ratio: float) -> SyntheticCell:
        params: Params = {"others": others}
        return SyntheticCell("first-touch", "secret", "memfd", params, 2e-6, ratio)

    idle, busy = said(tmp_path, beside("idle", 6.0), beside("busy", 3.0))
    assert idle.subject == "First touch of a page (other CPUs idle)"
    assert busy.subject == "First touch of a page (other CPUs busy)"
    assert "6.00x memfd" in idle.number
    assert "3.00x memfd" in busy.number


def test_hot_access_is_said_for_the_smallest_and_the_largest_working_set(tmp_path: Path) -> None:
    lines = said(
        tmp_path,
        latency(1 << 20, 1.02),
        latency(1 << 26, 1.04),
        latency(1 << 14, 1.01),
        latency(1 << 12, 1.5, order="page-random"),
    )
    assert [line.subject for line in lines] == [
        "Hot access (16 KiB, line-random)",
        "Hot access (64 MiB, line-random)",
    ]
    assert "+1.0" in lines[0].number
    assert "+4.0" in lines[1].number


def test_hot_access_is_said_for_each_control(tmp_path: Path) -> None:
    lines = said(tmp_path, latency(1 << 14, 1.04), latency(1 << 14, 1.01, control="packet-ring"))
    assert len(lines) == 2
    assert "against memfd" in lines[0].number
    assert "against packet-ring" in lines[1].number


def said_of(folder: Path, ratio: float, change: Callable[[Effect], Effect]) -> Headline:
    """The headline of one cell whose ratio is changed before it is said."""
    evidence = gather(campaigns(folder, [latency(1 << 14, ratio)]))
    (row,) = evidence.summary.results
    assert row.ratio
    changed = replace(row, ratio=change(row.ratio))
    (line,) = headlines(replace(evidence, summary=replace(evidence.summary, results=(changed,))))
    return line


def test_a_difference_that_was_seen_has_no_bound_of_zero(tmp_path: Path) -> None:
    def near(ratio: Effect) -> Effect:
        return replace(ratio, estimate=0.83, low=0.8, high=0.9995, half_width=0.1, seen="better")

    line = said_of(tmp_path, 1.04, near)
    assert line.number.endswith("-17.000 % against memfd [-20.000, -0.050]")


@pytest.mark.parametrize(("step", "said"), [(0.0, ""), (4e-4, "; one step of the timer is 0.04 %")])
def test_runs_alike_to_the_last_digit_claim_no_more_than_a_step_of_the_timer(
    tmp_path: Path, step: float, said: str
) -> None:
    def alike(ratio: Effect) -> Effect:
        same = replace(ratio, estimate=1.0, low=1.0, high=1.0, half_width=0.0)
        return replace(same, smallest_seen=step, seen="none")

    line = said_of(tmp_path, 1.0, alike)
    assert "no difference from memfd seen" in line.number
    assert line.rest.startswith(
        f"+0.00 %, the runs are alike to the last digit{said}; memfd beside"
    )


def test_an_effect_that_moved_is_no_headline_number(tmp_path: Path) -> None:
    def moved(ratio: Effect) -> Effect:
        return replace(ratio, seen="moved", began=0.74, ended=1.036)

    line = said_of(tmp_path, 0.9, moved)
    assert "no one ratio to memfd" in line.number
    assert line.rest.startswith("it moved from 0.740x to 1.036x while it was measured")


def test_the_bandwidth_that_differs_most_is_said(tmp_path: Path) -> None:
    (line,) = said(
        tmp_path,
        *(
            SyntheticCell("bandwidth", "secret", "memfd", {"op": op}, 2e10, ratio, 0.0005)
            for op, ratio in {"read": 0.99, "write": 0.9, "copy-in": 1.02}.items()
        ),
    )
    assert line.subject.endswith("(write)")
    assert "-10.0" in line.number


def test_a_count_is_said_with_what_stopped_it(tmp_path: Path) -> None:
    notes = {"lock_limit_bytes": 8388608, "stopped_by": "Too many open files"}
    (line,) = said(
        tmp_path, SyntheticCell("density", "secret", None, {"layout": "page"}, 1021, notes=notes)
    )
    assert line.number == "1,021"
    assert line.rest == "lock limit bytes: 8388608; stopped by: Too many open files"


def test_a_rule_is_said_in_words_and_not_as_a_number(tmp_path: Path) -> None:
    rule = {"rule": "charged at mmap, per process"}
    (line,) = said(tmp_path, SyntheticCell("lock-limit", "secret", None, {}, 1, notes=rule))
    assert line.number == "charged at mmap, per process"
    assert line.rest == ""


def test_too_few_runs_are_said_with_the_number(tmp_path: Path) -> None:
    few = SyntheticCell("create", "secret", "memfd", {}, 1e-6, 1.3, 0.01, runs=4)
    (line,) = said(tmp_path, few)
    assert "x memfd [" in line.number
    assert "4 runs: the interval covers" in line.rest


@pytest.mark.parametrize("mode", ["memfd", "anon", "secret-flushed"])
def test_other_modes_make_no_headline(tmp_path: Path, mode: str) -> None:
    assert said(tmp_path, SyntheticCell("create", mode, "memfd", {}, 1e-6, 1.3)) == ()


def test_runs_that_failed_make_no_headline(tmp_path: Path) -> None:
    dead = SyntheticCell("create", "secret", "memfd", status="failed", reason="signal 11", runs=2)
    assert said(tmp_path, dead) == ()
