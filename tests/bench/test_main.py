# SPDX-License-Identifier: MIT
import json
import subprocess
import sys
from pathlib import Path

import pytest

from . import fake
from .conftest import ROOT, Bench


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run",), ", or a path), or --resume FILE"),
        (("run", "quik"), "unknown plan 'quik': did you mean 'quick'?"),
        (("run", "quick", "--budget", "0"), "--budget"),
        (("run", "quick", "--budget", "inf"), "--budget"),
        (("run", "quick", "--budget", "nan"), "--budget"),
        (("run", "quick", "--seed", "-1"), "--seed"),
        (("run", "--resume", "nowhere.jsonl"), "cannot read nowhere.jsonl: No such file"),
        (("run", "--resume", "a", "--seed", "1"), "leave out --out and --seed"),
        (("rnu",), "No such command 'rnu'"),
        (("run", "smoke", "--bogus"), "--bogus"),
        (("pyperf", "latency"), "write it as metric/mode"),
        (("pyperf", "latncy/anon"), "did you mean 'latency'?"),
        (("pyperf", "count/secret"), "count is a count, not a time"),
        (("pyperf", "latency/anon:memfd"), "leave out :memfd"),
        (("pyperf", "latency/secret/len_bytes=1MiB"), "80 MiB of secret memory in all"),
        (("pyperf", "latency/anon", "-l0"), "--loops 0 does not say how much"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    bench: Bench, fake_core: Path, words: tuple[str, ...], said: str
) -> None:
    shipped = words[:2] == ("run", "quick")
    core = () if shipped or words[0] == "rnu" else ("--core", str(fake_core))
    done = bench(words[0], *core, *words[1:])
    assert done.returncode == 2
    assert done.stderr.startswith("bench: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_missing_core_is_one_line(bench: Bench, tmp_path: Path) -> None:
    for verb in (("list",), ("check",), ("run", "smoke"), ("verify",), ("pyperf", "a/b")):
        done = bench(*verb, "--core", tmp_path / "none")
        assert done.returncode == 2
        assert "build it with `make -C bench/native`" in done.stderr


def test_the_core_may_come_from_the_environment(
    bench: Bench, fake_core: Path, plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CORE", str(fake_core))
    done = bench("run", plan, "--out", plan.with_suffix(".jsonl"))
    assert done.returncode == 0, done.stderr


def test_list_shows_what_there_is_and_what_is_lacking(bench: Bench, core: Path) -> None:
    said = bench("list", "--core", core).stdout
    assert "access-latency [s, lower is better]" in said
    assert "len_bytes=16 KiB (64 B to" in said
    assert "lock-limit [1, lower is better, no control]" in said
    assert "quick: " in said


def test_list_as_json_holds_plans_modes_and_metrics(bench: Bench, core: Path) -> None:
    whole = json.loads(bench("list", "--json", "--core", core).stdout)
    assert {"core", "modes", "metrics", "plans"} == set(whole)
    assert {"smoke", "quick", "default", "full"} <= {plan["name"] for plan in whole["plans"]}


def test_check_says_one_line_per_fact(bench: Bench, core: Path) -> None:
    done = bench("check", "--core", core)
    assert done.returncode == 0
    assert all(line[:3] in ("ok ", "!! ", "   ") for line in done.stdout.splitlines())
    assert "secret_memory" in done.stdout


def test_verify_passes_on_the_real_core(bench: Bench, core: Path) -> None:
    done = bench("verify", "--core", core)
    assert done.returncode == 0, done.stdout
    assert "chase-is-one-cycle" in done.stdout


def test_verify_fails_when_the_core_does(bench: Bench, tmp_path: Path) -> None:
    core = tmp_path / "core"
    core.write_text("#!/bin/sh\necho 'FAILED timer: runs backwards'; exit 1\n")
    core.chmod(0o755)
    done = bench("verify", "--core", core)
    assert done.returncode == 2
    assert "FAILED timer" in done.stdout
    assert "does not pass its own checks" in done.stderr


def test_help_loads_none_of_the_heavy_modules() -> None:
    code = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from bench.__main__ import main; main(); print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "Exit codes: 0 done" in done.stdout
    for heavy in ("'pyperf'", "'rich'", "'msgspec'", "'bench.campaign.campaign'"):
        assert heavy not in done.stderr


def test_progress_on_a_terminal_leaves_only_what_matters(tmp_path: Path, plan: Path) -> None:
    core = fake.make(tmp_path, anon=fake.CRASH)
    command = f"{sys.executable} -m bench run {plan} --core {core} --out {tmp_path / 'o'}"
    done = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=600,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "cells done" in done.stdout
    assert "open cells, furthest from their target first" in done.stdout
    assert "latency/anon:memfd/len_bytes=16384: failed: killed by SIGSEGV" in done.stdout
    assert "complete: " in done.stdout


@pytest.mark.parametrize("verb", ["list", "check"])
def test_a_full_disk_behind_stdout_is_one_line(core: Path, verb: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bench", verb, "--core", str(core)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr
