# SPDX-License-Identifier: MIT
"""The native core, seen from Python: the only module that knows what it prints.

`native/PROTOCOL.md` is the contract. The core is one executable, found at
`native/build/core` next to this file, or where the variable BENCH_CORE or
`--core` says.
"""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from . import program
from .error import BenchError, unknown
from .output import UNREADABLE
from .program import last_words
from .record.line import Cell, CoreInfo, Count, MetricInfo, ModeInfo

VARIABLE = "BENCH_CORE"
UNSUPPORTED = 77
# Wrong words on its command line.
_REFUSED = 2
# A short verb of the core (list, need) prints at once; a minute means that it hangs.
_ANSWER_TIMEOUT_S = 60

T = TypeVar("T")

# What made an execution end, if not the program itself.
TIMEOUT, FLOOD, HELD = program.TIMEOUT, program.FLOOD, program.HELD
KILLED = "killed"
LOST = "lost"


class Finished(msgspec.Struct, frozen=True):
    """One program that has ended.

    `exit_code` is negative for a signal, as in subprocess; `halted` is empty, or says why it
    was killed: TIMEOUT, FLOOD (printed more than any run does), HELD (left a process behind
    that holds its output), KILLED (on request); or LOST: its machine ended, and stderr says
    how. `boot` numbers the boots of a guest.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    elapsed_s: float
    halted: str = ""
    boot: int | None = None


class Parameter(msgspec.Struct, frozen=True):
    """A metric's parameter: an integer in `unit` (B or 1), or a word out of `choices`."""

    name: str
    about: str
    unit: str
    default: int | str
    choices: tuple[str, ...] | None = None
    min: int | None = None
    max: int | None = None


class Mode(ModeInfo, frozen=True, kw_only=True):
    """A mode with its name."""

    name: str

    @property
    def info(self) -> ModeInfo:
        """The part that the record keeps under the name."""
        return msgspec.convert(self, ModeInfo, from_attributes=True)


class Metric(MetricInfo, frozen=True, kw_only=True):
    """A metric with its name, its parameters, and whether it has a control (`duet`)."""

    name: str
    duet: bool
    supported: bool
    reason: str
    params: tuple[Parameter, ...]

    @property
    def info(self) -> MetricInfo:
        """The part that the record keeps under the name."""
        return msgspec.convert(self, MetricInfo, from_attributes=True)

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of that name, or raise with the nearest one."""
        return _named(f"parameter of {self.name}", name, self.params)


class Catalogue(msgspec.Struct, frozen=True):
    """All that the core can measure, and on what."""

    core: CoreInfo
    modes: tuple[Mode, ...]
    metrics: tuple[Metric, ...]

    def mode(self, name: str) -> Mode:
        """Return the mode of that name, or raise with the nearest one."""
        return _named("mode", name, self.modes)

    def metric(self, name: str) -> Metric:
        """Return the metric of that name, or raise with the nearest one."""
        return _named("metric", name, self.metrics)


Named = TypeVar("Named", Mode, Metric, Parameter)


class Need(msgspec.Struct, frozen=True):
    """Memory of one run: held at once, secret memory touched in all, and held at once.

    Of a victim also the most ballast, what it adds to a later run's, and 2M mappings it splits.
    """

    bytes: Count = 0
    secret_bytes: Count = 0
    secret_held_bytes: Count = 0
    ballast_bytes: Count = 0
    growth_bytes: Count = 0
    splits: Count = 0


class Scope(msgspec.Struct, frozen=True):
    """Whether hardware counters count there, and what would help if not."""

    supported: bool
    reason: str


class Pmu(msgspec.Struct, frozen=True):
    """What this machine's hardware counters can count: whose events, and where."""

    table: str
    user: Scope
    kernel: Scope


class Region(msgspec.Struct, frozen=True, tag_field="line", tag="region"):
    """Where `core touch` will touch: its process and thread, the addresses, what it runs as."""

    pid: int
    base: int
    len_bytes: int
    scheduler: str
    cpu: int


class Touched(msgspec.Struct, frozen=True, tag_field="line", tag="touched"):
    """What `core touch` has touched: the faults that the kernel counted, seconds per touch."""

    faults: int
    values: list[float]


_HALTED = {
    program.TIMEOUT: "does not end",
    program.FLOOD: "prints without end",
    program.HELD: "left a process behind that holds its output",
}


# Of signals that no better core would have been spared.
_REMEDIES: dict[int, str] = {
    signal.SIGKILL: "free some memory, and try again",
    signal.SIGSYS: "permit it in the filter (seccomp) of this container or service",
    signal.SIGXCPU: "raise ulimit -R",
    signal.SIGXFSZ: "raise ulimit -f",
}


def how_it_ended(finished: Finished) -> str:
    """Say by what a program ended, and what it said last."""
    how, words = program.ending(finished.exit_code), last_words(finished.stderr)
    if finished.exit_code in (1, _REFUSED) and words:
        return words
    return f"{how}; last words: {words}" if words else how


def _remedy(finished: Finished) -> str:
    if b"shared libraries" in finished.stderr:
        return "install that library, or build a static core with `make -C bench/native`"
    if remedy := _REMEDIES.get(-finished.exit_code):
        return remedy
    return "rebuild it with `make -C bench/native`"


class Core:
    """One native core: where it is, what it offers, how it is called."""

    probed: tuple[Metric, ...] = ()
    """Metrics that are measured beside it, by probes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def at(self, path: Path) -> "Core":
        """Return the core of another path, with the same probes beside it."""
        return Core(path)

    def catalogue(self) -> Catalogue:
        """Ask the core what it can measure here; the probes beside it come last."""
        answer = self._ask("list")
        if answer.exit_code != 0:
            raise BenchError(f"core list: {how_it_ended(answer)}: {_remedy(answer)}")
        found = self._decode(answer.stdout, Catalogue, "list")
        return msgspec.structs.replace(found, metrics=(*found.metrics, *self.probed))

    def need(self, cell: Cell) -> Need:
        """Ask how much memory one run of a cell takes; nothing where it is unsupported."""
        answer = self._ask("need", *_arguments(cell))
        if answer.exit_code == UNSUPPORTED:
            return Need()
        if answer.exit_code != 0:
            remedy = "correct the cell" if answer.exit_code == _REFUSED else _remedy(answer)
            raise BenchError(f"{cell.cell}: {how_it_ended(answer)}: {remedy}")
        return self._decode(answer.stdout, Need, f"need, {cell.cell}")

    def pmu(self) -> Pmu | None:
        """Ask what the hardware counters can count here; None of a core that does not know."""
        answer = self._ask("pmu")
        if answer.exit_code != 0 or not answer.stdout:
            return None
        return self._decode(answer.stdout, Pmu, "pmu")

    def verify(self, *, as_json: bool) -> int:
        """Let the core check itself, on this process's own stdout; return its exit code."""
        return subprocess.run(
            [*self.command("verify"), *(["--json"] if as_json else [])], check=False
        ).returncode

    def run_command(self, cell: Cell, seed: int, cpu: int | None) -> list[str]:
        """Return the command line of one run."""
        where = [] if cpu is None else ["--cpu", str(cpu)]
        return [*self.command("run"), *_arguments(cell), "--seed", str(seed), *where]

    def touch_command(self, mode: str, pages: int) -> list[str]:
        """Return the command line that prints a Region, awaits a line, and prints Touched."""
        return [*self.command("touch"), mode, str(pages)]

    def command(self, verb: str) -> list[str]:
        """Return the program and its verb.

        Raises:
            BenchError: There is no such program.
        """
        if not os.access(self.path, os.X_OK):
            raise BenchError(f"no native core at {self.path}: build it with `make -C bench/native`")
        return [str(self.path.absolute()), verb]

    def _ask(self, verb: str, *arguments: str) -> Finished:
        answer = self.execute([*self.command(verb), *arguments], _ANSWER_TIMEOUT_S)
        if answer.halted == LOST:
            raise BenchError(last_words(answer.stderr))
        if answer.halted:
            raise BenchError(
                f"core {verb} {_HALTED[answer.halted]}: run `{self.path} {verb}` by itself to see "
                "why"
            )
        return answer

    def execute(self, command: list[str], timeout_s: float) -> Finished:
        """Run one of its short verbs to the end, or kill it."""
        try:
            ended = program.run(command, timeout_s)
        except OSError as error:
            raise BenchError(
                f"cannot run {self.path}: {program.why_not_started(self.path, error)}: build it "
                "with `make -C bench/native`"
            ) from None
        printed = ended.printed
        return Finished(ended.exit_code, printed.stdout, printed.stderr, 0.0, printed.halted)

    def _decode(self, data: bytes, kind: type[T], verb: str) -> T:
        try:
            return msgspec.json.decode(data, type=kind)
        except UNREADABLE as error:
            raise BenchError(
                f"core {verb}: printed garbage ({error}): rebuild it with `make -C bench/native`"
            ) from None


def find(path: str | None, environ: Mapping[str, str]) -> Core:
    """Return the core that `--core` names, else BENCH_CORE, else the one built beside this file."""
    chosen = path or environ.get(VARIABLE)
    if chosen:
        return Core(Path(chosen))
    built = Path(__file__).parent / "native" / "build" / "core"
    return Core(Path(os.path.relpath(built)))


def _named(kind: str, name: str, known: Iterable[Named]) -> Named:
    found = {each.name: each for each in known}
    if name not in found:
        raise unknown(kind, name, found)
    return found[name]


def _arguments(cell: Cell) -> list[str]:
    control = [] if cell.control is None else ["--control", cell.control]
    return [cell.metric, cell.mode, *control, *(f"{k}={v}" for k, v in sorted(cell.params.items()))]
