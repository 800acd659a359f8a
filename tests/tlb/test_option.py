# SPDX-License-Identifier: MIT
"""What --tlb takes, and what it refuses before anything is booted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.error import BenchError
from bench.machines.guest import simulation
from bench.machines.guest.qemu import GuestError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.conftest import Bench


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("zen9", "unknown model of --tlb"),
        ("zen3,zen3", "names a model twice"),
        ("a: l1 4k 64x4", "does not hold loads and stores"),
        ("a: l1 4k+2m+1g 64x5", "entries x ways"),
        (",".join(["zen3"] * 9), "8 run at most"),
        ("", "unknown model"),
    ],
)
def test_what_makes_no_models_is_one_sentence(asked: str, said: str) -> None:
    with pytest.raises(BenchError, match=said) as refused:
        simulation.simulation([asked])
    assert "\n" not in str(refused.value)


@pytest.mark.usefixtures("without_make")
def test_without_a_compiler_it_says_what_to_install() -> None:
    with pytest.raises(BenchError, match="apt-get install gcc libc6-dev make"):
        simulation.simulation(["zen3"])


def test_what_keeps_it_from_being_built_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in simulation.HERE.glob("*.[ch]"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "Makefile").write_bytes((simulation.HERE / "Makefile").read_bytes())
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "zen3.toml").write_text("")
    (tmp_path / "build").write_text("in the way")
    monkeypatch.setattr(simulation, "HERE", tmp_path)
    with pytest.raises(BenchError, match=r"cannot build bench/tlb: mkdir: .*build"):
        simulation.simulation(["zen3"])


def test_names_may_stand_in_one_word_or_in_several_and_lines_among_them() -> None:
    own = "own: l1 4k+2m+1g 64x64"
    found = simulation.simulation(["zen3,glc", f"skl, {own}"])
    assert found.names == ("zen3", "glc", "skl", "own")
    assert found.lines[3] == own
    words = list(simulation.arguments(found, 1 << 30))
    assert words[-2] == "-plugin"
    assert words[-1].endswith(f",model={own}")
    assert words[words.index("-smp") + 1] == "1"


def test_a_qemu_that_does_not_take_the_plugin_is_explained() -> None:
    lost = GuestError("the guest ended; its console's last lines: Could not load plugin x")
    assert "QEMU 7.2 to 8.2" in str(simulation.explained(lost))
    other = GuestError("the guest ended")
    assert simulation.explained(other) is other


@pytest.mark.parametrize("words", [("--cpus", "2"), ("--accel", "kvm")])
def test_options_that_do_not_go_with_it_are_refused(bench: Bench, words: tuple[str, str]) -> None:
    done = bench("run", "tlb", "--kernel", "debian:6.12", "--tlb", "zen3", *words)
    assert done.returncode == 2
    assert "--tlb is for an emulated guest with one CPU" in done.stderr


def test_it_is_for_guests(bench: Bench) -> None:
    done = bench("run", "tlb", "--tlb", "zen3")
    assert done.returncode == 2
    assert "--tlb is for guests: name the kernel to boot" in done.stderr
