# SPDX-License-Identifier: MIT
"""What cannot be is refused, and everything that the reference holds can be."""

from __future__ import annotations

import json
import lzma
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pytest

from bench.campaign.possible import refuse_impossible, refuse_unwritable
from bench.output import Finish, GarbageError, Output, Start
from bench.record.line import MetricInfo, Run, utc_now
from tests.bench.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REFERENCE = sorted((ROOT / "results/reference").glob("*/*.jsonl.xz"))


def metric(unit: Literal["s", "B/s", "1"], question: str = "owner") -> MetricInfo:
    fields = {
        "about": "", "question": question, "unit": unit, "better": "lower", "assume": "nothing",
        "paired": False,
    }  # fmt: skip
    return msgspec.convert(fields, MetricInfo)


def output(treatment: Sequence[float], control: Sequence[float] = (), **finish: Any) -> Output:  # noqa: ANN401
    values = {"treatment": list(treatment)} | ({"control": list(control)} if control else {})
    counted = {arm: float(len(its)) for arm, its in values.items()}
    said = {"core_s": 0.1, "timed_s": 0.1, "operations": counted, **finish}
    return Output(Start(), values, {}, Finish(**said))


@pytest.mark.parametrize(
    ("unit", "value"), [("B/s", 0), ("B/s", 1e16), ("B/s", -1.0), ("1", -1), ("1", 1e19), ("s", 2)]
)
def test_a_value_that_its_unit_cannot_have_is_refused(
    unit: Literal["s", "B/s", "1"], value: float
) -> None:
    refuse_impossible(output([0.5]), metric(unit), 1.0)
    with pytest.raises(GarbageError, match="treatment: a "):
        refuse_impossible(output([0.5, value]), metric(unit), 1.0)


@pytest.mark.parametrize(
    ("treatment", "control", "said"),
    [
        ([2], [1], "open .1. or closed .0."),
        ([0.5], [1], "open .1. or closed .0."),
        ([1, 1], [1], "open .1. or closed .0."),
        ([0], [0], "the control of a way in was not open"),
    ],
)
def test_a_way_in_is_open_or_closed_and_its_control_open(
    treatment: list[float], control: list[float], said: str
) -> None:
    refuse_impossible(output([0], [1]), metric("1", "secrecy"), 1.0)
    refuse_impossible(output([0]), metric("1", "secrecy"), 1.0)
    with pytest.raises(GarbageError, match=said):
        refuse_impossible(output(treatment, control), metric("1", "secrecy"), 1.0)


def test_a_run_whose_line_no_reader_takes_is_refused() -> None:
    run = Run(
        run=0, cell="a/b", round=0, seed=0, started=utc_now(), elapsed_s=1, core_s=1, timed_s=1,
        status="ok", reason="", values={"treatment": [1e15] * 1_900_000},
    )  # fmt: skip
    with pytest.raises(GarbageError, match=r"said 3[0-9] MiB, more than a line of a record holds"):
        refuse_unwritable(run)
    refuse_unwritable(msgspec.structs.replace(run, values={"treatment": [1.5e-9] * 1_900_000}))


@pytest.mark.parametrize("path", REFERENCE, ids=lambda path: path.name)
def test_every_good_run_of_the_reference_can_be(path: Path) -> None:
    with lzma.open(path) as stream:
        campaign = json.loads(stream.readline())
        metrics = msgspec.convert(campaign["metrics"], dict[str, MetricInfo])
        of = {cell["cell"]: metrics[cell["metric"]] for cell in campaign["cells"]}
        lines = msgspec.json.Decoder(dict[str, Any])
        for line in map(lines.decode, stream):
            if line["kind"] == "run" and line["status"] == "ok":
                finish = {name: line.get(name, {}) for name in ("operations", "arm_s", "tables")}
                finish |= {"core_s": line["core_s"], "timed_s": line["timed_s"]}
                made = Output(
                    Start(), line["values"], line.get("classes", {}),
                    msgspec.convert(finish, Finish),
                )  # fmt: skip
                refuse_impossible(made, of[line["cell"]], line["elapsed_s"])
