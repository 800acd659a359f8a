# SPDX-License-Identifier: MIT
"""Kernels of Debian, fetched once into a cache: by apt, from the mirror that this machine uses.

apt gets a state of its own, so that the system's package lists stay as they are, and checks what
comes against Debian's own keys.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ...error import BenchError, unknown

# Where each series lives; security updates come from the machine's own mirror of them.
SUITES = {"6.1": ("bookworm", "bookworm-security"), "6.12": ("bookworm-backports",)}
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_PREFIX = "debian:"
# What a machine's own apt may call the suites that live on a mirror of Debian.
_MAIN = re.compile(r"bullseye|bookworm|trixie|forky|duke|sid|(old){0,2}stable|testing|unstable")
_TIMEOUT_S = 1800


class Fetched(msgspec.Struct, frozen=True):
    """A kernel in the cache."""

    name: str
    image: Path

    @property
    def release(self) -> str:
        """What the kernel calls itself."""
        return self.image.name.removeprefix("vmlinuz-")

    @property
    def headers(self) -> Path:
        """What a module for it is built with."""
        return self.image.parents[1] / "usr/src" / f"linux-headers-{self.release}"


def cache() -> Path:
    """Return the folder that holds fetched kernels."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "secretmem-bench" / "kernels"


def names() -> list[str]:
    """Return the names of the kernels that can be fetched."""
    return [f"{_PREFIX}{series}" for series in SUITES]


def fetched() -> list[Fetched]:
    """Return the kernels in the cache."""
    found = (_fetched(name) for name in names())
    return [kernel for kernel in found if kernel is not None]


def image(name: str) -> Path:
    """Return the image that a name or a path means.

    Raises:
        BenchError: A kernel of Debian that has not been fetched, or is not known.
    """
    if not name.startswith(_PREFIX):
        return Path(name)
    if name not in names():
        raise unknown("kernel", name, names())
    kernel = _fetched(name)
    if kernel is None:
        raise BenchError(
            f"{name} has not been fetched: fetch it with `python -m bench kernel get {name}` "
            "(70 MB or more)"
        )
    return kernel.image


def get(name: str) -> Fetched:
    """Fetch a kernel, unless it is in the cache.

    Raises:
        BenchError: No such kernel, no mirror, or apt refuses what comes.
    """
    if name not in names():
        raise unknown("kernel", name, names())
    cache().mkdir(parents=True, exist_ok=True)
    with _locked(cache() / "lock"):
        if (known := _fetched(name)) is not None:
            return known
        # Of one that was killed; whoever fetches holds the lock.
        for left in cache().glob("fetching-*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=cache(), prefix="fetching-") as folder:
            _download(name.removeprefix(_PREFIX), Path(folder))
            _unpack(Path(folder), _folder(name))
    kernel = _fetched(name)
    if kernel is None:
        raise BenchError(f"the package of {name} holds no image: remove {_folder(name)}, try again")
    return kernel


def _folder(name: str) -> Path:
    return cache() / name.replace(":", "-")


def _fetched(name: str) -> Fetched | None:
    found = [Fetched(name, image) for image in sorted(_folder(name).glob("boot/vmlinuz-*"))]
    return next((kernel for kernel in reversed(found) if kernel.headers.is_dir()), None)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _download(series: str, folder: Path) -> None:
    """Fetch the image, and the headers that a module for it is built with."""
    config = _private(series, folder)
    _apt(config, folder, "apt-get", "update", "-qq")
    listing = _apt(config, folder, "apt-cache", "show", "linux-image-amd64")
    package = _newest(listing, series)
    if package is None:
        raise BenchError(
            f"this machine's mirror has no linux-image-amd64 of Linux {series}: fetch another "
            "kernel, or name an image with --kernel"
        )
    headers = package.replace("linux-image-", "linux-headers-")
    needed = _apt(config, folder, "apt-cache", "show", headers)
    parts = re.findall(r"\blinux-(?:headers-\S+-common|kbuild-[^\s,]+)", needed)
    _apt(config, folder, "apt-get", "download", "-qq", package, headers, *sorted(set(parts)))


def _newest(listing: str, series: str) -> str | None:
    """The image's package in the newest stanza of the series; apt-cache puts it first."""
    for stanza in listing.split("\n\n"):
        version = re.search(r"^Version: (\S+)", stanza, re.MULTILINE)
        package = re.search(r"^Depends: (linux-image-\S+)", stanza, re.MULTILINE)
        if version and package and version[1].startswith(f"{series}."):
            return package[1]
    return None


def _private(series: str, folder: Path) -> Path:
    """Write the configuration of an apt that has nothing in common with the system's but mirrors.

    Hooks after an update are the system's business: they are cleared.
    """
    sources = folder / "private.list"
    sources.write_text("".join(f"{line}\n" for line in _sources(series)))
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "state/status").touch()
    config = folder / "private.conf"
    config.write_text(
        f'Dir::State "{folder}/state";\n'
        f'Dir::State::status "{folder}/state/status";\n'
        f'Dir::Cache "{folder}/cache";\n'
        f'Dir::Etc::SourceList "{sources}";\n'
        'Dir::Etc::SourceParts "/dev/null";\n'
        'Dir::Etc::Preferences "/dev/null";\n'
        'Dir::Etc::PreferencesParts "/dev/null";\n'
        'APT::Sandbox::User "root";\n'
        'APT::Architecture "amd64";\n'
        'Acquire::Languages "none";\n'
        "#clear APT::Update;\n"
    )
    return config


def _sources(series: str) -> Iterator[str]:
    if not KEYRING.is_file():
        raise BenchError(f"no {KEYRING} to check packages with: apt-get install {KEYRING.stem}")
    mirrors = dict(_mirrors())
    main = next((uri for suite, uri in mirrors.items() if _MAIN.fullmatch(suite)), None)
    if main is None:
        raise BenchError(
            "this machine's apt knows no mirror of Debian: unpack a linux-image package by hand "
            "(dpkg-deb -x) and name its image with --kernel"
        )
    security = next((uri for suite, uri in mirrors.items() if suite.endswith("-security")), None)
    for suite in SUITES[series]:
        uri = security if suite.endswith("-security") else main
        if uri is not None:
            yield f"deb [arch=amd64 signed-by={KEYRING}] {uri} {suite} main"


def _mirrors() -> Iterator[tuple[str, str]]:
    """Suite and URI of each source that this machine's apt has."""
    fields = "$(COMPONENT) $(RELEASE) $(REPO_URI)"
    command = ["apt-get", "indextargets", "--no-release-info", "--format", fields]
    for line in _run([*command, "Created-By: Packages"]).splitlines():
        component, suite, uri = line.split(" ", 2)
        if component == "main":
            yield suite.partition("/")[0] + ("-security" if suite.endswith("/updates") else ""), uri


def _apt(config: Path, folder: Path, program: str, *words: str) -> str:
    return _run([program, "-c", str(config), *words], folder)


def _run(command: list[str], folder: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, text=True, cwd=folder, timeout=_TIMEOUT_S,
            env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise BenchError(
            f"cannot run {command[0]} ({error.strerror}): kernels are fetched on Debian and its "
            "kin; elsewhere name an image with --kernel"
        ) from None
    except subprocess.TimeoutExpired:
        raise BenchError(
            f"{command[0]} did not end within {_TIMEOUT_S} s: run it by hand to see why"
        ) from None
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in said if line.startswith("E:")] or said or ["no reason given"]
        raise BenchError(f"{command[0]} {_verb(command)} failed: {errors[0]}: check the network")
    return done.stdout


def _verb(command: list[str]) -> str:
    verbs = {"update", "show", "download", "indextargets", "-x"}
    return next((word for word in command if word in verbs), "")


def _unpack(folder: Path, target: Path) -> None:
    """Unpack beside the target, then rename: a kernel is in the cache whole or not at all."""
    unpacked = folder / "unpacked"
    for package in sorted(folder.glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(unpacked)])
    shutil.rmtree(target, ignore_errors=True)
    unpacked.rename(target)
