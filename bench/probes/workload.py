# SPDX-License-Identifier: MIT
"""A known workload: the native core touches so many pages when it is told to."""

import contextlib
import subprocess
from typing import TypeVar

import msgspec

from ..core import UNSUPPORTED, Core, Region, Touched
from ..error import BenchError
from ..program import ending, last_words

_TIMEOUT_S = 60

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
        )
        assert self._process.stdout is not None  # noqa: S101 - all three are pipes
        line = self._process.stdout.readline()
        if not line:
            self._fail()
        self.region = self._decode(line, Region)

    def touch(self) -> Touched:
        """Let it touch every page; can be done once."""
        out, _ = self._process.communicate(b"\n", timeout=_TIMEOUT_S)
        return self._decode(out, Touched)

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.communicate()

    def _fail(self) -> None:
        _, said = self._process.communicate(timeout=_TIMEOUT_S)
        if self._process.returncode == UNSUPPORTED:
            raise UnsupportedError(last_words(said))
        words = last_words(said) or ending(self._process.returncode)
        raise BenchError(f"core {self._name}: {words}")

    def _decode(self, line: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(line, type=kind)
        except msgspec.DecodeError as error:
            raise BenchError(
                f"core {self._name}: printed garbage ({error}): rebuild it with "
                "`make -C bench/native`"
            ) from None
