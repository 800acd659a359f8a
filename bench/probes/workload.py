# SPDX-License-Identifier: MIT
"""A known workload: the native core touches so many pages when it is told to."""

import contextlib
import os
import select
import subprocess
import time
from typing import TypeVar

import msgspec

from .. import program
from ..core import UNSUPPORTED, Core, Region, Touched
from ..error import BenchError
from ..output import UNREADABLE
from ..program import last_words

_TIMEOUT_S = 60
# One line that says where the region lies.
_LINE_BYTES = 2**16

T = TypeVar("T", Region, Touched)


class UnsupportedError(BenchError):
    """This machine cannot have the mode, or the mode has no first touch."""


class Workload:
    """One process that holds a region and touches it once."""

    def __init__(self, core: Core, mode: str, pages: int) -> None:
        """Start it; its region is there, nothing of it touched yet.

        Raises:
            UnsupportedError: The mode is unsupported here.
            BenchError: The core failed.
        """
        self._name = f"touch {mode} {pages}"
        self._process = subprocess.Popen(
            core.touch_command(mode, pages),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        try:
            self.region = self._decode(self._first_line(), Region)
        except BaseException:
            self.close()
            raise

    def touch(self) -> Touched:
        """Let it touch every page; can be done once.

        Raises:
            BenchError: It does not end, or says of a touch what cannot be.
        """
        assert self._process.stdin is not None  # noqa: S101 - all three are pipes
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(b"\n")
        self._process.stdin.close()
        printed = program.drained(self._process, time.perf_counter() + _TIMEOUT_S)
        if printed.halted:
            raise BenchError(f"core {self._name}: no end after {_TIMEOUT_S} s: run it by itself")
        if self._process.returncode != 0:
            raise self._failure(printed.stderr)
        touched = self._decode(printed.stdout, Touched)
        if not touched.values or not all(0 < each < _TIMEOUT_S for each in touched.values):
            raise BenchError(f"core {self._name}: said what no touch takes: rebuild it")
        return touched

    def close(self) -> None:
        """End it."""
        if self._process.poll() is None:
            program.kill_session(self._process.pid)
        self._process.__exit__(None, None, None)

    def _first_line(self) -> bytes:
        """What it prints before it waits to be told."""
        assert self._process.stdout is not None  # noqa: S101
        deadline_s, line = time.perf_counter() + _TIMEOUT_S, b""
        while not line.endswith(b"\n") and len(line) < _LINE_BYTES:
            left_s = deadline_s - time.perf_counter()
            if not select.select([self._process.stdout], [], [], max(0.0, left_s))[0]:
                raise BenchError(f"core {self._name}: says nothing for {_TIMEOUT_S} s")
            more = os.read(self._process.stdout.fileno(), _LINE_BYTES)
            if not more:
                printed = program.drained(self._process, deadline_s)
                raise self._failure(printed.stderr)
            line += more
        return line

    def _failure(self, stderr: bytes) -> BenchError:
        code = self._process.returncode
        if code == UNSUPPORTED:
            return UnsupportedError(last_words(stderr))
        how = "it does not end" if code is None else program.ending(code)
        return BenchError(f"core {self._name}: {last_words(stderr) or how}")

    def _decode(self, line: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(line, type=kind)
        except UNREADABLE as error:
            raise BenchError(
                f"core {self._name}: printed garbage ({error}): rebuild it with "
                "`make -C bench/native`"
            ) from None
