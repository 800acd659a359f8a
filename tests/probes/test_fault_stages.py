# SPDX-License-Identifier: MIT
"""Stages of a fault on the running kernel, by the distribution's bcc, and what it refuses."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import PROBE, ROOT, Probe, needs_bcc
from .program import gone, loaded

SMALL = ("--pages", "32", "--runs", "1")
NO_RIGHTS = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all")

pytestmark = [needs_bcc, pytest.mark.skipif(os.geteuid() != 0, reason="only root loads BPF")]


def results(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {result["mode"]: result for result in found}


def touching(core: Path) -> list[Path]:
    """Processes of `core touch` that are there, after those that are about to end have gone."""
    wanted = f"{core}\0touch\0".encode()
    found: list[Path] = []
    for _ in range(600):
        found = []
        for line in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                found += [line] if line.read_bytes().startswith(wanted) else []
        if not found:
            break
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def by_tracepoint(probe: Probe) -> dict[str, dict[str, Any]]:
    before = loaded()
    found = results(probe("--backend", "tracepoint", "--json", "--pages", "64", "--runs", "2"))
    assert gone(before)
    return found


@pytest.mark.parametrize("mode", ["secret", "memfd", "anon"])
def test_the_probe_sees_each_of_23_first_touches(
    by_tracepoint: dict[str, dict[str, Any]], mode: str
) -> None:
    result = by_tracepoint[mode]
    assert (result["known_touched"], result["known_seen"]) == (23, 23)
    assert result["backend"] == "tracepoint"


def test_a_secret_fault_flushes_each_other_cpu_once_and_others_flush_none(
    by_tracepoint: dict[str, dict[str, Any]],
) -> None:
    others = os.sysconf("SC_NPROCESSORS_ONLN") - 1
    assert by_tracepoint["secret"]["flushes_per_fault"] == pytest.approx(others, abs=0.1)
    assert by_tracepoint["memfd"]["flushes_per_fault"] == pytest.approx(0, abs=0.1)
    assert by_tracepoint["anon"]["flushes_per_fault"] == pytest.approx(0, abs=0.1)


def test_the_stages_are_those_of_each_kind_of_memory(
    by_tracepoint: dict[str, dict[str, Any]],
) -> None:
    stages = {mode: [s["stage"] for s in r["stages"]] for mode, r in by_tracepoint.items()}
    assert "flush: send" in stages["secret"]
    assert not any("flush" in stage for stage in stages["memfd"] + stages["anon"])
    assert "page cache, zeroing and mapping" in stages["memfd"]
    for result in by_tracepoint.values():
        assert sum(stage["share"] for stage in result["stages"]) == pytest.approx(1)
        assert result["overhead"] == pytest.approx(result["probed_s"] / result["bare_s"] - 1)
        assert result["marked"] == (result["overhead"] > 0.3)


def test_what_cannot_be_loaded_is_said_and_the_next_best_is_used(probe: Probe) -> None:
    result = results(probe("--json", "--mode", "secret", *SMALL))["secret"]
    refusals = [reason[:14] for reason in result["refused"]]
    assert (result["backend"], refusals) in [("fentry", []), ("tracepoint", ["not by fentry:"])]
    assert result["known_seen"] == 23


def test_the_counters_alone_need_no_rights(probe: Probe) -> None:
    result = results(
        probe("--json", "--mode", "secret", "--mode", "memfd", *SMALL, behind=NO_RIGHTS)
    )
    for mode in ("secret", "memfd"):
        assert result[mode]["backend"] == "counter"
        assert result[mode]["known_seen"] == 23
        assert result[mode]["stages"] == []
        assert result[mode]["refused"] == [
            "counters alone: no right to load BPF: run as root, or with CAP_BPF and CAP_PERFMON"
        ]
    assert (result["secret"]["flushes_per_fault"], result["memfd"]["flushes_per_fault"]) == (1, 0)


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_who_has_no_right_is_told_which(probe: Probe) -> None:
    said = refusal(probe("--backend", "tracepoint", *SMALL, behind=NO_RIGHTS))
    assert said == ("bench: no right to load BPF: run as root, or with CAP_BPF and CAP_PERFMON\n")


def test_a_missing_bcc_is_named_with_its_package(probe: Probe, tmp_path: Path) -> None:
    said = refusal(probe("--backend", "tracepoint", *SMALL, BENCH_BCC=str(tmp_path)))
    assert f"no bcc in {tmp_path}: apt-get install python3-bpfcc" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("VERSION = 1", "is another bcc, which knows no BPF"),
        ("import nowhere", "cannot be imported"),
    ],
)
def test_an_impostor_is_not_taken_for_bcc(
    probe: Probe, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "bcc").mkdir()
    (tmp_path / "bcc" / "__init__.py").write_text(text)
    said = refusal(probe("--backend", "tracepoint", *SMALL, BENCH_BCC=str(tmp_path)))
    assert words in said
    assert "apt-get install python3-bpfcc" in said


def test_missing_headers_are_named_with_their_package(probe: Probe) -> None:
    hidden = (
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount -t tmpfs none /lib/modules && exec "$@"',
        "-",
    )
    said = refusal(probe("--backend", "tracepoint", *SMALL, behind=hidden))
    assert f"no kernel headers: apt-get install linux-headers-{os.uname().release}" in said


def test_headers_that_do_not_compile_are_one_line(probe: Probe, tmp_path: Path) -> None:
    said = refusal(probe("--backend", "tracepoint", *SMALL, BCC_KERNEL_SOURCE=str(tmp_path)))
    assert "bcc cannot compile the probe: " in said
    assert "install headers nearer to this kernel" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--mode", "secrte"), "did you mean 'secret'?"),
        (("--mode", "packet-ring"), "it has no first touch"),
        (("--pages", "4096"), "add --yes to accept it"),
        (("--pages", "0"), "--pages"),
        (("--backend", "kprobe"), "--backend"),
    ],
)
def test_wrong_usage_is_one_line(probe: Probe, words: tuple[str, ...], said: str) -> None:
    assert said in refusal(probe(*words))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_stays_attached_when_it_is_killed(core: Path, number: signal.Signals) -> None:
    before = loaded()
    words = ["--backend", "tracepoint", "--mode", "memfd", "--runs", "60", "--core", str(core)]
    with subprocess.Popen([*PROBE, *words], cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            deadline_s = time.monotonic() + 600
            while len(loaded() - before) < 8 and time.monotonic() < deadline_s:
                time.sleep(0.05)
            assert len(loaded() - before) >= 8
        finally:
            process.send_signal(number)
        assert process.wait(600) in (-signal.SIGKILL, 3)
    assert gone(before)
    assert not touching(core)
