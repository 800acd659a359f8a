# SPDX-License-Identifier: MIT
"""A kernel to boot: its image, the release it says it is, its modules and configuration."""

import os
import platform
import struct
from pathlib import Path
from typing import Self

import msgspec

from ...error import BenchError
from ...regular_file import opened

# Offsets in the boot protocol's header: Documentation/arch/x86/boot.rst.
_MAGIC, _VERSION = 0x202, 0x20E


class Kernel(msgspec.Struct, frozen=True):
    """What is booted; `modules` is its lib/modules/<release> where there is one."""

    image: Path
    release: str
    modules: Path | None = None
    config: Path | None = None

    @classmethod
    def at(cls, image: Path, modules: Path | None = None) -> Self:
        """Look at an image and find what belongs to it.

        Args:
            image: A bzImage, as in /boot/vmlinuz-*.
            modules: The kernel's modules: lib/modules/<release>, or a folder that holds it.
                Without it they are looked for as a package lays them out, beside `boot`.

        Raises:
            BenchError: No kernel image, or modules of another kernel.
        """
        if platform.machine() != "x86_64":
            raise BenchError(
                f"guests need an x86_64 machine, and this one is {platform.machine()}: use another"
            )
        release = _release(image)
        config = image.with_name(f"config-{release}")
        return cls(
            image=image,
            release=release,
            modules=_given(modules, image, release) if modules else _beside(image, release),
            config=config if config.is_file() else None,
        )


def _release(image: Path) -> str:
    advice = "give a bzImage, or fetch one with `python -m bench kernel get debian:6.1`"
    try:
        with opened(image, advice) as stream:
            head = stream.read(0x10000)
    except OSError as error:
        raise BenchError(f"cannot read the kernel {image}: {error.strerror}: {advice}") from None
    if head[_MAGIC : _MAGIC + 4] != b"HdrS" or len(head) < _VERSION + 2:
        raise BenchError(f"{image} is no bzImage: name the file that a boot loader would load")
    (pointer,) = struct.unpack_from("<H", head, _VERSION)
    text = head[pointer + 0x200 :].split(b"\0", 1)[0].split(b" ", 1)[0]
    return text.decode("ascii", errors="replace")


def _given(folder: Path, image: Path, release: str) -> Path:
    for candidate in (folder, folder / release, folder / "lib" / "modules" / release):
        if candidate.name == release and candidate.is_dir():
            return Path(os.path.abspath(candidate))  # noqa: PTH100 - resolve() would follow links
    raise BenchError(
        f"{folder} has no modules for {image}, which is {release}: name lib/modules/{release}"
    )


def _beside(image: Path, release: str) -> Path | None:
    root = image.parent.parent
    candidates = (root / "lib/modules" / release, root / "usr/lib/modules" / release)
    return next((candidate for candidate in candidates if candidate.is_dir()), None)
