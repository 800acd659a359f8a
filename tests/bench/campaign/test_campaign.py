# SPDX-License-Identifier: MIT
"""Whole campaigns through the command line."""

import contextlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from bench.campaign import interrupt
from bench.plans import size
from tests.bench import fake
from tests.bench.conftest import ROOT, Bench
from tests.bench.record.edit import replaced

SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "results/schema.json").read_text()))


@pytest.fixture(autouse=True)
def _no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work on the checkout while the tests run is no other environment."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "none"))


def lines(path: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text().splitlines()]
    for line in found:
        SCHEMA.validate(line)
    return found


def runs(path: Path) -> list[dict[str, Any]]:
    return [line for line in lines(path) if line["kind"] == "run"]


def order(path: Path) -> list[tuple[str, int, int]]:
    return [(run["cell"], run["round"], run["seed"]) for run in runs(path)]


def begin(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench", "run", *map(str, words)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def wait_for_runs(path: Path, count: int) -> None:
    deadline = time.monotonic() + 600
    while not path.exists() or path.read_text().count('"kind":"run"') < count:
        assert time.monotonic() < deadline, "the campaign does not get on"
        time.sleep(0.01)


def test_a_campaign_writes_a_file_that_keeps_to_the_schema(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    done = bench("run", plan, "--out", out, "--core", fake_core)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{out}\n"
    first, *between, last = lines(out)
    assert (first["kind"], first["plan"], last["kind"]) == ("campaign", "tiny", "end")
    assert {line["kind"] for line in between} == {"run"}
    assert [run["run"] for run in between] == list(range(len(between)))
    assert last["status"] == "complete"
    assert {end["stop"] for end in last["cells"].values()} == {"target", "exact"}
    assert set(first["modes"]) == {"memfd", "anon", "secret"}
    assert set(first["metrics"]) == {"latency", "count"}
    assert re.search(r"^latency/anon:memfd/len_bytes=16384: 1\.0[45]\d* x memfd", done.stderr, re.M)


def test_the_smoke_plan_runs_on_this_kernel(bench: Bench, core: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = bench("run", "smoke", "--out", out, "--core", core)
    assert done.returncode == 0, done.stderr
    failed = [run for run in runs(out) if run["status"] == "failed"]
    assert failed == []
    assert {run["cell"] for run in runs(out)} == set(lines(out)[-1]["cells"])


def test_a_record_holds_no_word_that_names_this_machine(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    bench("run", plan, "--out", out, "--core", fake_core)
    text = out.read_text()
    assert str(tmp_path) not in text
    assert str(ROOT) not in text
    assert not re.search(r'"hostname"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}', text)


def test_the_seed_reproduces_the_order(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        bench("run", plan, "--out", tmp_path / name, "--seed", 9, "--core", fake_core)
    assert order(tmp_path / "a") == order(tmp_path / "b")
    assert lines(tmp_path / "a")[0]["seed"] == 9


def test_a_file_goes_under_its_machines_class_if_not_told_otherwise(
    bench: Bench, fake_core: Path, plan: Path
) -> None:
    done = bench("run", plan, "--quiet", "--core", fake_core)
    path = ROOT / done.stdout.strip()
    try:
        assert done.stderr == ""
        assert path.parent.parent == ROOT / "results"
        assert path.parent.name == lines(path)[0]["machine"]["class"]
        assert re.fullmatch(r"\d{8}T\d{6}Z-tiny\.jsonl", path.name)
    finally:
        path.unlink()


def test_one_bad_cell_does_not_stop_the_others(bench: Bench, plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    core = fake.make(tmp_path, anon=fake.CRASH, secret=fake.UNSUPPORTED)
    done = bench("run", plan, "--out", out, "--core", core)
    assert done.returncode == 0
    ends = {cell.split(":")[0]: end["stop"] for cell, end in lines(out)[-1]["cells"].items()}
    assert ends == {
        "latency/memfd": "target",
        "latency/anon": "failed",
        "latency/secret": "unsupported",
        "count/secret": "unsupported",
    }
    assert "unsupported: no secrets here: boot with X" in done.stderr
    assert "failed: latency/anon:memfd/len_bytes=16384" in done.stderr


def test_a_hanging_core_costs_its_timeout_and_no_more(
    bench: Bench, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    core = fake.make(tmp_path, anon=fake.HANG)
    bench("run", plan, "--out", out, "--core", core, "--timeout", 0.5)
    hung = [run for run in runs(out) if "anon" in run["cell"]]
    assert [run["reason"][:16] for run in hung] == ["no end after 0.5"] * 2


def test_the_budget_ends_a_campaign_and_is_recorded_as_the_reason(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    # So little that it is over before the first run, however fast the machine is.
    done = bench("run", plan, "--out", out, "--core", fake_core, "--budget", 1e-6)
    assert done.returncode == 0
    first, end = lines(out)
    assert first["budget_s"] == 1e-6
    assert end["status"] == "budget"
    assert {its["stop"] for its in end["cells"].values()} == {"budget"}
    assert all(
        f"{cell} did not reach its target within the budget: +- unknown after 0 runs" in done.stderr
        for cell in end["cells"]
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_run_in_flight_and_says_how_to_go_on(
    plan: Path, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "out.jsonl"
    process = begin(plan, "--out", out, "--core", fake.make(tmp_path, every=fake.SLOW))
    wait_for_runs(out, 2)
    # As a terminal does it: to the whole group.
    os.killpg(process.pid, number)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 3
    assert f"interrupted: go on with: python -m bench run --resume {out}" in said
    end = lines(out)[-1]
    assert end["status"] == "interrupted"
    assert "interrupted" in {cell["stop"] for cell in end["cells"].values()}
    assert all(run["status"] == "ok" for run in runs(out))


def test_several_signals_at_once_are_one_but_a_later_one_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed: list[float] = []
    now_s = iter((100.0, 100.1, 100.0 + interrupt.SAME_S, 100.1 + interrupt.SAME_S))
    monkeypatch.setattr(time, "monotonic", now_s.__next__)
    heard = interrupt.Interrupt(lambda: killed.append(1.0))
    try:
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
            assert (heard.requested, killed) == (True, [])
        signal.raise_signal(signal.SIGTERM)
        assert killed == [1.0]
    finally:
        monkeypatch.undo()
        heard.close()


def test_a_run_that_hangs_is_ended_by_later_signals(plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    process = begin(plan, "--out", out, "--core", fake.make(tmp_path, every=fake.HANG))
    wait_for_runs(out, 0)
    deadline_s = time.monotonic() + 600
    while process.poll() is None:
        assert time.monotonic() < deadline_s
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.2 * interrupt.SAME_S)
    assert process.wait() == 3
    assert runs(out) == []
    assert lines(out)[-1]["status"] == "interrupted"


def test_kill_9_loses_at_most_the_run_in_flight_and_resume_goes_on(
    bench: Bench, plan: Path, tmp_path: Path
) -> None:
    core = fake.make(tmp_path, every="time.sleep(0.05)")
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    bench("run", plan, "--out", whole, "--seed", 4, "--core", core)
    process = begin(plan, "--out", cut, "--seed", 4, "--core", core)
    wait_for_runs(cut, 5)
    process.kill()
    process.communicate()
    before = cut.read_bytes()
    done = bench("run", "--resume", cut, "--core", core)
    assert done.returncode == 0, done.stderr
    assert cut.read_bytes().startswith(before)
    assert [line["kind"] for line in lines(cut)].count("resume") == 1
    assert order(cut) == order(whole)
    assert [run["run"] for run in runs(cut)] == list(range(len(runs(cut))))
    assert lines(cut)[-1]["status"] == "complete"


def test_resume_removes_a_line_cut_short_and_says_so(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    bench("run", plan, "--out", out, "--core", fake_core)
    whole = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join(whole[:4]) + whole[4][:30])
    done = bench("run", plan, "--resume", out, "--core", fake_core)
    assert done.returncode == 0, done.stderr
    assert "cut short" in done.stderr
    assert len(runs(out)) == len(whole) - 2


def test_resume_refuses_another_environment_and_names_the_fact(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    bench("run", plan, "--out", out, "--core", fake_core)
    edited = replaced(out, '"kernel_arch":"', '"kernel_arch":"not-')
    done = bench("run", "--resume", out, "--core", fake_core)
    assert done.returncode == 2
    assert "the environment has changed (kernel_arch was 'not-" in done.stderr
    assert out.read_bytes() == edited


def test_resume_refuses_another_plan(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    bench("run", plan, "--out", out, "--core", fake_core)
    plan.write_text(plan.read_text().replace("16KiB", "32KiB"))
    done = bench("run", plan, "--resume", out, "--core", fake_core)
    assert done.returncode == 2
    assert "holds the plan tiny as it was when the campaign began" in done.stderr


def test_a_spent_budget_asks_for_more(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    bench("run", plan, "--out", out, "--core", fake_core)
    out.write_bytes(b"".join(out.read_bytes().splitlines(keepends=True)[:3]))
    replaced(out, '"budget_s":3600.0', '"budget_s":1e-6')
    done = bench("run", "--resume", out, "--core", fake_core)
    assert done.returncode == 2
    assert "the budget of 1e-06 s is spent: give --budget S for more" in done.stderr


def test_a_plan_that_touches_much_secret_memory_needs_a_yes(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    plan.write_text(plan.read_text().replace("16KiB", "2MiB"))
    out = tmp_path / "out.jsonl"
    refused = bench("run", plan, "--out", out, "--core", fake_core)
    assert refused.returncode == 2
    assert "16.01 MiB of secret memory in all, at most 2 MiB at once" in refused.stderr
    assert "until reboot: add --yes" in refused.stderr
    assert not out.exists()
    assert bench("run", plan, "--out", out, "--core", fake_core, "--yes").returncode == 0
    plan.write_text("accept_splits = true\n" + plan.read_text())
    assert bench("run", plan, "--out", f"{out}2", "--core", fake_core).returncode == 0


def test_a_campaign_that_is_taken_up_again_asks_for_what_is_left(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    plan.write_text(plan.read_text().replace("16KiB", "4MiB"))
    out = tmp_path / "out.jsonl"
    bench("run", plan, "--out", out, "--core", fake_core, "--yes")
    before = b"".join(out.read_bytes().splitlines(keepends=True)[:6])
    out.write_bytes(before)
    made = Counter(run["cell"].partition(":")[0] for run in runs(out))
    left_bytes = 2**22 * (8 - made["latency/secret"]) + 4096 * (2 - made["count/secret"])
    refused = bench("run", "--resume", out, "--core", fake_core)
    assert refused.returncode == 2
    assert f"touch up to {size.show(left_bytes)} of secret memory" in refused.stderr
    assert "until reboot: add --yes" in refused.stderr
    assert out.read_bytes() == before
    assert bench("run", "--resume", out, "--core", fake_core, "--yes").returncode == 0


def test_what_was_asked_with_yes_is_gone_on_with_yes(plan: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    core = fake.make(tmp_path, every=fake.SLOW)
    process = begin(plan, "--out", out, "--core", core, "--yes")
    wait_for_runs(out, 1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=600)
    assert said.endswith(f"--resume {out} --yes\n")


def test_a_damaged_line_is_said_and_its_run_is_made_again(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    bench("run", plan, "--out", out, "--core", fake_core)
    whole = out.read_bytes().splitlines(keepends=True)
    whole[3] = whole[3].replace(b'"round":', b'"rounD":')
    del whole[-2:]
    out.write_bytes(b"".join(whole))
    done = bench("run", "--resume", out, "--core", fake_core)
    assert done.returncode == 0, done.stderr
    assert f"{out}, line 4: its checksum is wrong: it is left out, all others count" in done.stderr
    assert out.read_bytes().startswith(b"".join(whole))
    end = json.loads(out.read_bytes().splitlines()[-1])
    assert end["status"] == "complete"
    shown = subprocess.run(
        [sys.executable, "-m", "analysis", "summary", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "line 4 is damaged, its checksum is wrong or lost" in " ".join(shown.split())


def test_a_disk_that_fills_up_ends_the_campaign_with_a_file_that_can_be_resumed(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    bench("run", plan, "--core", fake_core, "--out", tmp_path / "whole.jsonl")
    limit_bytes = (tmp_path / "whole.jsonl").stat().st_size // 2
    command = [sys.executable, "-m", "bench", "run", str(plan), "--quiet"]
    done = subprocess.run(
        [*command, "--core", str(fake_core), "--out", str(out)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes,) * 2),
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f"bench: cannot write {out}: File too large: it is valid")
    assert done.stderr.count("\n") == 1
    held = len(runs(out))
    assert held > 0
    assert bench("run", "--resume", out, "--core", fake_core).returncode == 0
    assert len(runs(out)) > held


def test_a_kernel_without_secret_memory_is_said_first_and_the_rest_runs(
    bench: Bench, plan: Path, tmp_path: Path
) -> None:
    core = fake.make(tmp_path, secret=fake.UNSUPPORTED)
    supported = '"supported": True, "reason": ""}'
    script = core.read_text()
    assert script.count(supported) == 1
    lacking = '"supported": name != "secret", "reason": "ENOSYS" if name == "secret" else ""}'
    core.write_text(script.replace(supported, lacking))
    out = tmp_path / "out.jsonl"
    done = bench("run", plan, "--core", core, "--out", out)
    assert done.returncode == 0
    assert done.stderr.startswith("secret_memory: ENOSYS: boot with secretmem.enable=1")
    statuses = {(run["cell"][:14], run["status"]) for run in runs(out)}
    assert {("latency/anon:m", "ok"), ("latency/secret", "unsupported")} <= statuses


def test_an_out_file_that_exists_is_refused_before_anything_runs(
    bench: Bench, fake_core: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("mine\n")
    done = bench("run", plan, "--out", out, "--core", fake_core)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert out.read_text() == "mine\n"
