"""Where runs execute: one module per kind of machine."""

from typing import Protocol

import msgspec

# What made an execution end, if not the program itself.
TIMEOUT = "timeout"
FLOOD = "flood"
KILLED = "killed"
LOST = "lost"


class Finished(msgspec.Struct, frozen=True):
    """One program that has ended.

    `exit_code` is negative for a signal, as in subprocess; `halted` is empty, or says why it
    was killed: TIMEOUT, FLOOD (printed more than any run does), KILLED (on request); or LOST: its
    machine ended, and stderr says how. `boot` numbers the boots of a guest.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    elapsed_s: float
    halted: str = ""
    boot: int | None = None


class Machine(Protocol):
    """Executes one program at a time, each in a fresh process."""

    kind: str

    def execute(self, command: list[str], timeout_s: float) -> Finished:
        """Run a program to its end, or kill it and all that it started."""

    def kill(self) -> None:
        """Kill the program in flight, if any; may be called from a signal handler."""
