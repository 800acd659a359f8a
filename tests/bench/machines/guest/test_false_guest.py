# SPDX-License-Identifier: MIT
"""What a guest says is not believed: a QEMU that is a short script sends what no guest sends."""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bench.core import LOST
from bench.machines.guest.guest import Boot, Guest
from bench.machines.guest.kernel_image import Kernel
from bench.machines.guest.qemu import PROGRAM, GuestError
from bench.machines.guest.serial_frame import encode
from tests.bench.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# Says that it is ready, waits until it is told something, and sends the answer that lies beside it.
SCRIPT = """#!{python}
import os, re, socket, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from bench.machines.guest.serial_frame import encode
number = next(int(m[1]) for m in map(re.compile("fd=([0-9]+)").search, sys.argv) if m)
port = socket.socket(fileno=number)
folder = Path({folder!r})
port.sendall((folder / "hello").read_bytes())
port.recv(1)
port.sendall((folder / "answer").read_bytes())
while port.recv(4096):
    pass
"""
READY = encode(b"H", b"")
GOOD_END = struct.pack("<QI", 10**9, 0)


@pytest.fixture
def false_guest(tmp_path: Path, core: Path, monkeypatch: pytest.MonkeyPatch) -> Guest:
    program = tmp_path / PROGRAM
    program.write_text(SCRIPT.format(python=sys.executable, root=str(ROOT), folder=str(tmp_path)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "hello").write_bytes(READY)
    image = tmp_path / "vmlinuz"
    image.write_bytes(b"")
    return Guest(Boot(Kernel(image, "6.1.0"), core, kvm=False, limit_s=30))


def answer(guest: Guest, tmp_path: Path, frames: bytes) -> tuple[str, str]:
    (tmp_path / "answer").write_bytes(frames)
    try:
        finished = guest.execute(["/core", "list"], 20)
    finally:
        guest.close()
    return finished.halted, finished.stderr.decode()


def test_a_program_that_ends_as_it_should_is_taken(false_guest: Guest, tmp_path: Path) -> None:
    frames = encode(b"O", b"said") + encode(b"X", GOOD_END)
    assert answer(false_guest, tmp_path, frames) == ("", "")


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (encode(b"X", b""), "the end of a program in 0 bytes, not 12"),
        (encode(b"X", GOOD_END[:-1]), "the end of a program in 11 bytes, not 12"),
        (encode(b"X", GOOD_END + b"\0"), "the end of a program in 13 bytes, not 12"),
        (encode(b"X", struct.pack("<QI", 1, 0x7F)), "the end of a program with wait status 0x7f"),
        (encode(b"X", struct.pack("<QI", 1, 0xFFFFFFFF)), "with wait status 0xffffffff"),
        (encode(b"Z", b"abc"), "a serial frame b'Z' of 3 bytes while a program was running"),
        (encode(b"H", b""), "a serial frame b'H' of 0 bytes while a program was running"),
        (encode(b"D", b""), "a serial frame b'D' of 0 bytes while a program was running"),
        (b"SM" + b"X\0" + struct.pack("<I", 2**31), "no serial frame begins with"),
        (encode(b"X", GOOD_END)[:-1] + b"\0", "the checksum of a serial frame b'X'"),
    ],
)
def test_what_no_program_says_ends_the_guest_in_a_sentence(
    false_guest: Guest, tmp_path: Path, frames: bytes, said: str
) -> None:
    halted, words = answer(false_guest, tmp_path, frames)
    assert halted == LOST
    assert words.startswith("the guest sent what cannot be read: ")
    assert said in words


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (encode(b"X", GOOD_END), "a serial frame b'X' of 12 bytes while files were asked for"),
        (encode(b"F", b"/proc/meminfo"), "the file '/proc/meminfo', which was not asked for"),
        (encode(b"F", b"/etc/passwd\0x"), "the file '/etc/passwd', which was not asked for"),
        (encode(b"F", b"\xff\xfe\0x"), "which was not asked for"),
    ],
)
def test_files_that_nobody_asked_for_are_a_guest_error(
    false_guest: Guest, tmp_path: Path, frames: bytes, said: str
) -> None:
    (tmp_path / "answer").write_bytes(frames)
    with pytest.raises(GuestError) as found:
        false_guest.read(["/proc/meminfo", "/sys/kernel/"])
    false_guest.close()
    assert said in str(found.value)


def test_files_that_were_asked_for_are_taken(false_guest: Guest, tmp_path: Path) -> None:
    frames = encode(b"F", b"/proc/meminfo\0one") + encode(b"F", b"/sys/kernel/a\0two")
    (tmp_path / "answer").write_bytes(frames + encode(b"D"))
    try:
        found = false_guest.read(["/proc/meminfo", "/sys/kernel/"])
    finally:
        false_guest.close()
    assert found == {"/proc/meminfo": b"one", "/sys/kernel/a": b"two"}


@pytest.mark.parametrize("hello", [encode(b"O", b"x"), encode(b"X", GOOD_END)])
def test_a_guest_that_begins_with_something_else_does_not_come_up(
    false_guest: Guest, tmp_path: Path, hello: bytes
) -> None:
    (tmp_path / "hello").write_bytes(hello)
    with pytest.raises(GuestError, match="while it had not said that it is ready"):
        false_guest.start()
    false_guest.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=st.binary(min_size=1, max_size=1), data=st.binary(max_size=40))
def test_no_frame_is_a_traceback(
    false_guest: Guest, tmp_path: Path, kind: bytes, data: bytes
) -> None:
    assume(kind != b"X" or len(data) != len(GOOD_END))
    halted, words = answer(false_guest, tmp_path, encode(kind, data) + encode(b"Z"))
    assert halted == LOST
    assert words.startswith("the guest sent what cannot be read: ")
