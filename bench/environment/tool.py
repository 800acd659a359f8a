# SPDX-License-Identifier: MIT
"""Facts about the tools: pyperf's metadata, this project's commit, the core."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .. import __version__
from ..core import Catalogue, Core
from .fact import Fact, Files, Source

# pyperf's own names; it also knows a hostname and paths, which are not taken.
PYPERF = (
    "aslr", "boot_time", "cpu_config", "cpu_count", "cpu_freq", "cpu_model_name",
    "load_avg_1min", "perf_version", "platform", "python_implementation", "python_version",
    "runnable_threads", "uptime",
)  # fmt: skip
_PROJECT = Path(__file__).parents[2]


def metadata(_files: Files) -> Iterator[Fact]:
    """What pyperf records of a machine, under its own names."""
    import pyperf  # type: ignore[import-untyped]  # noqa: PLC0415 - `list` does not wait for it

    found = pyperf.Run([1.0]).get_metadata()
    for name in PYPERF:
        yield Fact(name, found.get(name))


def commit(_files: Files) -> Iterator[Fact]:
    """The commit of this project and whether tracked files differ from it."""
    head = _git("rev-parse", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    dirty = None if changed is None else bool(changed)
    yield Fact("commit", head)
    yield Fact(
        "commit_dirty",
        dirty,
        ok=not dirty,
        hint="the commit does not say what was measured: commit the changes first",
    )
    yield Fact("bench_version", __version__)


ENABLE = "boot with secretmem.enable=1 (Linux 5.14 or newer with CONFIG_SECRETMEM=y)"


def native(core: Core, catalogue: Catalogue) -> Iterator[Fact]:
    """The core that measures, and whether it can have secret memory here."""
    yield Fact("core_version", catalogue.core.version)
    with core.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    yield Fact("core_sha256", digest[:16])
    for mode in catalogue.modes:
        if mode.name == "secret":
            # The core tells a limit, a filter and a missing right apart, and says so behind ";".
            reason, _, hint = mode.reason.partition("; ")
            yield Fact(
                "secret_memory",
                "yes" if mode.supported else reason,
                ok=mode.supported,
                hint=hint or ENABLE,
            )
    yield from hardware_counters(core)


def hardware_counters(core: Core) -> Iterator[Fact]:
    """Whether TLB misses can be counted, in user mode and in the kernel."""
    pmu = core.pmu()
    if pmu is None:
        yield Fact("hardware_counters", None)
        return
    scopes = {"user": pmu.user, "kernel": pmu.kernel}
    found = " and ".join(name for name, scope in scopes.items() if scope.supported)
    missing = {scope.reason for scope in scopes.values() if not scope.supported}
    yield Fact(
        "hardware_counters",
        f"{found}, by events of {pmu.table}" if found else "none",
        ok=not missing,
        hint="; ".join(sorted(missing)) or "page walks are counted",
    )


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(_PROJECT), *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.decode().strip()


SOURCES: tuple[Source, ...] = (metadata, commit)
