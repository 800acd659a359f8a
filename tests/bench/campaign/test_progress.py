# SPDX-License-Identifier: MIT
import io
import math

import pytest

from bench.campaign.progress import Plain, result
from bench.campaign.schedule import CellState, Schedule
from bench.campaign.widening import Width
from bench.record.line import Cell, MetricInfo, Run, Target

METRIC = MetricInfo("about m", "owner", "s", "lower", "nothing", paired=False)
CELL = Cell("m/a:c", "m", "a", "c", {}, Target(0.02, 6, 8))


class Unread(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def run(number: int, status: str = "ok") -> Run:
    return Run(
        run=number, cell="m/a:c", round=number, seed=0, started="", elapsed_s=1, core_s=1,
        timed_s=1, status=status, reason="" if status == "ok" else "why",  # type: ignore[arg-type]
        values={"treatment": [5.3 + number / 1000], "control": [1.0]} if status == "ok" else {},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("estimate", "half_width", "control", "shown"),
    [
        (math.log(5.3), 0.01, "c", "5.300 x c +- 1 %, 0 runs"),
        (0.0, 0.0023, "c", "1.0000 x c +- 0.23 %, 0 runs"),
        (math.log(247), 0.14, "c", "247 x c +- 14 %, 0 runs"),
        (0.0, 0.0, "c", "1.000000 x c +- 0 %, 0 runs"),
        (0.5, 0.01, None, "+- 1 %, 0 runs"),
        (None, None, "c", "0 runs"),
    ],
)
def test_a_ratio_is_shown_to_two_digits_of_its_uncertainty(
    estimate: float | None, half_width: float | None, control: str | None, shown: str
) -> None:
    cell = Cell("m/a", "m", "a", control, {}, Target(0.02, 6, 8))
    state = CellState(cell, METRIC)
    if estimate is not None and half_width is not None:
        state.width = Width(0, estimate, half_width, 0.0, 0.0, 1.0)
    assert result(state) == shown


@pytest.mark.parametrize(
    ("control", "shown"),
    [("c", "+9.06e-06 s against c +- 1.2e-07 s, 0 runs"), (None, "+- 1.2e-07 s, 0 runs")],
)
def test_a_difference_is_shown_in_the_unit_of_the_metric(control: str | None, shown: str) -> None:
    metric = MetricInfo(
        "about m", "everyone", "s", "lower", "nothing", paired=False, effect="difference"
    )
    state = CellState(Cell("m/a", "m", "a", control, {}, Target(0.02, 6, 8)), metric)
    state.width = Width(0, 9.061e-6, 1.23e-7, 0.0, 0.0, 1.0)
    assert result(state) == shown


def test_plain_lines_tell_rounds_failures_and_closed_cells() -> None:
    stream = io.StringIO()
    schedule = Schedule([CellState(CELL, METRIC)], 1)
    plain = Plain(schedule, stream)
    for number in range(7):
        made = run(number, "failed" if number == 2 else "ok")
        schedule.enter(made)
        plain.ran(made, 9.6)
    said = stream.getvalue().splitlines()
    assert said[0] == "round 1: 1 of 1 cells open, 10 s left"
    assert "m/a:c: failed: why" in said
    assert said[-1] == "m/a:c: 5.3032 x c +- 0.028 %, 6 runs (target)"


def test_a_campaign_outlives_whoever_read_its_progress() -> None:
    Plain(Schedule([], 1), Unread()).say("still here")
