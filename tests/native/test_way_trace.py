# SPDX-License-Identifier: MIT
"""What the ways in leave behind, which is nothing, and what they say where they cannot be tried."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import sandbox
from .command import run, values

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="most ways need root to be tried")

KSM = Path("/sys/kernel/mm/ksm")
PATTERN = Path("/proc/sys/kernel/core_pattern")
INTRUSIVE = ["core-dump", "direct-out", "swap", "pageout", "ksm", "ptrace-inject", "fork"]


def state_of_the_machine() -> dict[str, object]:
    places = [Path(place) for place in ("/var/tmp", "/tmp", "/root", ".")]  # noqa: S108
    groups = [Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory")]
    settings = [PATTERN, *(KSM / name for name in ("run", "pages_to_scan", "smart_scan"))]
    return {
        "swaps": Path("/proc/swaps").read_text().count("zram"),
        "devices": sorted(path.name for path in Path("/sys/block").glob("zram*")),
        "groups": [str(path) for group in groups for path in group.glob("secretmem-*")],
        "files": [str(path) for place in places for path in place.glob("secretmem-*")],
        "cores": [str(path) for path in Path().glob("core*")],
        "settings": {path.name: path.read_text() for path in settings if path.exists()},
    }


def processes() -> set[str]:
    """Return processes of the core, zombies too."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        if text.startswith("Name:\tcore\n"):
            found.add(status.parent.name)
    return found


def settled(before: dict[str, object], processes_before: set[str]) -> bool:
    """Whether all is as it was, at the latest after some seconds."""
    for _ in range(500):
        if state_of_the_machine() == before and not processes() - processes_before:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("way", INTRUSIVE)
def test_a_way_leaves_nothing_behind(core: Path, way: str) -> None:
    before, processes_before = state_of_the_machine(), processes()
    done = sandbox.call(core, f"way-{way}", "secret", "--control", "anon", "--seed", "1")
    assert done.returncode in {0, 77}, done.stderr
    # At once: a run does not end before all is put back.
    assert state_of_the_machine() == before
    assert settled(before, processes_before)


def test_a_way_that_is_killed_leaves_nothing_behind(core: Path) -> None:
    before, processes_before = state_of_the_machine(), processes()
    for _ in range(50):
        process = subprocess.Popen(
            [str(core), "run", "way-swap", "secret", "--control", "memfd"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
        while process.poll() is None and state_of_the_machine()["swaps"] == before["swaps"]:
            pass
        in_the_middle = process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if in_the_middle:
            break
    assert in_the_middle
    assert settled(before, processes_before), state_of_the_machine()


@pytest.fixture
def piped_cores() -> Iterator[str]:
    """Core files go to a program, as on most distributions."""
    before = PATTERN.read_text().strip()
    try:
        PATTERN.write_text("|/bin/false")
    except OSError:
        pytest.skip("this machine has a core_pattern that cannot be written")
    yield "|/bin/false"
    PATTERN.write_text(before)


def test_core_files_are_piped_again_after_one_was_looked_at(core: Path, piped_cores: str) -> None:
    lines = run(core, "way-core-dump", "anon", "--control", "memfd")
    assert values(lines, "treatment") == [1]
    assert PATTERN.read_text().strip() == piped_cores


@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS])
@pytest.mark.parametrize(
    ("way", "number"),
    [
        ("process-vm-readv", sandbox.PROCESS_VM_READV),
        ("ptrace-peek", sandbox.PTRACE),
        ("gcore", sandbox.PTRACE),
        ("io-uring", sandbox.IO_URING_SETUP),
        ("userfaultfd", sandbox.USERFAULTFD),
    ],
)
def test_what_a_sandbox_forbids_is_not_tried_rather_than_closed(
    core: Path, way: str, number: int, error: int
) -> None:
    before = sandbox.without_call(number, error)
    done = sandbox.call(core, f"way-{way}", "secret", "--control", "memfd", before=before)
    assert done.returncode == 77
    assert done.stderr.startswith("not tried: refused on memfd too"), done.stderr
    assert errno.errorcode[error] in done.stderr


@pytest.mark.parametrize(
    ("cover", "way", "words"),
    [
        ("-t tmpfs none /sys/class", "swap", "needs root and zram"),
        ("-t tmpfs none /sys/class", "pageout", "needs root and zram"),
        ("-t tmpfs none /sys/fs/cgroup", "swap", "needs root and the memory controller"),
        ("-t tmpfs none /sys/kernel/mm", "ksm", "CONFIG_KSM"),
    ],
)
def test_what_the_machine_lacks_is_said(core: Path, cover: str, way: str, words: str) -> None:
    done = sandbox.call_with_covered(core, [cover], f"way-{way}", "anon", "--control", "anon")
    assert done.returncode == 77, done.stderr
    assert done.stderr.startswith("not tried: ")
    assert words in done.stderr


def test_without_a_disk_direct_transfers_are_not_tried(core: Path) -> None:
    covers = [f"-t tmpfs none {place}" for place in ("/var/tmp", "/tmp", "/root")]  # noqa: S108
    done = sandbox.call_with_covered(core, covers, "way-direct-out", "anon", "--control", "anon")
    assert done.returncode == 77, done.stderr
    assert "mount a disk" in done.stderr


def test_a_hard_limit_of_core_files_is_said(core: Path) -> None:
    import resource  # noqa: PLC0415 - named as the way is

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    done = sandbox.call(core, "way-core-dump", "anon", "--control", "anon", before=limit)
    assert done.returncode == 77
    assert "ulimit -Hc" in done.stderr


def test_a_core_that_was_started_in_the_background_tries_core_files_all_the_same(
    core: Path,
) -> None:
    """A shell ignores SIGQUIT for it (POSIX, 2.11), and a careless parent SIGCHLD."""

    def ignore() -> None:
        signal.signal(signal.SIGQUIT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    done = sandbox.call(core, "way-core-dump", "anon", "--control", "anon", before=ignore)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert values(lines, "treatment") == [1]


@pytest.fixture
def public_core(core: Path) -> Iterator[Path]:
    """Give a copy of the core that any user may run, without core-dynamic beside it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    shutil.copy(core, folder / "core")
    yield folder / "core"
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("swap", "needs root"),
        ("ksm", "needs root"),
        ("direct-map-bpf", "needs root"),
        ("bpf-probe-read-user", "needs root"),
        ("map-files", "run as root"),
    ],
)
def test_what_an_ordinary_user_may_not_try_is_said(public_core: Path, way: str, words: str) -> None:
    arguments = (f"way-{way}", "secret", "--control", "memfd")
    done = sandbox.call(public_core, *arguments, before=sandbox.nobody)
    assert done.returncode == 77, done.stderr
    assert "not tried: " in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize(("mode", "value"), [("memfd", 1), ("secret", 0)])
def test_an_ordinary_user_tries_it_on_processes_of_his_own(
    public_core: Path, mode: str, value: int
) -> None:
    arguments = ("way-process-vm-readv", mode, "--control", "memfd")
    done = sandbox.call(public_core, *arguments, before=sandbox.nobody)
    assert done.returncode == 0, done.stderr
    assert f'"arm": "treatment", "values": [{value}]' in done.stdout


@pytest.mark.parametrize("mode", ["sodium", "openssl-secure", "encrypted-at-rest"])
def test_the_static_core_alone_says_what_a_library_needs(public_core: Path, mode: str) -> None:
    done = sandbox.call(public_core, "secret-use", mode)
    assert done.returncode == 77
    assert "core-dynamic beside it" in done.stderr


def test_a_library_that_is_not_installed_is_said_with_its_package(core: Path) -> None:
    (library,) = [
        line.split()[-1]
        for line in Path("/proc/self/maps").read_text().splitlines()
        if "libc.so" in line and "r-xp" in line
    ]
    sodium = sorted(Path(library).parent.glob("libsodium.so.*"))
    if not sodium:
        pytest.skip("libsodium is not installed: apt-get install libsodium23")
    covers = [f"--bind /dev/null {path.resolve()}" for path in sodium]
    done = sandbox.call_with_covered(core, covers[:1], "secret-use", "sodium")
    assert done.returncode == 77
    assert "apt-get install libsodium23" in done.stderr


@pytest.mark.parametrize(
    "mode", ["anon", "secret", "guarded", "sodium", "openssl-secure", "encrypted-at-rest"]
)
@pytest.mark.parametrize("metric", ["secret-use", "secret-lifecycle"])
def test_every_way_of_keeping_one_secret_can_be_timed(core: Path, metric: str, mode: str) -> None:
    lines = run(core, metric, mode, "--control", "memfd")
    assert min(values(lines, "treatment")) > 0
    assert min(values(lines, "control")) > 0


@pytest.mark.parametrize("metric", ["access-latency", "first-touch", "density", "bandwidth"])
def test_metrics_by_the_page_are_refused_to_what_keeps_single_secrets(
    core: Path, metric: str
) -> None:
    done = sandbox.call(core, metric, "sodium")
    assert done.returncode == 77
    assert "keeps single secrets" in done.stderr
