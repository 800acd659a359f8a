# SPDX-License-Identifier: MIT
"""A guest: a kernel of its own, booted in QEMU, in which the static core runs.

It stays up for as many programs as it is given. One that does not end takes the guest with it,
and the next program boots it anew.
"""

import os
import signal
import struct
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ...core import FLOOD, KILLED, LOST, TIMEOUT, Finished
from ...error import BenchError
from ...program import STDOUT_BYTES
from . import initramfs, qemu, serial_frame, simulation
from .kernel_image import Kernel
from .qemu import GuestError, Hardware, Qemu
from .serial_frame import DamagedError

CORE = f"/{initramfs.CORE}"
# Before 6.5 secret memory is off unless this is said; a later word of the caller's wins.
CMDLINE = "console=ttyS0 earlyprintk=ttyS0 loglevel=4 panic=-1 secretmem.enable=1"
# Of the kernel's own modules, those that a mode of the core needs where they are not built in.
_NEEDED = ("af_packet",)
# Real hardware takes a second or two, emulation five to ten: far more means that it hangs.
KVM_LIMIT_S, BOOT_LIMIT_S = 15.0, 120.0
# A guest that hears tells of a killed program at once.
_GRACE_S = 10.0
_FLOOD_BYTES = STDOUT_BYTES
# Of those that are asked for, folders included.
_MOST_FILES = 1000
# Nanoseconds since its start, and its wait status: what a program's end says.
_END = struct.Struct("<QI")


class Boot(msgspec.Struct, frozen=True):
    """What a guest is booted with."""

    kernel: Kernel
    core: Path
    cmdline: str = ""
    """Words behind those that every guest gets."""
    insmod: tuple[Path, ...] = ()
    """Modules besides the kernel's own, loaded in this order."""
    files: Mapping[str, Path] = {}
    """Further files: path in the guest, without its first slash -> file here."""
    hardware: Hardware = Hardware()
    kvm: bool | None = None
    """None: tried, and emulated if that does not work."""
    limit_s: float = BOOT_LIMIT_S
    """Wall time after which a guest that does not answer is given up."""


class Guest:
    """One guest after the other, all booted alike."""

    def __init__(self, boot: Boot) -> None:
        """Remember how to boot; `start` does it.

        Raises:
            BenchError: Modules do not belong to the kernel, or the core is not static.
        """
        self.kernel = boot.kernel
        self.simulated = boot.hardware.simulated
        self.kvm = boot.kvm
        self.boots = 0
        self.first_boot = 0
        self.sentences: list[str] = []
        if self.simulated is not None:
            self.sentences.append(
                f"TLBs and caches are simulated ({', '.join(self.simulated.names)}): what is "
                "counted is what these models do, and no measurement of a CPU"
            )
        self._boot = boot
        # In memory: whatever ends this process, the file goes with it.
        self._archive = os.fdopen(os.memfd_create("initramfs"), "wb")
        self._archive.write(initramfs.build(boot.core, _contents(boot), boot.files))
        self._archive.flush()
        self._qemu: Qemu | None = None
        self._killed = False

    @property
    def emulated(self) -> bool:
        """Whether its CPU is emulated, so that no time in it means anything."""
        return not self.kvm

    @property
    def on_first_boot(self) -> bool:
        """Whether the guest is up and has not been booted anew."""
        return self._qemu is not None and self.boots == 1

    def start(self) -> None:
        """Boot, ending the guest that there may be.

        Raises:
            GuestError: It does not come up; the text has its console's last lines.
        """
        self.close()
        if self.kvm is None and not qemu.accelerated():
            self.kvm = False
        if self.kvm is None:
            self._try_kvm()
        else:
            self._start(kvm=self.kvm, limit_s=self._boot.limit_s)

    def _try_kvm(self) -> None:
        try:
            self._start(kvm=True, limit_s=min(KVM_LIMIT_S, self._boot.limit_s))
            self.kvm = True
        except GuestError as error:
            self.kvm = False
            self.sentences.append(f"KVM is there, but {error}: emulated instead")
            self._start(kvm=False, limit_s=self._boot.limit_s)

    def _start(self, *, kvm: bool, limit_s: float) -> None:
        kernel = self._boot.kernel
        cmdline = f"{CMDLINE} rdinit=/{initramfs.INIT} {self._boot.cmdline}".rstrip()
        archive = Path(f"/proc/{os.getpid()}/fd/{self._archive.fileno()}")
        words = qemu.arguments(kernel.image, archive, cmdline, self._boot.hardware, kvm=kvm)
        said: list[bytes] = []
        self._qemu = Qemu(words)
        deadline_s = time.perf_counter() + limit_s
        try:
            up = self._qemu.listen(deadline_s, lambda kind, data: _hello(kind, data, said))
        except GuestError as error:
            self.close()
            lost = GuestError(f"kernel {kernel.release} did not reach its init: {error}")
            raise (simulation.explained(lost) if self.simulated else lost) from None
        lines = self._qemu.last_lines()
        if not up:
            self.close()
            raise GuestError(
                f"kernel {kernel.release} did not reach its init within {limit_s:g} s{lines}"
            )
        if said[0]:
            self.close()
            reason = said[0].decode(errors="replace").strip()
            raise GuestError(f"kernel {kernel.release} did not load the module {reason}{lines}")
        self.boots += 1

    def execute(self, command: list[str], timeout_s: float) -> Finished:
        """Run a program of the guest's to its end, or kill it; boot a guest if there is none.

        Args:
            command: The program, as the guest knows it, and its arguments.
            timeout_s: Wall time after which it is killed.
        """
        began_s = time.perf_counter()
        self._killed = False
        try:
            if self._qemu is None:
                self.start()
            began_s = time.perf_counter()
            finished = self._run(command, began_s + timeout_s)
        except GuestError as error:
            self.close()
            halted = KILLED if self._killed else LOST
            finished = Finished(1, b"", str(error).encode(), time.perf_counter() - began_s, halted)
        return msgspec.structs.replace(finished, boot=self.first_boot + max(0, self.boots - 1))

    def _run(self, command: list[str], deadline_s: float) -> Finished:
        assert self._qemu is not None  # noqa: S101 - execute() has booted it
        program = _Program()
        began_s = time.perf_counter()
        self._qemu.send(
            serial_frame.encode(b"R", b"".join(word.encode() + b"\0" for word in command))
        )
        done = self._qemu.listen(deadline_s, program.heard)
        halted = "" if done else TIMEOUT
        if program.flooded:
            halted, done = FLOOD, False
        if not done:
            self._qemu.send(serial_frame.encode(b"K"))
            if not self._qemu.listen(time.perf_counter() + _GRACE_S, program.ended):
                self.close()
        elapsed_s = program.elapsed_s or time.perf_counter() - began_s
        out, err = b"".join(program.out), b"".join(program.err)
        return Finished(program.exit_code, out, err, elapsed_s, halted)

    def read(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Return files of the guest by their paths; those that cannot be read are left out.

        Args:
            paths: Absolute; one that ends in a slash means every file in that folder.

        Raises:
            GuestError: The guest has ended.
        """
        found: dict[str, bytes] = {}

        def heard(kind: bytes, data: bytes) -> bool:
            if kind == b"D":
                return True
            if kind != b"F":
                raise _unexpected(kind, data, "files were asked for")
            path, content = _file(data, paths)
            if len(found) >= _MOST_FILES:
                raise DamagedError(f"more than {_MOST_FILES} files")
            found[path] = content
            return False

        if self._qemu is None:
            self.start()
        assert self._qemu is not None  # noqa: S101
        self._qemu.send(
            serial_frame.encode(b"G", b"".join(path.encode() + b"\0" for path in paths))
        )
        if not self._qemu.listen(time.perf_counter() + self._boot.limit_s, heard):
            lines = self._qemu.last_lines()
            self.close()
            raise GuestError(f"the guest does not answer{lines}")
        return found

    def kill(self) -> None:
        """Kill the program in flight with its guest; may be called from a signal handler."""
        self._killed = True
        if self._qemu is not None:
            self._qemu.signal_end()

    def close(self) -> None:
        """End the guest, if there is one."""
        if self._qemu is not None:
            self._qemu.close()
            self._qemu = None


class FreshBoot:
    """The same guest, booted anew for each program."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self._used = False

    def execute(self, command: list[str], timeout_s: float) -> Finished:
        """Boot, unless nothing was run on this boot, and run a program."""
        if self._used:
            self._guest.close()
        self._used = True
        return self._guest.execute(command, timeout_s)

    def kill(self) -> None:
        """Kill the program in flight with its guest."""
        self._guest.kill()


class _Program:
    """What the guest says of the program that it runs."""

    def __init__(self) -> None:
        self.out: list[bytes] = []
        self.err: list[bytes] = []
        self.exit_code = -signal.SIGKILL
        self.elapsed_s = 0.0
        self.flooded = False
        self._size_bytes = 0

    def heard(self, kind: bytes, data: bytes) -> bool:
        """Take a serial frame; True at the end, or when there is too much.

        Raises:
            DamagedError: No program says that.
        """
        self._size_bytes += len(data)
        self.flooded = self._size_bytes > _FLOOD_BYTES
        if kind in (b"O", b"E") and not self.flooded:
            (self.out if kind == b"O" else self.err).append(data)
        return self.ended(kind, data) or self.flooded

    def ended(self, kind: bytes, data: bytes) -> bool:
        """Take a serial frame of which only the end matters.

        Raises:
            DamagedError: No program says that.
        """
        if kind in (b"O", b"E"):
            return False
        if kind != b"X":
            raise _unexpected(kind, data, "a program was running")
        if len(data) != _END.size:
            raise DamagedError(f"the end of a program in {len(data)} bytes, not {_END.size}")
        elapsed_ns, status = _END.unpack(data)
        try:
            self.exit_code = os.waitstatus_to_exitcode(status)
        except (ValueError, OverflowError):
            raise DamagedError(f"the end of a program with wait status {status:#x}") from None
        self.elapsed_s = elapsed_ns * 1e-9
        return True


def _hello(kind: bytes, data: bytes, said: list[bytes]) -> bool:
    if kind != b"H":
        raise _unexpected(kind, data, "it had not said that it is ready")
    said.append(data)
    return True


def _unexpected(kind: bytes, data: bytes, when: str) -> DamagedError:
    return DamagedError(f"a serial frame {kind!r} of {len(data)} bytes while {when}")


def _file(data: bytes, asked: Sequence[str]) -> tuple[str, bytes]:
    """Take a file's path and content apart; it must be one that was asked for."""
    name, ended, content = data.partition(b"\0")
    path = name.decode(errors="replace")
    folders = tuple(each for each in asked if each.endswith("/"))
    if not ended or not (path in asked or path.startswith(folders)):
        raise DamagedError(f"the file {path[:80]!r}, which was not asked for")
    return path, content


def _contents(boot: Boot) -> list[tuple[str, bytes]]:
    release = boot.kernel.release
    found = []
    for path in initramfs.modules(boot.kernel.modules, _NEEDED, boot.insmod):
        data = initramfs.content(path)
        if (built_for := initramfs.release_of(data)) != release:
            raise BenchError(
                f"{path} was built for {built_for or 'no kernel that it names'}, the image is "
                f"{release}: build it for that kernel"
            )
        found.append((f"{path.name.partition('.')[0]}.ko", data))
    return found
