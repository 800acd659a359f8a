# SPDX-License-Identifier: MIT
"""What runs in a guest, and what happens when it goes wrong there: on Debian's own kernels."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from bench.core import FLOOD, KILLED, LOST, TIMEOUT
from bench.environment import guest as guest_environment
from bench.environment.fact import facts_of
from bench.error import BenchError
from bench.machines.guest import guest as module
from bench.machines.guest.guest import CORE, Boot, Guest
from bench.machines.guest.qemu import GuestError, Hardware

from .conftest import PATIENT_S, SMALL

if TYPE_CHECKING:
    from pathlib import Path

    from bench.machines.guest.kernel_image import Kernel

MISBEHAVE = "/misbehave"
SECRET_BYTES = 4 * 2**20


def facts(guest: Guest) -> dict[str, object]:
    files = guest_environment.Sent(guest.read(guest_environment.PATHS))
    return dict(facts_of(guest_environment.collect(files, kvm=False)))


def alive(guest: Guest) -> bool:
    return guest.on_first_boot and guest.execute([CORE, "list"], 600).exit_code == 0


def test_the_core_passes_its_own_checks_in_a_guest(guest: Guest) -> None:
    finished = guest.execute([CORE, "verify"], 900)
    assert finished.exit_code == 0, finished.stdout.decode()
    assert (finished.halted, finished.boot) == ("", 0)


def test_a_guest_has_secret_memory_of_its_own(guest: Guest) -> None:
    catalogue = json.loads(guest.execute([CORE, "list"], 600).stdout)
    modes = {mode["name"]: mode for mode in catalogue["modes"]}
    assert modes["secret"]["supported"]
    assert modes["packet-ring"]["supported"]


def test_splits_counted_in_a_guest_are_those_of_its_direct_map(guest: Guest) -> None:
    def map_kb() -> int:
        return int(
            guest.read(["/proc/meminfo"])["/proc/meminfo"].split(b"DirectMap4k:")[1].split()[0]
        )

    before_kb = map_kb()
    command = [CORE, "run", "splits", "secret", f"len_bytes={SECRET_BYTES}"]
    lines = [json.loads(line) for line in guest.execute(command, 600).stdout.splitlines()]
    counts, notes = lines[1]["values"], lines[-1]["notes"]
    assert len(counts) == 4
    assert counts == sorted(counts)
    # Each split of a 2M mapping makes 2,048 KiB of the map one of 4K pages; the guest has no
    # mapping of 1G that a run of this size could split.
    assert map_kb() - before_kb == 2048 * counts[-1] == notes["direct_map_4k_kb"]


def test_the_environment_is_that_of_the_guest(guest: Guest) -> None:
    found = facts(guest)
    assert found["kernel_release"] == guest.kernel.release != os.uname().release
    assert (found["hypervisor"], found["cpu_count"]) == ("TCG", 2)
    assert found["mem_total_kb"] < SMALL.memory_bytes // 1024  # type: ignore[operator]
    assert found["cmdline"] == "secretmem.enable=1"
    assert found["cap_ipc_lock"] is True


def test_much_output_comes_back_whole(guest: Guest) -> None:
    finished = guest.execute([MISBEHAVE, "much"], 600)
    assert finished.stdout == "".join(f"{i}\n" for i in range(30_000)).encode()


def test_a_program_that_does_not_end_is_killed_and_the_guest_goes_on(guest: Guest) -> None:
    for timeout_s in (0.5, 5, 50):
        finished = guest.execute([MISBEHAVE, "spin"], timeout_s)
        assert (finished.halted, finished.exit_code) == (TIMEOUT, -9)
        if finished.stderr:
            break  # it had the time to say so
    assert finished.stderr == b"spinning\n"
    assert alive(guest)


def test_a_flood_is_cut_off_and_the_guest_goes_on(
    guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FLOOD_BYTES", 10**5)
    assert guest.execute([MISBEHAVE, "flood"], 600).halted == FLOOD
    assert alive(guest)


def test_a_program_out_of_memory_is_killed_and_the_guest_goes_on(guest: Guest) -> None:
    finished = guest.execute([MISBEHAVE, "hoard"], 600)
    assert (finished.halted, finished.exit_code) == ("", -9)
    assert alive(guest)


def test_a_program_that_is_not_there_is_one_sentence(guest: Guest) -> None:
    finished = guest.execute(["/none"], 600)
    assert (finished.exit_code, finished.halted) == (1, "")
    assert finished.stderr == b"cannot be started: No such file or directory\n"


def test_a_panic_gives_the_consoles_last_lines_and_the_next_program_a_new_guest(
    old_kernel: Kernel, core: Path, misbehave: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GRACE_S", 1.0)
    boot = Boot(
        old_kernel, core, files={"misbehave": misbehave}, hardware=SMALL, kvm=False,
        limit_s=PATIENT_S,
    )  # fmt: skip
    guest = Guest(boot)
    try:
        finished = guest.execute([MISBEHAVE, "crash"], 600)
        assert finished.halted == LOST
        assert b"Kernel panic - not syncing: sysrq triggered crash" in finished.stderr
        # It hears nothing any more either: the guest is given up after the time allowed.
        finished = guest.execute([MISBEHAVE, "seize"], 2)
        assert (finished.halted, finished.boot) == (TIMEOUT, 1)
        assert not guest.on_first_boot
    finally:
        guest.close()


@pytest.mark.parametrize(
    ("boot", "said"),
    [
        ({"cmdline": "rdinit=/nothing"}, "Kernel panic - not syncing: VFS: Unable to mount root"),
        ({"limit_s": 0.5}, "did not reach its init within 0.5 s; its console"),
        ({"hardware": Hardware(64 * 2**20)}, "did not reach its init: the guest ended"),
    ],
)
def test_a_kernel_that_does_not_come_up_says_why(
    old_kernel: Kernel, core: Path, boot: dict[str, object], said: str
) -> None:
    limits = {"limit_s": PATIENT_S, **boot}
    guest = Guest(Boot(old_kernel, core, kvm=False, **limits))  # type: ignore[arg-type]
    with pytest.raises(GuestError, match=said) as caught:
        guest.start()
    assert "\n" not in str(caught.value)
    assert not guest.on_first_boot


def test_a_guest_that_is_killed_on_request_says_so(old_kernel: Kernel, core: Path) -> None:
    guest = Guest(Boot(old_kernel, core, hardware=SMALL, kvm=False, limit_s=PATIENT_S))

    def kill_once_it_is_up() -> None:
        while guest._qemu is None:
            time.sleep(0.01)
        guest.kill()

    threading.Thread(target=kill_once_it_is_up).start()
    assert guest.execute([CORE, "list"], 600).halted == KILLED


def test_where_kvm_takes_no_kernel_the_guest_is_emulated_and_says_so(
    old_kernel: Kernel, core: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With these flags an ordinary kernel hangs under the KVM of some machines, CI's among them."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        pytest.skip("no KVM that this machine has could be tried")
    shim = tmp_path / "qemu-system-x86_64"
    real = shutil.which("qemu-system-x86_64")
    shim.write_text(
        f"#!{sys.executable} -SE\nimport os, sys\n"
        "words = ['host,-arch-capabilities' if w == 'host' else w for w in sys.argv]\n"
        f"os.execv({real!r}, words)\n"
    )
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(module, "KVM_LIMIT_S", 2.0)
    guest = Guest(Boot(old_kernel, core, hardware=SMALL, limit_s=PATIENT_S))
    try:
        guest.start()
        if not guest.emulated:
            pytest.skip("the KVM that this machine has works")
        (sentence,) = guest.sentences
        assert sentence.startswith(f"KVM is there, but kernel {old_kernel.release} did not reach")
        assert sentence.endswith(": emulated instead")
        assert guest.execute([CORE, "list"], 600).exit_code == 0
    finally:
        guest.close()


def test_without_qemu_the_error_says_what_to_install(
    old_kernel: Kernel, core: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BenchError, match="apt-get install qemu-system-x86"):
        Guest(Boot(old_kernel, core, kvm=False)).start()


def test_the_first_process_of_a_guest_is_nothing_elsewhere(core: Path) -> None:
    done = subprocess.run(["/guest"], executable=core, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is the first process of a guest" in done.stderr
