# SPDX-License-Identifier: MIT
"""The distribution's bcc, found on disk.

PyPI's package of that name is another one, and the real one is not on PyPI: it is taken from the
distribution's folder, whatever interpreter runs, and nothing else from there.
"""

import contextlib
import ctypes
import importlib.util
import os
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from ..environment.fact import Files
from ..environment.limit import capable
from ..error import BenchError

VARIABLE = "BENCH_BCC"
_INSTALL = "apt-get install python3-bpfcc (the bcc of PyPI is another package)"
_FOLDERS = ("usr/lib/python3/dist-packages", "usr/lib/python3*/site-packages")


class ProbeError(BenchError):
    """A probe lacks a package or a right; the text names it."""


def load() -> Any:  # noqa: ANN401 - bcc has no types
    """Return the module bcc.

    Raises:
        ProbeError: A right, the package or the kernel's headers are missing.
    """
    _demand_rights(Files())
    folder = _folder(os.environ.get(VARIABLE))
    _demand_headers(os.uname().release)
    if "bcc" not in sys.modules:
        sys.modules["bcc"] = _import(folder)
    return sys.modules["bcc"]


def build(module: Any, text: str, cflags: Iterable[str]) -> Any:  # noqa: ANN401
    """Compile a BPF program; it is removed when the returned object is cleaned up or we end.

    Args:
        module: What load() returned.
        text: The program, the same for every use: what varies goes in as cflags.
        cflags: Options of the compiler.

    Raises:
        ProbeError: It does not compile, or the kernel refuses it.
    """
    with held_output() as said:
        try:
            return module.BPF(text=text, cflags=list(cflags))
        except Exception as error:
            raise ProbeError(_reason(said, error)) from None


@contextlib.contextmanager
def held_output() -> Iterator[IO[str]]:
    """Keep what libraries write to stdout and stderr, past Python, in the file that is given."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        try:
            yield said
        finally:
            ctypes.CDLL(None).fflush(None)
            for number, copy in enumerate(kept, 1):
                os.dup2(copy, number)
                os.close(copy)


def _reason(said: IO[str], error: Exception) -> str:
    ctypes.CDLL(None).fflush(None)
    said.seek(0)
    lines = [line.strip() for line in said if line.strip()]
    wrong = next((line for line in lines if "error:" in line), None)
    if wrong:
        return (
            f"bcc cannot compile the probe: {wrong}: install headers nearer to this kernel "
            f"({os.uname().release})"
        )
    words = lines[-1] if lines else str(error)
    return f"the kernel refused the probe: {words}: it is locked down, or lacks that kind of probe"


def _demand_rights(files: Files) -> None:
    own = capable(files, "sys_admin") or (capable(files, "bpf") and capable(files, "perfmon"))
    if not own:
        raise ProbeError("no right to load BPF: run as root, or with CAP_BPF and CAP_PERFMON")


def _folder(given: str | None) -> Path:
    usual = (folder for pattern in _FOLDERS for folder in Path("/").glob(pattern))
    for folder in [Path(given)] if given else usual:
        if (folder / "bcc" / "__init__.py").is_file():
            return folder / "bcc"
    where = f" in {given}" if given else ""
    raise ProbeError(f"no bcc{where}: {_INSTALL}")


def _demand_headers(release: str) -> None:
    sources = [f"/lib/modules/{release}/build", "/sys/kernel/kheaders.tar.xz"]
    if os.environ.get("BCC_KERNEL_SOURCE") or any(Path(source).exists() for source in sources):
        return
    raise ProbeError(
        f"no kernel headers: apt-get install linux-headers-{release}; or link build and source "
        f"in /lib/modules/{release} to those of another kernel"
    )


def _import(folder: Path) -> Any:  # noqa: ANN401
    spec = importlib.util.spec_from_file_location(
        "bcc", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None  # noqa: S101 - the file is there
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules["bcc"] = module
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            spec.loader.exec_module(module)
        if hasattr(module, "BPF"):
            return module
    except Exception as error:
        raise ProbeError(f"bcc cannot be imported ({error}): {_INSTALL}") from None
    finally:
        del sys.modules["bcc"]
    raise ProbeError(f"{folder} is another bcc, which knows no BPF: {_INSTALL}")
