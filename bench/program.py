# SPDX-License-Identifier: MIT
"""A program run to its end, bounded in time and in what it may print.

What it prints is read through two pipes until it has ended and nobody holds them. A process that
it left behind may hold them for as long as it likes: it is waited for only a little.
"""

import contextlib
import errno
import os
import platform
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# Ten times the longest that a run of the reference printed, 3.3 MB of first touches.
STDOUT_BYTES = 32 * 2**20
# Sentences for people; a core in a loop must not fill the memory that it was to measure.
STDERR_BYTES = 2**20
# Children that the kernel kills with their parent are dying by then, also on a busy machine.
GRACE_S = 5.0
_CHUNK_BYTES = 2**16

# What made an execution end, if not the program itself.
TIMEOUT = "timeout"
FLOOD = "flood"
HELD = "held"

_CAUSES = {
    signal.SIGKILL: "for want of memory, or by hand",
    signal.SIGILL: "an instruction that this CPU lacks",
    signal.SIGBUS: "memory that was not to be had",
    signal.SIGSYS: "a system call that a filter forbids",
    signal.SIGXCPU: "the limit of real time without a pause, RLIMIT_RTTIME",
    signal.SIGXFSZ: "the limit of a file's size, RLIMIT_FSIZE",
}


class Printed(NamedTuple):
    """What a program printed, and why it must be killed: TIMEOUT, FLOOD, HELD, or empty.

    HELD: it has ended, and a process that it left behind holds its output.
    """

    stdout: bytes
    stderr: bytes
    halted: str


class Ended(NamedTuple):
    """A program that has ended; `exit_code` is negative for a signal."""

    exit_code: int
    printed: Printed


class _Heard:
    """What came out of one pipe."""

    def __init__(self, most_bytes: int) -> None:
        self._chunks: list[bytes] = []
        self._left_bytes = most_bytes

    @property
    def full(self) -> bool:
        return self._left_bytes < 0

    def read(self, descriptor: int) -> bool:
        """Take in what there is; False at its end."""
        chunk = os.read(descriptor, _CHUNK_BYTES)
        self._chunks.append(chunk)
        self._left_bytes -= len(chunk)
        return bool(chunk)

    @property
    def bytes(self) -> bytes:
        return b"".join(self._chunks)


def drained(process: subprocess.Popen[bytes], deadline_s: float) -> Printed:
    """Read what a program prints on its pipes until it has ended; kills nothing.

    Args:
        process: Started with pipes for stdout and stderr, and not yet waited for.
        deadline_s: time.perf_counter() at which it must have ended.
    """
    assert process.stdout is not None  # noqa: S101 - both are pipes
    assert process.stderr is not None  # noqa: S101
    out, err = _Heard(STDOUT_BYTES), _Heard(STDERR_BYTES)
    heard = {process.stdout.fileno(): out, process.stderr.fileno(): err}
    with _end_of(process) as end, selectors.DefaultSelector() as selector:
        for descriptor in (*heard, *end):
            selector.register(descriptor, selectors.EVENT_READ)
        halted = _listen(selector, heard, deadline_s)
    if not halted:
        try:
            process.wait(max(0.0, deadline_s - time.perf_counter()))
        except subprocess.TimeoutExpired:
            halted = TIMEOUT
    return Printed(out.bytes, err.bytes, halted)


def run(command: list[str], timeout_s: float) -> Ended:
    """Run a program to its end, or kill it with its session.

    Raises:
        OSError: It cannot be started.
    """
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    with process:
        try:
            printed = drained(process, time.perf_counter() + timeout_s)
        finally:
            if process.returncode is None:
                kill_session(process.pid)
    return Ended(process.returncode, printed)


def ending(exit_code: int) -> str:
    """How a program ended, in words; its exit code is negative for a signal."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        number = signal.Signals(-exit_code)
    except ValueError:
        return f"killed by signal {-exit_code}"
    cause = _CAUSES.get(number)
    return f"killed by {number.name}{f' ({cause})' if cause else ''}"


def last_words(stderr: bytes) -> str:
    """Return the last line of what a program said on stderr, cut to a readable length."""
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines()]
    said = next((line for line in reversed(lines) if line), "")
    return "".join(char if char.isprintable() else "?" for char in said)[:300]


def why_not_started(path: Path, error: OSError) -> str:
    """Why the kernel does not start a program, in words."""
    if error.errno == errno.ENOEXEC:
        return f"it is no program for this machine ({platform.machine()})"
    if error.errno == errno.ENOENT and path.exists():
        return "the interpreter or loader that it names is not there"
    if error.errno == errno.EACCES:
        return "it may not be executed: see its mode, and whether its disk is mounted noexec"
    return error.strerror or str(error)


def kill_session(leader: int) -> None:
    """Kill a program that leads a session, and what it started there; it is not yet waited for."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


@contextlib.contextmanager
def _end_of(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """What becomes readable when it ends; nothing before Linux 5.3, or where that is filtered."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:
        yield []
        return
    try:
        yield [descriptor]
    finally:
        os.close(descriptor)


def _listen(selector: selectors.BaseSelector, heard: dict[int, _Heard], deadline_s: float) -> str:
    """Read until the ends of all; returns why not to wait any longer, or nothing."""
    halted = TIMEOUT
    while selector.get_map():
        for key, _ in selector.select(max(0.0, deadline_s - time.perf_counter())):
            if key.fd not in heard:
                selector.unregister(key.fd)
                halted, deadline_s = HELD, min(deadline_s, time.perf_counter() + GRACE_S)
            elif not heard[key.fd].read(key.fd):
                selector.unregister(key.fd)
        if any(each.full for each in heard.values()):
            return FLOOD
        if time.perf_counter() > deadline_s:
            return halted
    return ""
