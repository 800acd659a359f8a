# SPDX-License-Identifier: MIT
"""One QEMU process: a console that is kept, a port for serial frames, and a sure end."""

import contextlib
import ctypes
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ...error import BenchError
from . import simulation
from .serial_frame import DamagedError, Decoder
from .simulation import Simulation

PROGRAM = "qemu-system-x86_64"
_CHUNK_BYTES = 2**18
# Of the console only the end is of interest.
_CONSOLE_BYTES = 2**16
_PR_SET_PDEATHSIG = 1
_TELLING = re.compile(
    r"Kernel panic|Out of memory|^guest: |unable to|qemu-system|^bench/tlb: ", re.IGNORECASE
)


class GuestError(BenchError):
    """The guest cannot be booted, or has ended; the text has the last lines of its console."""


class Hardware(msgspec.Struct, frozen=True):
    """The machine that QEMU plays."""

    memory_bytes: int = 2 * 2**30
    cpus: int = 2
    simulated: Simulation | None = None
    """Its TLBs and caches, of an emulated guest with one CPU."""


class Qemu:
    """A guest from its first instruction to its last."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Start QEMU.

        Args:
            arguments: All but the console and the port.

        Raises:
            BenchError: There is no QEMU.
        """
        program = shutil.which(PROGRAM)
        if program is None:
            raise BenchError(
                f"no {PROGRAM} here, and guests run in it: apt-get install qemu-system-x86"
            )
        self._port, theirs = socket.socketpair()
        with theirs:
            self._process = _spawn(program, [*arguments, *_lines(theirs)], theirs.fileno())
        self._console = bytearray()
        self._decoder = Decoder()
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe, see _spawn()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._selector.register(self._port, selectors.EVENT_READ)

    def send(self, data: bytes) -> None:
        """Send a serial frame to the guest; one that has ended does not hear it."""
        with contextlib.suppress(OSError):
            self._port.sendall(data)

    def listen(self, deadline_s: float, heard: Callable[[bytes, bytes], bool]) -> bool:
        """Give `heard` every serial frame (kind, data) until it returns True.

        Args:
            deadline_s: time.perf_counter() at which to give up.
            heard: Takes one; True ends it.

        Returns:
            Whether `heard` ended it, False at the deadline.

        Raises:
            GuestError: The guest has ended, or what came is no serial frame.
        """
        while (left_s := deadline_s - time.perf_counter()) > 0:
            for key, _ in self._selector.select(left_s):
                if key.fileobj is not self._port:
                    self._keep_console()
                elif self._hear(heard):
                    return True
        return False

    def _hear(self, heard: Callable[[bytes, bytes], bool]) -> bool:
        try:
            data = self._port.recv(_CHUNK_BYTES)
        except ConnectionError:
            data = b""
        if not data:
            self.kill()
            cut = self._decoder.rest()
            raise GuestError(f"the guest ended{f', {cut}' if cut else ''}{self.last_lines()}")
        done = False
        try:
            for kind, body in self._decoder.feed(data):
                done = heard(kind, body) or done
        except DamagedError as error:
            self.kill()
            raise GuestError(
                f"the guest sent what cannot be read: {error}{self.last_lines()}"
            ) from None
        return done

    def _keep_console(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        data = os.read(self._process.stdout.fileno(), _CHUNK_BYTES)
        if not data:
            self._selector.unregister(self._process.stdout)
        self._console += data
        del self._console[:-_CONSOLE_BYTES]

    def last_lines(self) -> str:
        """Return the console's last lines, or those that tell more, for the end of a sentence."""
        text = self._console.decode(errors="replace").replace("\r", "")
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc", "", text)
        lines = [" ".join(line.split()) for line in plain.splitlines() if line.strip()]
        telling = [line for line in lines if _TELLING.search(re.sub(r"^\[.*?\] ", "", line))]
        said = "".join(
            char if char.isprintable() else "?" for char in " | ".join((telling or lines)[-3:])
        )
        return f"; its console's last lines: {said[-400:]}" if said else "; its console is empty"

    def kill(self) -> None:
        """End it at once and take in what its console still held."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired, ValueError):
            rest, _ = self._process.communicate(timeout=10)
            self._console += rest or b""

    def signal_end(self) -> None:
        """End it at once; may be called from a signal handler."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it and let go of its port."""
        self.kill()
        self._selector.close()
        self._port.close()


def accelerated() -> bool:
    """Return whether KVM may be used here; whether it works has to be tried."""
    return os.access("/dev/kvm", os.R_OK | os.W_OK)


def arguments(
    image: Path, initramfs: Path, cmdline: str, hardware: Hardware, *, kvm: bool
) -> list[str]:
    """Return QEMU's arguments for one guest."""
    processor = (
        ("-accel", "kvm" if kvm else "tcg", "-cpu", "host" if kvm else "max",
         "-smp", str(hardware.cpus))
        if hardware.simulated is None
        else simulation.arguments(hardware.simulated, hardware.memory_bytes)
    )  # fmt: skip
    return [
        # Not merged: KSM would scan it, which a way in that is tried beside it must not let happen.
        "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
        "-machine", "mem-merge=off", *processor, "-m", f"{hardware.memory_bytes // 2**20}M",
        "-kernel", str(image), "-initrd", str(initramfs), "-append", cmdline,
    ]  # fmt: skip


def _lines(port: socket.socket) -> list[str]:
    return [
        "-chardev", "stdio,id=console,signal=off", "-device", "isa-serial,chardev=console",
        "-chardev", f"socket,id=port,fd={port.fileno()}", "-device", "isa-serial,chardev=port",
    ]  # fmt: skip


def _spawn(program: str, words: Sequence[str], port: int) -> subprocess.Popen[bytes]:
    ours = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True)

    def die_with_us() -> None:
        # Whatever ends this process, SIGKILL too, ends the guest.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != ours:
            os._exit(1)

    return subprocess.Popen(
        [program, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(port,),
        start_new_session=True,
        preexec_fn=die_with_us,  # noqa: PLW1509 - no thread of ours holds a lock meanwhile
    )
