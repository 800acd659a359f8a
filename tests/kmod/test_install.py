# SPDX-License-Identifier: MIT
"""The module by DKMS, into folders of the test's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

KMOD = Path(__file__).parents[2] / "bench/kmod"


def make(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "-C", str(KMOD), *words],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


def test_dkms_builds_and_installs_it_again_and_again(tmp_path: Path) -> None:
    if shutil.which("dkms") is None or os.geteuid():
        pytest.skip("dkms is not installed, or not for this user")
    headers = sorted(Path("/lib/modules").glob("*-amd64/build/include/generated"))
    if not headers:
        pytest.skip("no kernel's headers are installed")
    release = headers[-1].parts[3]
    trees = {name: tmp_path / name for name in ("dkmstree", "sourcetree", "installtree")}
    for tree in trees.values():
        tree.mkdir()
    (trees["installtree"] / release).mkdir()
    options = " ".join(f"--{name} {tree}" for name, tree in trees.items())
    for _ in range(2):
        done = make("kmod-install", f"RELEASE={release}", f"DKMS=dkms {options} --no-depmod")
        assert done.returncode == 0, done.stdout + done.stderr
        installed = list((trees["installtree"] / release).rglob("secretmem_wrap.ko*"))
        assert len(installed) == 1
        installed[0].unlink()


def test_dkms_and_the_module_say_the_same_version() -> None:
    said = re.search(r'MODULE_VERSION\("([^"]+)"\)', (KMOD / "secretmem_wrap.c").read_text())
    packaged = re.search(r'PACKAGE_VERSION="([^"]+)"', (KMOD / "dkms.conf").read_text())
    assert said
    assert packaged
    assert said[1] == packaged[1]


def test_without_headers_one_line_says_what_to_install() -> None:
    done = make("-s", "KDIR=/nonexistent")
    assert done.returncode == 2
    first = done.stderr.splitlines()[0]
    assert first.startswith("make: no kernel headers in /nonexistent: apt-get install linux-")
