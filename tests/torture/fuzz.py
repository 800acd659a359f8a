# SPDX-License-Identifier: MIT
"""One input made wrong, given to what reads it, within this process.

A function here tries one input of its kind, which follows from the dice alone: it says what came of
it, and raises `WrongError` where that should not have been.
"""

from __future__ import annotations

import functools
import gzip
import io
import lzma
import selectors
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from analysis.gate import baseline
from analysis.gate.policy import load_policy
from analysis.output.error import UsageError
from analysis.read.load import load
from analysis.secrecy import weight
from bench.campaign.history import read
from bench.campaign.resumption import left
from bench.campaign.runner import Runner
from bench.campaign.schedule import Schedule, Turn, states
from bench.core import Catalogue, Core, Finished
from bench.environment.change import changed
from bench.error import BenchError
from bench.machines.guest.guest import Boot, Guest
from bench.machines.guest.kernel_image import Kernel
from bench.machines.guest.qemu import GuestError, Qemu
from bench.machines.guest.serial_frame import Decoder
from bench.machines.running_kernel import RunningKernel
from bench.plans import plan
from bench.record.seal import sealed
from tests.analysis.command import inside

from . import material
from .mutation import mutated, resealed
from .tally import ALLOWED, complaint

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from bench.record.line import MetricInfo, Run


class WrongError(AssertionError):
    """Something that should not have come of an input; the text says what."""


def _changed(dice: random.Random, given: Sequence[bytes]) -> bytes:
    return mutated(dice, dice.choice(given), given)


def _record(dice: random.Random) -> tuple[bytes, bool]:
    """A record made wrong, and whether its checksums are right all the same."""
    data, seals = _changed(dice, material.records()), dice.random() < 0.6
    return (resealed(data) if seals else data), seals


def _verb(words: Sequence[str | Path], allowed: frozenset[int] = ALLOWED) -> str:
    """A verb of the analysis, which must end as it should."""
    done = inside(*words)
    if wrong := complaint(done.returncode, done.stderr, allowed):
        raise WrongError(f"{' '.join(map(str, words))}: {wrong}")
    return f"{words[0]} {done.returncode}"


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def records_read(dice: random.Random, folder: Path) -> str:
    """A record, read by both readers."""
    data, _ = _record(dice)
    path = _written(folder / "a.jsonl", data)
    return " and ".join((_refused_or(lambda: load([path])), _refused_or(lambda: _resumed(data))))


def _resumed(data: bytes) -> None:
    """What `bench run --resume` does with a record before anything is run."""
    history = read(io.BytesIO(data), Path("a.jsonl"))
    schedule = Schedule(states(history.campaign), history.campaign.seed)
    for run in history.runs:
        schedule.enter(run)
    left(history)
    changed(history.campaign.environment, history.campaign.environment)
    schedule.turn(1e9)


def records_packed(dice: random.Random, folder: Path) -> str:
    """A small packed record that unpacks to very much more."""
    data, _ = _record(dice)
    pack, suffix = dice.choice(((lzma.compress, "xz"), (gzip.compress, "gz")))
    row = dice.choice((b"\0", b"\n", b"{}\n", b"[", dice.choice(data.split(b"\n"))[:999] + b"\n"))
    # Parts that were packed one by one unpack to one whole.
    parts = [pack(row * (2**20 // len(row)))] * dice.choice((1, 30, 300, 3000))
    dice.choice((lambda: None, lambda: parts.insert(0, pack(data))))()
    path = _written(folder / f"a.jsonl.{suffix}", b"".join(parts))
    return _refused_or(lambda: load([path]))


VERBS = (
    ["summary"], ["summary", "--json"], ["compare"], ["compare", "--control", "anon"], ["noise"],
    ["values", "lock-limit/secret"], ["advise", "--secrets", "9", "--uses-per-second", "5"],
    ["baseline", "accept"],
)  # fmt: skip
SLOW_VERBS = (["report"], ["figures"], ["export", "--pyperf"], ["export", "--csv"], ["history"])


def records_through_verbs(dice: random.Random, folder: Path) -> str:
    """A record, through a verb of the analysis."""
    data, _ = _record(dice)
    path = _written(folder / "a.jsonl", data)
    words: list[str | Path] = [*dice.choice(VERBS)]
    if words[0] == "baseline":
        words += ["--store", folder / "store"]
    return _verb([*words, path])


def records_through_slow_verbs(dice: random.Random, folder: Path) -> str:
    """A record, through a verb that draws or writes."""
    data, _ = _record(dice)
    path = _written(folder / "a.jsonl", data)
    words: list[str | Path] = [*dice.choice(SLOW_VERBS)]
    if words[0] == "history":
        _written(folder / "b.jsonl", material.unchanged("2" * 16))
        return _verb([*words, folder])
    if words[0] == "export":
        words += [folder / "out"]
    else:
        words += ["-o", folder / "out"]
    return _verb([*words, path])


def gates(dice: random.Random, folder: Path) -> str:
    """A record whose checksums tell what was changed, judged beside the one that it was."""
    base = _written(folder / "a.jsonl", material.unchanged("0" * 16))
    other = material.unchanged("3" * 16)
    path = _written(folder / "b.jsonl", mutated(dice, other, [other]))
    words: list[str | Path] = ["gate", base, path]
    if dice.random() < 0.3:
        words.append(dice.choice(("--json", "--markdown", "--github")))
    return _verb(words)


def plans_read(dice: random.Random, folder: Path) -> str:
    """A plan, or the name of a cell."""
    catalogue = _catalogue()
    if dice.random() < 0.2:
        names = (b"access-latency/secret:memfd/len_bytes=16KiB,order=line-random", b"create/memfd")
        text = _changed(dice, names).decode(errors="replace")
        return _refused_or(lambda: plan.parse_cell(text, catalogue))
    path = _written(folder / "a.toml", _changed(dice, material.plans()))
    return _refused_or(lambda: plan.load(str(path), catalogue))


def _refused_or(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (BenchError, UsageError):
        return "refused"
    return "read"


def policies_read(dice: random.Random, folder: Path) -> str:
    """A policy; now and then a gate by it, of two records that are alike."""
    path = _written(folder / "policy.toml", _changed(dice, material.policies()))
    came_to = _refused_or(lambda: load_policy(path))
    if dice.random() < 0.1:
        pair = [
            _written(folder / f"{name}.jsonl", material.unchanged(name * 16)) for name in ("4", "5")
        ]
        return _verb(["gate", "--policy", path, *pair])
    return came_to


def weights_read(dice: random.Random, folder: Path) -> str:
    """Weights."""
    path = _written(folder / "weight.toml", _changed(dice, material.weights()))
    return _refused_or(lambda: weight.weights(path))


def baselines(dice: random.Random, folder: Path) -> str:
    """A store in which a file was changed, or to which such a record is added."""
    store, inner = folder / "store", folder / "store/class/fingerprint"
    inner.mkdir(parents=True)
    record, _ = _record(dice)
    path = _written(folder / "a.jsonl", record)
    if dice.random() < 0.5:
        _written(inner / "20260102T030405Z-a-b.jsonl", record)
        return _refused_or(lambda: baseline.stored(store))
    came_to = _refused_or(lambda: baseline.accept([path], store))
    outside = [each for each in folder.iterdir() if each not in (path, store)]
    if outside:
        raise WrongError(f"baseline accept wrote {outside[0].name} beside the store")
    return came_to


@functools.cache
def _catalogue() -> Catalogue:
    """What the real core offers; asked once."""
    return Core(material.CORE).catalogue()


class _Says:
    """An executor whose program prints what it is told to."""

    def __init__(self, finished: Finished) -> None:
        self._finished = finished

    def execute(self, _command: list[str], _timeout_s: float) -> Finished:
        return self._finished

    def kill(self) -> None:
        """Nothing runs."""


_CELLS = ("access-latency/anon/len_bytes=4KiB", "first-touch/memfd/pages=8", "lock-limit/memfd",
          "way-proc-mem/anon:anon")  # fmt: skip


def core_outputs(dice: random.Random, folder: Path) -> str:
    """What a core prints in a run; a run that is good must be one that a record can hold."""
    which = dice.randrange(len(_CELLS))
    outputs = material.outputs()
    stdout = mutated(dice, outputs[which], outputs)
    catalogue = _catalogue()
    cell = plan.parse_cell(_CELLS[which], catalogue)
    site = RunningKernel(Core(material.CORE))
    stderr = _changed(dice, (b"one\nlast words\n", b"\x1b[31mred\n"))
    site.executor = _Says(Finished(dice.choice((0, 0, 0, 0, 1, 77, -9)), stdout, stderr, 1.0))
    info: MetricInfo = catalogue.metric(cell.metric).info
    run = Runner(site, {cell.metric: info}).run(Turn(cell, 0, 1), 0)
    if run is None:
        raise WrongError("nobody asked to kill it")
    if run.status == "ok":
        _refuse_unread(run, catalogue, folder)
    elif not run.reason or not run.reason.isprintable():
        raise WrongError(f"no reason in words: {run.reason!r}")
    return run.status


def _refuse_unread(run: Run, catalogue: Catalogue, folder: Path) -> None:
    """A run that is called good must be read by the analysis."""
    first = msgspec.json.decode(material.records()[1].split(b"\n")[0])
    cell = {**first["cells"][0], "cell": run.cell, "metric": "m"}
    metric = msgspec.to_builtins(catalogue.metric(run.cell.partition("/")[0]).info)
    first |= {"cells": [cell], "metrics": {"m": metric}}
    del first["crc32"]
    rows = [sealed(msgspec.json.encode(line)) + b"\n" for line in (first, run)]
    path = _written(folder / "run.jsonl", b"".join(rows))
    try:
        load([path])
    except UsageError as error:
        raise WrongError(
            f"a run that bench calls good is no run for the analysis: {error}"
        ) from None


class _Prints(Core):
    """A core whose short verbs print what they are told to."""

    def __init__(self, stdout: bytes) -> None:
        super().__init__(material.CORE)
        self._stdout = stdout

    def execute(self, _command: list[str], _timeout_s: float) -> Finished:
        return Finished(0, self._stdout, b"", 0.0)


def catalogues(dice: random.Random, folder: Path) -> str:
    """What a core lists, and a plan that is made with it."""
    core = _Prints(_changed(dice, material.catalogues()))
    path = _written(folder / "a.toml", dice.choice(material.plans()))
    return _refused_or(lambda: plan.load(str(path), core.catalogue()))


class _FalseQemu(Qemu):
    """A guest that says what it is told to, and is then gone."""

    def __init__(self, said: bytes) -> None:
        ours, theirs = socket.socketpair()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
        theirs.sendall(said)
        theirs.close()
        self._port, self._decoder, self._console = ours, Decoder(), bytearray()
        self._selector = selectors.DefaultSelector()
        self._selector.register(ours, selectors.EVENT_READ)

    def kill(self) -> None:
        """No process is there."""

    def close(self) -> None:
        self._selector.close()
        self._port.close()


def guest_frames(dice: random.Random, folder: Path) -> str:
    """What a guest sends while it runs a program, or is asked for files."""
    guest = Guest.__new__(Guest)
    boot = Boot(Kernel(folder / "vmlinuz", "6.1.0"), material.CORE, kvm=False, limit_s=5)
    guest.__dict__.update(
        _boot=boot,
        kernel=boot.kernel,
        kvm=False,
        boots=1,
        first_boot=0,
        sentences=[],
        _killed=False,
    )
    guest._qemu = _FalseQemu(_changed(dice, material.frames()))
    try:
        if dice.random() < 0.5:
            return guest.execute(["/core", "list"], 5).halted or "ended"
        try:
            guest.read(["/proc/meminfo", "/sys/a/"])
        except GuestError:
            return "refused"
        return "read"
    finally:
        guest.close()


KINDS: dict[str, tuple[Callable[[random.Random, Path], str], float]] = {
    "records": (records_read, 0.30),
    "records, packed": (records_packed, 0.005),
    "records, verbs": (records_through_verbs, 0.12),
    "records, slow verbs": (records_through_slow_verbs, 0.002),
    "gates": (gates, 0.02),
    "plans": (plans_read, 0.06),
    "policies": (policies_read, 0.12),
    "baselines": (baselines, 0.06),
    "weights": (weights_read, 0.12),
    "core outputs": (core_outputs, 0.10),
    "catalogues": (catalogues, 0.02),
    "guest frames": (guest_frames, 0.10),
}
"""Kind -> what tries one input, and which share of all inputs is of it."""
