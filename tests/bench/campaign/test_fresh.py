# SPDX-License-Identifier: MIT
"""A plan that needs a fresh boot: refused on a used one, gone on with after its own splits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from bench.consent import fresh
from bench.core import Core
from bench.plans import plan as plans
from tests.bench.conftest import ROOT
from tests.bench.verb.test_verb import bench_with

MOON = """
import json
import click
from bench.machines.kind import Kind
from bench.machines.running_kernel import RunningKernel

class Moon(RunningKernel):
    kind = "moon"

    def counters(self):
        with open({path!r}) as file:
            return json.load(file)

    def facts(self, catalogue):
        # Tests beside this one turn it on for a moment.
        return tuple(fact for fact in super().facts(catalogue) if fact.name != "ksm_run")

KIND = Kind("moon", again="with --moon", asked=lambda given: Moon if given.get("moon") else None,
            options=(click.Option(["--moon"], is_flag=True),))
"""
PLAN = """
budget_s = 60
most_splits = 50
[target]
min_runs = 1
max_runs = 1
[[cells]]
metric = "latency"
modes = ["memfd", "secret"]
"""
SCHEMA = json.loads((ROOT / "results/schema.json").read_text())

Run = Callable[..., Any]


class Boot:
    """A machine whose splits are what a test says, and a plan that asks for at most 50."""

    def __init__(self, folder: Path, core: Path) -> None:
        self.folder, self.core, self.out = folder, core, folder / "out.jsonl"
        self.splits = folder / "counters.json"
        (folder / "machines").mkdir()
        (folder / "machines" / "moon.py").write_text(MOON.format(path=str(self.splits)))
        self.plan = folder / "once.toml"
        self.plan.write_text(PLAN)

    def has(self, splits: int | None) -> None:
        known = {} if splits is None else {"direct_map_level2_splits": splits}
        self.splits.write_text(json.dumps(known))

    def run(self, *words: object) -> Any:  # noqa: ANN401 - a finished process
        machines = self.folder / "machines"
        return bench_with("machines", machines, "run", "--moon", "--core", self.core, *words)

    def lines(self) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.out.read_text().splitlines()]
        for line in found:
            jsonschema.validate(line, SCHEMA)
        return found

    def keep(self, *, moved: int) -> None:
        """Leave the first run alone in the file, as one that was cut off; it split so many."""
        campaign, run, *_ = self.lines()
        run["counters"] = {"direct_map_level2_splits": moved}
        for line in (campaign, run):
            del line["crc32"]
        self.out.write_text("".join(json.dumps(line) + "\n" for line in (campaign, run)))


@pytest.fixture
def boot(tmp_path: Path, fake_core: Path, monkeypatch: pytest.MonkeyPatch) -> Boot:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "none"))
    return Boot(tmp_path, fake_core)


@pytest.mark.parametrize("splits", [0, 50])
def test_a_fresh_boot_is_taken_and_what_is_left_of_it_is_said(boot: Boot, splits: int) -> None:
    boot.has(splits)
    done = boot.run(boot.plan, "--out", boot.out)
    assert done.returncode == 0, done.stderr
    assert f"this boot had {splits} splits and has {splits}: it is still fresh" in done.stderr
    assert boot.lines()[0]["most_splits"] == 50


def test_a_used_boot_is_refused_with_what_it_would_do_and_what_to_do_instead(boot: Boot) -> None:
    boot.has(51)
    done = boot.run(boot.plan, "--out", boot.out)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    for words in (
        "once needs a fresh boot, with at most 50 splits",
        "and this one has 51: nothing was run",
        "this will touch up to 16 KiB of secret memory in all",
        "python -m bench run exposure --kernel debian:6.12 --fresh-boot",
        "--used-boot goes on all the same",
    ):
        assert words in done.stderr
    assert not boot.out.exists()


def test_a_kernel_that_does_not_count_splits_is_refused(boot: Boot) -> None:
    boot.has(None)
    done = boot.run(boot.plan, "--out", boot.out)
    assert done.returncode == 2
    assert "this one has an unknown number of" in done.stderr


def test_on_a_used_boot_it_goes_on_where_that_is_asked_for(boot: Boot) -> None:
    boot.has(4711)
    done = boot.run(boot.plan, "--used-boot", "--out", boot.out)
    assert done.returncode == 0, done.stderr
    assert "this boot had 4,711 splits and has 4,711: it is used up" in done.stderr


def test_splits_of_its_own_runs_do_not_keep_it_from_going_on(boot: Boot) -> None:
    boot.has(4)
    assert boot.run(boot.plan, "--out", boot.out).returncode == 0
    boot.keep(moved=145)
    boot.has(149)
    done = boot.run("--resume", boot.out)
    assert done.returncode == 0, done.stderr
    assert "this boot had 4 splits and has 149: it is used up" in done.stderr
    assert boot.lines()[-1]["status"] == "complete"


def test_splits_of_a_run_that_was_killed_keep_it_from_going_on(boot: Boot) -> None:
    boot.has(4)
    assert boot.run(boot.plan, "--out", boot.out).returncode == 0
    boot.keep(moved=0)
    boot.has(149)
    done = boot.run("--resume", boot.out)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "a run that was killed cannot be had again" in done.stderr
    assert [line["kind"] for line in boot.lines()] == ["campaign", "run"]
    assert boot.run("--resume", boot.out, "--used-boot").returncode == 0


def test_another_plan_does_not_ask(boot: Boot) -> None:
    boot.has(4711)
    boot.plan.write_text(PLAN.replace("most_splits = 50", ""))
    done = boot.run(boot.plan, "--out", boot.out)
    assert done.returncode == 0, done.stderr
    assert "used up" not in done.stderr
    assert "most_splits" not in boot.lines()[0]


@pytest.mark.parametrize(
    ("splits", "ok", "text"),
    [(0, True, "0 splits since boot, fresh enough"), (51, False, "51 splits since boot, used for")],
)
def test_check_says_whether_the_boot_will_do(splits: int, ok: bool, text: str) -> None:
    counters = {"direct_map_level2_splits": splits, "direct_map_level3_splits": 0}
    found = fresh.check(counters, 50)
    assert found.ok is ok
    assert found.text.startswith(text)
    assert ("--fresh-boot" in found.hint) is not ok


def test_check_says_where_splits_are_not_counted() -> None:
    found = fresh.check({}, 50)
    assert not found.ok
    assert "does not count splits" in found.hint


def test_the_plan_fresh_takes_ten_minutes_at_most_and_asks_for_a_fresh_boot(core: Path) -> None:
    found = plans.load("fresh", Core(core).catalogue())
    assert found.most_splits == 50
    assert found.budget_s <= 600
    assert not found.accept_splits


def test_bench_check_has_a_line_on_the_boot(fake_core: Path) -> None:
    done = bench_with("machines", fake_core.parent, "check", "--core", fake_core)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "boot_splits" in line]
    assert line.startswith(("ok boot_splits: ", "!! boot_splits: "))
