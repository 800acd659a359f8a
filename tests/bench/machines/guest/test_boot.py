# SPDX-License-Identifier: MIT
"""What a guest is booted with: images, modules, the core; nothing here boots."""

import gzip
import lzma
from pathlib import Path

import pytest

from bench.error import BenchError
from bench.machines.guest import debian, initramfs
from bench.machines.guest.guest import Boot, Guest
from bench.machines.guest.kernel_image import Kernel


def module(folder: Path, name: str, depends: str = "", release: str = "6.1.0") -> Path:
    """A file that says of itself what a module says."""
    path = folder / name
    data = b"\x7fELF\0depends=%b\0vermagic=%b SMP\0" % (depends.encode(), release.encode())
    if path.suffix == ".xz":
        data = lzma.compress(data)
    elif path.suffix == ".gz":
        data = gzip.compress(data)
    path.write_bytes(data)
    return path


def test_modules_are_loaded_after_those_that_they_depend_on(tmp_path: Path) -> None:
    module(tmp_path, "top.ko", "left-side,right")
    module(tmp_path, "left_side.ko.xz", "bottom")
    module(tmp_path, "right.ko.gz", "bottom,builtin")
    module(tmp_path, "bottom.ko")
    module(tmp_path, "stranger.ko")
    (tmp_path / "modules.builtin").write_text("kernel/lib/builtin.ko\n")
    ours = module(tmp_path.parent, "ours.ko", "top")
    found = initramfs.modules(tmp_path, ["absent"], [ours])
    names = [path.name for path in found]
    assert names == ["bottom.ko", "left_side.ko.xz", "right.ko.gz", "top.ko", "ours.ko"]


def test_a_dependency_that_is_not_there_is_named(tmp_path: Path) -> None:
    ours = module(tmp_path, "ours.ko", "lost")
    with pytest.raises(BenchError, match="ours depends on lost, which is not there: give --modul"):
        initramfs.modules(None, [], [ours])


@pytest.mark.parametrize("name", ["text.ko", "text.ko.xz", "none.ko", "text.txt"])
def test_what_is_no_module_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.ko").write_text("text")
    (tmp_path / "text.ko.xz").write_text("text")
    with pytest.raises(BenchError, match=rf"{name}"):
        initramfs.modules(None, [], [tmp_path / name])


def test_a_module_of_another_kernel_is_refused(
    old_kernel: Kernel, core: Path, tmp_path: Path
) -> None:
    ours = module(tmp_path, "ours.ko", release="6.18.1")
    with pytest.raises(BenchError, match=f"built for 6.18.1, the image is {old_kernel.release}"):
        Guest(Boot(old_kernel, core, insmod=(ours,)))


def test_a_core_that_needs_libraries_is_refused(old_kernel: Kernel) -> None:
    with pytest.raises(BenchError, match="linked dynamically, and a guest has no libraries"):
        Guest(Boot(old_kernel, Path("/bin/true")))


def test_an_image_tells_its_release_and_where_its_modules_are(old_kernel: Kernel) -> None:
    assert old_kernel.image.name == f"vmlinuz-{old_kernel.release}"
    assert old_kernel.modules is not None
    assert (old_kernel.modules / "kernel").is_dir()
    assert old_kernel.config is not None
    given = Kernel.at(old_kernel.image, old_kernel.modules.parents[2])
    assert given.modules == old_kernel.modules


def test_an_image_without_matching_modules_is_refused(old_kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "lib/modules/5.14.0").mkdir(parents=True)
    with pytest.raises(BenchError, match=f"no modules for .*, which is {old_kernel.release}: name"):
        Kernel.at(old_kernel.image, tmp_path)


@pytest.mark.parametrize(("content", "said"), [("text", "is no bzImage"), (None, "cannot read")])
def test_what_is_no_kernel_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    image = tmp_path / "vmlinuz"
    if content is not None:
        image.write_text(content)
    with pytest.raises(BenchError, match=said):
        Kernel.at(image)


LISTING = """Package: linux-image-amd64
Version: 6.12.95-1~bpo12+1
Depends: linux-image-6.12.95+deb12-amd64 (= 6.12.95-1~bpo12+1)

Package: linux-image-amd64
Version: 6.1.192-2
Depends: linux-image-6.1.0-56-amd64 (= 6.1.192-2)

Package: linux-image-amd64
Version: 6.1.176-1
Depends: linux-image-6.1.0-50-amd64 (= 6.1.176-1)
"""


@pytest.mark.parametrize(
    ("series", "package"),
    [
        ("6.1", "linux-image-6.1.0-56-amd64"),
        ("6.12", "linux-image-6.12.95+deb12-amd64"),
        ("6.18", None),
    ],
)
def test_the_newest_image_of_a_series_is_taken(series: str, package: str | None) -> None:
    assert debian._newest(LISTING, series) == package


def test_apt_gets_a_state_of_its_own_and_no_hook(old_kernel: Kernel, tmp_path: Path) -> None:
    assert old_kernel.release.startswith("6.1.")
    config = debian._private("6.12", tmp_path)
    shown = debian._run(["apt-config", "-c", str(config), "dump"])
    assert f'Dir::State "{tmp_path}/state"' in shown
    assert f'Dir::Cache "{tmp_path}/cache"' in shown
    assert "APT::Update::" not in shown
    (line,) = (tmp_path / "private.list").read_text().splitlines()
    assert line.startswith(f"deb [arch=amd64 signed-by={debian.KEYRING}] ")
    assert line.endswith(" bookworm-backports main")


def test_where_apt_knows_no_debian_the_way_by_hand_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(debian, "_mirrors", lambda: iter([("jammy", "mirror")]))
    with pytest.raises(BenchError, match="by hand"):
        list(debian._sources("6.1"))
