# SPDX-License-Identifier: MIT
"""How a program ends: with one of its exit codes, and with one line on stderr where it failed.

The standard library alone is imported here, so that also what fails while the rest is being
imported ends so.
"""

import atexit
import contextlib
import ctypes
import errno
import io
import os
import resource
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import NoReturn, TextIO

from .error import UsageError
from .printable import printable

OK, REGRESSED, USAGE, INTERRUPTED = 0, 1, 2, 3
VARIABLE = "SECRETMEM_TRACEBACK"
"""Set to anything, also by the option --traceback: an unforeseen error shows where it arose."""
LEAST_BYTES = 512 * 2**20
"""Address space: what libraries take by themselves, and as much again for what is read."""
# An error may quote what was given, and that can be of any length.
_MOST_CHARACTERS = 1000
_MOST_OF_A_LIBRARY = 200
_NO_MEMORY = b"there is not enough memory: free some, or take something smaller\n"
_HINTS = {
    errno.ENOSPC: "make room, or write elsewhere",
    errno.EDQUOT: "make room, or write elsewhere",
    errno.EFBIG: "raise ulimit -f, or write elsewhere",
    errno.EMFILE: "raise ulimit -n",
    errno.ENFILE: "close files: the whole system has too many open",
    errno.EAGAIN: "end some processes, or raise ulimit -u",
    errno.ENOMEM: "free some memory",
}


def program(name: str, run: Callable[[], object]) -> NoReturn:
    """Run a program and end this process with the exit code that `ended` gives."""
    _let_no_library_end_us()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = USAGE
    try:
        code = ended(name, run)
        atexit._run_exitfuncs()
        sys.stdout.flush()
    except BaseException:  # there is no memory left even to say so
        os.write(2, _NO_MEMORY)
    finally:
        # Not by Python's own end, behind which nothing of ours could answer a library's exit(3).
        os._exit(code)


def ended(name: str, run: Callable[[], object]) -> int:
    """Run a program to its end, whatever that is.

    Args:
        name: Stands before the line on stderr.
        run: The program; returns its exit code, or None where it is done.

    Returns:
        The exit code. It is REGRESSED only where `run` returned that.
    """
    open_streams()
    if not sys.warnoptions:
        # Of libraries: a line on stderr is an error of ours, and says what to do.
        warnings.simplefilter("ignore")
    try:
        _refuse_little_memory()
        code = run()
        sys.stdout.flush()
    except BaseException as error:
        code, text = _explained(error)
        if text:
            print(f"{name}: {one_line(text)}", file=sys.stderr)
        if code == INTERRUPTED:
            # Whoever reads may have stopped to, and what is left would be waited for.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _let_go_of_stdout()
    return code if isinstance(code, int) else OK


def one_line(text: str) -> str:
    r"""The text on one line of bearable length, control characters written as `\x1b`."""
    half = _MOST_CHARACTERS // 2
    if len(text) > _MOST_CHARACTERS:
        text = f"{text[:half]} ... {text[-half:]}"
    return printable(text)


def _explained(error: BaseException) -> tuple[int, str]:
    """The exit code that an error means, and what is to be said of it."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, "interrupted"
    if isinstance(error, SystemExit):
        # Libraries end a program so, with codes of their own.
        known = error.code is None or error.code in (OK, USAGE, INTERRUPTED)
        code = (error.code or OK) if known else USAGE
        return int(code), error.code if isinstance(error.code, str) else ""
    if isinstance(error, UsageError):
        return USAGE, str(error)
    if os.environ.get(VARIABLE):
        traceback.print_exception(error)
    return USAGE, _unforeseen(error)


def _unforeseen(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return _NO_MEMORY.decode().strip()
    if isinstance(error, RecursionError):
        return "what was read is nested too deeply: name another file"
    if isinstance(error, ImportError):
        # What a library says of itself then fills pages.
        what = " ".join(str(error).split())[:_MOST_OF_A_LIBRARY]
        return f"a library cannot be loaded ({what}): install it anew, or free some memory"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        hint = _HINTS.get(error.errno or 0, "check that it is there and permitted")
        return f"{where}{error.strerror or error}: {hint}"
    said = " ".join(str(error).split())
    return (
        f"unforeseen, so nothing was decided: {type(error).__name__}{': ' if said else ''}{said}: "
        f"{VARIABLE}=1 before the command shows where; please report it"
    )


# Kept as long as the process lives.
_ACCIDENT = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: os._exit(USAGE))


def _refuse_little_memory() -> None:
    """Refuse an address space in which libraries end the process, or never end themselves.

    OpenBLAS calls exit(3) where it is refused memory, and another version of it tries for ever.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST_BYTES:
        raise UsageError(
            f"RLIMIT_AS allows {limit / 2**20:.0f} MiB, and the analysis wants "
            f"{LEAST_BYTES / 2**20:.0f}: raise it (ulimit -v)"
        )


def _let_no_library_end_us() -> None:
    """Make an exit(3) that a library calls, as OpenBLAS does for want of memory, mean USAGE.

    It would mean whatever the library likes: that one's is 1. This program ends by _exit(2).
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).__cxa_atexit(_ACCIDENT, None, None)


class _Unheard(io.FileIO):
    """A stream whose reader may go: what is written after that is lost, which is no error."""

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write; to a reader that has gone as if it had read."""
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)


class _Unheeded(io.FileIO):
    """Stderr: nothing that happens to it changes what a program does."""

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write, or lose it."""
        try:
            return super().write(data)
        except OSError:
            return len(data)


def open_streams() -> None:
    """Open what is closed of stdin, stdout and stderr, and let readers of the latter two go.

    A closed one would be the number of the next file that is opened, for instance of a record.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(_Unheard(1, "w", closefd=False), sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(_Unheeded(2, "w", closefd=False), sys.stderr)


def _text(raw: io.FileIO, before: TextIO | None) -> TextIO:
    encoding = before.encoding if before is not None else "utf-8"
    at_once = raw.isatty() or raw.fileno() == 2
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding, errors="backslashreplace", line_buffering=at_once
    )


def _let_go_of_stdout() -> None:
    """Lose what stdout does not take; else Python tries again, and ends with a code of its own."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
