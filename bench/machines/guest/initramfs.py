# SPDX-License-Identifier: MIT
"""What a guest boots into: the static core as its first process, and modules to load."""

import gzip
import lzma
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BufferedIOBase, BufferedReader
from pathlib import Path

from ...error import BenchError
from ...regular_file import opened

INIT, CORE, MODULES = "guest", "core", "modules"
_MODULE = re.compile(r"(.+)\.ko(?:\.(gz|xz|zst))?")
_ELF_INTERPRETER = 3
# Ten times the largest of Debian's kernels.
_MODULE_BYTES = 128 * 2**20


def build(core: Path, modules: Sequence[tuple[str, bytes]], files: Mapping[str, Path]) -> bytes:
    """Return an initramfs.

    Args:
        core: A static native core.
        modules: Name and content, in the order in which they are loaded.
        files: Path in the guest (without its first slash) -> file here.

    Raises:
        BenchError: The core is not static.
    """
    _refuse_dynamic(core)
    found = {CORE: core.read_bytes()}
    found |= {f"{MODULES}/{at:03}-{name}": data for at, (name, data) in enumerate(modules)}
    found |= {path: source.read_bytes() for path, source in files.items()}
    folders = {str(parent) for path in found for parent in Path(path).parents} - {"."}
    entries = [(folder, 0o040755, b"") for folder in sorted(folders)]
    entries += [(path, 0o100755, data) for path, data in found.items()]
    entries.append((INIT, 0o120777, f"/{CORE}".encode()))
    return _archive(entries)


def modules(folder: Path | None, names: Sequence[str], files: Sequence[Path]) -> list[Path]:
    """Return the modules to load, each after those that it depends on.

    Args:
        folder: lib/modules/<release> of the kernel; None if there is none.
        names: Modules of it that are loaded if it has them.
        files: Modules that are loaded besides.

    Raises:
        BenchError: A file cannot be read, or depends on a module that is not there.
    """
    known = {} if folder is None else _known(folder)
    builtin = set() if folder is None else _builtin(folder)
    known |= {_name(file): file for file in files}
    ordered: dict[str, Path] = {}
    wanted = [*(name for name in names if name in known), *map(_name, files)]
    for name in wanted:
        for needed in _with_dependencies(name, known, builtin):
            ordered.setdefault(needed, known[needed])
    return list(ordered.values())


def content(path: Path) -> bytes:
    """Return a module as it is loaded, uncompressed.

    Raises:
        BenchError: It cannot be read.
    """
    try:
        with opened(path, "name a .ko file") as raw, _unpacked(path, raw) as stream:
            data = stream.read(_MODULE_BYTES + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise BenchError(f"cannot read the module {path}: {error}: name a .ko file") from None
    if len(data) > _MODULE_BYTES:
        raise BenchError(f"{path} is larger than any kernel module: name a .ko file")
    if data[:4] != b"\x7fELF":
        raise BenchError(
            f"{path} is not a kernel module, or zstd compressed it: unpack it with unzstd"
        )
    return data


def _unpacked(path: Path, raw: BufferedReader) -> BufferedIOBase:
    if path.suffix == ".gz":
        return gzip.open(raw)
    return lzma.open(raw) if path.suffix == ".xz" else raw


def release_of(data: bytes) -> str:
    """Return the kernel release that a module was built for; empty if it does not say."""
    return _info(data, b"vermagic").partition(" ")[0]


def _with_dependencies(name: str, known: Mapping[str, Path], builtin: set[str]) -> Iterator[str]:
    for needed in filter(None, _info(content(known[name]), b"depends").split(",")):
        plain = needed.replace("-", "_")
        if plain in known:
            yield from _with_dependencies(plain, known, builtin)
        elif plain not in builtin:
            raise BenchError(
                f"module {name} depends on {needed}, which is not there: give --modules DIR, "
                "the kernel's lib/modules/<release>"
            )
    yield name


def _known(folder: Path) -> dict[str, Path]:
    found = (path for path in folder.rglob("*.ko*") if _MODULE.fullmatch(path.name))
    return {_name(path): path for path in found}


def _builtin(folder: Path) -> set[str]:
    listing = folder / "modules.builtin"
    lines = listing.read_text().splitlines() if listing.is_file() else []
    return {_name(Path(line)) for line in lines}


def _name(path: Path) -> str:
    match = _MODULE.fullmatch(path.name)
    if match is None:
        raise BenchError(f"{path} is not a kernel module: name a .ko file")
    return match[1].replace("-", "_")


def _info(data: bytes, key: bytes) -> str:
    match = re.search(rb"\0" + key + rb"=([^\0]*)\0", data)
    return match[1].decode(errors="replace") if match else ""


def _refuse_dynamic(core: Path) -> None:
    with core.open("rb") as stream:
        head = stream.read(64)
        if head[:5] != b"\x7fELF\x02":
            raise BenchError(f"{core} is no 64-bit ELF file: build it with `make -C bench/native`")
        (start,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        stream.seek(start)
        table = stream.read(size * count)
    kinds = [struct.unpack_from("<I", table, at)[0] for at in range(0, len(table), size)]
    if _ELF_INTERPRETER in kinds:
        raise BenchError(
            f"{core} is linked dynamically, and a guest has no libraries: install the static C "
            "library (Debian: libc6-dev, Fedora: glibc-static) and build it anew"
        )


def _archive(entries: Sequence[tuple[str, int, bytes]]) -> bytes:
    """The format "newc" of cpio(5), which the kernel unpacks."""
    archive = bytearray()
    for number, (path, mode, data) in enumerate([*entries, ("TRAILER!!!", 0, b"")], 1):
        name = path.encode() + b"\0"
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        archive += b"070701" + b"".join(b"%08x" % field for field in fields) + name
        archive += b"\0" * (-len(archive) % 4) + data
        archive += b"\0" * (-len(archive) % 4)
    return bytes(archive)
