# SPDX-License-Identifier: MIT
"""The gate as CI calls it: the steps of the workflows in docs/ci, through tox, by exit code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from .command import CHECKOUT, Outcome, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

PLAN = """
budget_s = 60
[target]
min_runs = 12
max_runs = 12
[[cells]]
metric = "access-latency"
modes = ["memfd"]
params = { slices = 20 }
[[cells]]
metric = "bandwidth"
modes = ["memfd"]
params = { len_bytes = "64KiB", slices = 500 }
"""
STEP = re.compile(r"^ +(pipx run .*\n(?: +--.*\n| +--json.*\n)*)", re.MULTILINE)
# The environment is the same but for what it installs, which is borrowed from this one.
TOX = (
    f"{sys.executable} -m tox run -qq --workdir {{place}} -e gate "
    "-x testenv:gate.dependency_groups= "
    f"-x testenv:gate.set_env=PYTHONPATH={sysconfig.get_path('purelib')}"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plan and a baseline of it."""
    place = tmp_path_factory.mktemp("gate")
    (place / "tiny.toml").write_text(PLAN)
    subprocess.run(["make", "-C", CHECKOUT / "bench/native"], check=True, capture_output=True)
    record(place, place / "base.jsonl")
    return place


def record(place: Path, out: Path) -> list[dict[str, Any]]:
    """Run the tiny plan on the real core; return the lines of its record, without checksums."""
    words = ["run", f"{place}/tiny.toml", "--out", str(out), "--quiet"]
    subprocess.run([sys.executable, "-m", "bench", *words], cwd=CHECKOUT, check=True)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    for line in lines:
        del line["crc32"]
    return lines


def written(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def slower(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The record of a machine whose control was half as fast again: beside it the mode is slow."""
    for line in lines:
        if line["kind"] == "run":
            line["values"]["control"] = [1.5 * value for value in line["values"]["control"]]
    return lines


def step(workflow: str) -> str:
    """The one command of a workflow file, on one line."""
    (found,) = STEP.findall((CHECKOUT / "docs/ci" / workflow).read_text())
    return " ".join(found.split())


def run_step(command: str, place: Path, out: Path, baseline: Path) -> Outcome:
    """Run it as the CI's shell would, with the tiny plan and its files in `out`."""
    command = command.replace("pipx run 'tox>=4.22' run -qq -e gate", TOX.format(place=place))
    command = command.replace(" ci ", f" {place / 'tiny.toml'} ")
    command = re.sub(r"gate\.(jsonl|xml|md)", rf"{out}/gate.\1", command)
    environment = clean_environment(
        BASELINE=str(baseline), GITHUB_STEP_SUMMARY=str(out / "summary.md"), CI="true"
    )
    done = subprocess.run(
        ["bash", "-euc", command], cwd=CHECKOUT, env=environment, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL, timeout=300,
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("workflow", "summary"), [("github.yml", "summary.md"), ("gitlab.yml", "gate.md")]
)
def test_the_step_of_a_workflow_judges_and_leaves_its_artifacts(
    place: Path, tmp_path: Path, workflow: str, summary: str
) -> None:
    assert "tox" in step(workflow)
    assert "make " not in step(workflow)
    outcome = run_step(step(workflow), place, tmp_path, place / "base.jsonl")
    assert outcome.code in (0, 3), outcome
    assert "### Gate: " in (tmp_path / summary).read_text()
    suite = ET.fromstring((tmp_path / "gate.xml").read_text())  # noqa: S314  our own
    assert suite.get("tests") == "2"
    assert json.loads((tmp_path / "gate.jsonl").read_text().splitlines()[-1])["kind"] == "end"


def test_exit_codes_come_through_tox(place: Path, tmp_path: Path) -> None:
    command = step("github.yml")
    # Runs of a real core that seem to depend on each other, by chance or by a busy machine, have
    # their verdict withheld (3): not each time.
    for attempt in range(5):
        out = tmp_path / f"out-{attempt}"
        out.mkdir()
        lines = slower(record(place, out / "base.jsonl"))
        regressed = run_step(command, place, out, written(out / "faster.jsonl", lines))
        if regressed.code != 3:
            break
    assert regressed.code == 1, regressed
    assert "::error title=regressed%3A access-latency/memfd" in regressed.output
    missing = run_step(command, place, tmp_path, tmp_path / "missing.jsonl")
    assert (missing.code, "cannot be read" in missing.error) == (2, True)
    kept = [line for line in lines if line["kind"] != "run" or line["round"] < 2]
    short = written(tmp_path / "short.jsonl", kept)
    unsure = run_step(command, place, tmp_path, short)
    assert unsure.code == 3, unsure
