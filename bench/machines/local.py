# SPDX-License-Identifier: MIT
"""This machine and its running kernel."""

import contextlib
import os
import resource
import signal
import subprocess
import time

from .. import program
from ..core import KILLED, Finished

_OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Local:
    """Spawns each run as a session of its own, with a timeout that the run cannot escape."""

    def __init__(self) -> None:
        raise_memlock()
        # The size of the environment moves the stack, and with it what is measured: keep it
        # the same for everyone. The search path is the system's own.
        self._environment = {"PATH": os.defpath, "LC_ALL": "C"}
        self._leader: int | None = None
        self._killed = False

    def execute(self, command: list[str], timeout_s: float) -> Finished:
        """Run a program to its end, or kill it and all that it started.

        Args:
            command: The program and its arguments.
            timeout_s: Wall time after which it is killed.
        """
        began_s = time.perf_counter()
        self._killed = False
        with self._spawn(command) as process:
            try:
                stdout, stderr, halted = program.drained(process, began_s + timeout_s)
                if halted:
                    self.kill()
                process.wait()
            finally:
                self._leader = None
        elapsed_s = time.perf_counter() - began_s
        halted = KILLED if self._killed and not halted else halted
        return Finished(process.returncode, stdout, stderr, elapsed_s, halted)

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        # Ctrl-C is for us, a run is measured to its end. It has a session of its own for that;
        # a signal just before it has one is held back by the mask, which it inherits.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                start_new_session=True,
            )
            self._leader = process.pid
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return process

    def kill(self) -> None:
        """Kill the program in flight, if any, with its whole session."""
        if self._leader is not None:
            self._killed = True
            with contextlib.suppress(OSError):
                # To die it must run once more, and its CPU may be held by another's real-time
                # work for as long as that likes.
                os.sched_setaffinity(self._leader, os.sched_getaffinity(0))
            program.kill_session(self._leader)


def raise_memlock() -> None:
    """Raise the limit of locked memory, for this process and its children, as far as allowed."""
    wanted = resource.RLIM_INFINITY
    _, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    for limits in ((wanted, wanted), (hard, hard)):
        try:
            resource.setrlimit(resource.RLIMIT_MEMLOCK, limits)
        except (ValueError, OSError):
            continue
        return
