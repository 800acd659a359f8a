"""The lines of a record file and the only writer of them.

`results/FORMAT.md` says what each field means; the types here are that file
in code. Lines are appended whole with one write(2) each. What a crash costs:
`kill -9` at any moment loses at most the run in flight, since a written line
is the kernel's; a power loss may cost the lines that the kernel had not yet
put on disk (there is one fsync, at the end of a campaign, because one per run
would be measured along with the runs).
"""

import contextlib
import fcntl
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import msgspec

from ..error import BenchError

SCHEMA = 1
Scalar = str | float | int | bool | None
Facts = dict[str, Scalar]
Counters = dict[str, int]
# A count stays a whole number; for mypy float alone would say the same.
Number = int | float
Arms = dict[str, list[Number]]
Stop = Literal[
    "target", "runs", "budget", "interrupted", "exact", "unsupported", "failed", "decided"
]
Ending = Literal["complete", "budget", "interrupted"]


class Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every line of a record file is."""


class Target(msgspec.Struct, frozen=True):
    """When to stop sampling a cell.

    `half_width` is that of the log ratio's interval, or of the difference's in the metric's
    unit; None where only the number of runs ends the cell.
    """

    half_width: float | None = 0.02
    min_runs: int = 8
    max_runs: int = 40


class Cell(msgspec.Struct, frozen=True):
    """One point of the design; `params` is complete, the name holds only what was given."""

    cell: str
    metric: str
    mode: str
    control: str | None
    params: dict[str, int | str]
    target: Target


class Machine(msgspec.Struct, frozen=True):
    """Where the runs execute, named by its class and by nothing that identifies it."""

    kind: str
    name: str = msgspec.field(name="class")
    emulated: bool = False


class Side(msgspec.Struct, frozen=True):
    """Which side of a comparison of two kernels a campaign is; both sides have the same id."""

    id: str
    side: Literal["A", "B"]


class Check(msgspec.Struct, frozen=True):
    """One line of readiness: a fact, whether it serves measuring, and what to do if not."""

    fact: str
    ok: bool
    text: str
    hint: str


class CoreInfo(msgspec.Struct, frozen=True):
    """The native core and its timer."""

    version: str
    arch: str
    timer: str
    timer_resolution_s: float
    timer_cost_s: float


class ModeInfo(msgspec.Struct, frozen=True):
    """One way to obtain memory, as the native core describes it."""

    about: str
    shared: bool
    secret: bool
    page_bytes: int
    supported: bool
    reason: str


class MetricInfo(msgspec.Struct, frozen=True):
    """One measured quantity, as the native core describes it."""

    about: str
    question: str
    unit: str
    better: str
    assume: str
    paired: bool
    effect: Literal["ratio", "difference"] = "ratio"


class Placement(msgspec.Struct, frozen=True):
    """Where a region's pages lie: pages seen, distinct 2M blocks, share whose next follows."""

    pages: int
    blocks_2m: int
    next_follows: float


class Table(msgspec.Struct, frozen=True):
    """A finding that is more than a number: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: list[list[str | Number]]


class Campaign(Line, frozen=True, kw_only=True, tag="campaign", omit_defaults=True):
    """First line: all that holds for every run of the file."""

    schema: int
    id: str
    created: str
    plan: str
    seed: int
    budget_s: float
    machine: Machine
    environment: Facts
    counters: Counters
    core: CoreInfo
    modes: dict[str, ModeInfo]
    metrics: dict[str, MetricInfo]
    cells: tuple[Cell, ...]
    readiness: tuple[Check, ...]
    warnings: tuple[str, ...]
    ab: Side | None = None
    looks: tuple[int, ...] = ()


class Run(Line, frozen=True, kw_only=True, tag="run", omit_defaults=True):
    """One run of one cell, with the raw values of both arms in the metric's unit."""

    run: int
    cell: str
    round: int
    seed: int
    started: str
    elapsed_s: float
    core_s: float
    timed_s: float
    pair: int | None = None
    boot: int | None = None
    status: Literal["ok", "unsupported", "failed"]
    reason: str
    values: Arms
    classes: Arms = {}
    operations: dict[str, Number] = {}
    arm_s: dict[str, float] = {}
    dropped: int = 0
    placement: dict[str, Placement] = {}
    counters: Counters = {}
    obtained: Facts = {}
    tables: dict[str, Table] = {}
    notes: Facts = {}
    warnings: tuple[str, ...] = ()


class Resume(Line, frozen=True, kw_only=True, tag="resume"):
    """A campaign taken up again."""

    created: str
    counters: Counters
    environment: Facts


class CellEnd(msgspec.Struct, frozen=True):
    """Why sampling of a cell stopped, after how many good runs, and the half-width reached."""

    stop: Stop
    runs: int
    half_width: float | None


class End(Line, frozen=True, kw_only=True, tag="end"):
    """The campaign stopped in an orderly way."""

    created: str
    status: Ending
    wall_s: float
    core_share: float
    counters: Counters
    cells: dict[str, CellEnd]


_DECODER = msgspec.json.Decoder(Campaign | Run | Resume | End)
_ENCODER = msgspec.json.Encoder()


class History(msgspec.Struct, frozen=True):
    """What a record file holds already."""

    campaign: Campaign
    runs: tuple[Run, ...]
    ends: tuple[End, ...]


def utc_now() -> str:
    """Return the present time as the records write it, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Writer:
    """Appends whole lines to one record file, which it holds locked."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._size_bytes = os.fstat(descriptor).st_size
        self._fresh = self._size_bytes == 0

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new file; one that exists already is refused, never overwritten."""
        if path.exists():
            way = "" if path.is_dir() else f", or, if it is a record, go on by --resume {path}"
            raise BenchError(f"{path} exists and is never overwritten: choose another --out{way}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            writer = cls(path, os.open(path, flags, 0o644))
        except OSError as error:
            taken = isinstance(error, FileExistsError)
            reason = "a file has the name of a folder of it" if taken else error.strerror
            raise BenchError(f"cannot write {path}: {reason}: choose another --out") from None
        writer._lock()
        return writer

    @classmethod
    def reopen(cls, path: Path) -> tuple[Self, History, list[str]]:
        """Open a file to go on with it.

        Returns:
            The writer, what the file holds, and warnings (a last line cut short is removed).
        """
        try:
            writer = cls(path, os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC))
        except OSError as error:
            raise BenchError(f"cannot resume {path}: {error.strerror}: check the path") from None
        writer._fresh = False
        writer._lock()
        try:
            history, warnings = writer._take_up()
        except BaseException:
            writer.close()
            raise
        return writer, history, warnings

    def append(self, line: Line) -> None:
        """Write one line whole, or leave the file as it was.

        Raises:
            BenchError: The disk is full or the file cannot be written any more.
        """
        data = _ENCODER.encode(line) + b"\n"
        written = 0
        try:
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size_bytes)
            raise BenchError(self._write_failure(error)) from None
        self._size_bytes += len(data)

    def close(self) -> None:
        """Put what was written on disk and let go of the file; a new one left empty is removed."""
        with contextlib.suppress(OSError):
            os.fsync(self._descriptor)
        os.close(self._descriptor)
        if self._fresh and self._size_bytes == 0:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _write_failure(self, error: OSError) -> str:
        if self._size_bytes == 0:
            return f"cannot write {self.path}: {error.strerror}: make room or choose another --out"
        return (
            f"cannot write {self.path}: {error.strerror}: it is valid up to its last whole "
            f"record; make room and go on with --resume {self.path}"
        )

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise BenchError(
                f"{self.path} is being written by another campaign: wait for it to end"
            ) from None

    def _take_up(self) -> tuple[History, list[str]]:
        data = self.path.read_bytes()
        if data.startswith(b"\x1f\x8b"):
            raise BenchError(f"{self.path} is compressed: gunzip a copy of it and resume that")
        whole = data.rfind(b"\n") + 1
        # Only what has been read as a record may be cut: the file could be anybody's.
        history = read(data[:whole], self.path)
        warnings = []
        if whole < len(data):
            warnings.append(f"{self.path}: the last line was cut short and is removed")
            os.ftruncate(self._descriptor, whole)
            self._size_bytes = whole
        return history, warnings


def read(data: bytes, path: Path) -> History:
    """Decode the whole lines of a record file.

    Args:
        data: Whole lines.
        path: Only named in errors.

    Raises:
        BenchError: Not a record file, of a newer schema, or damaged.
    """
    rows = data.splitlines()
    _refuse_newer(rows, path)
    lines: list[Campaign | Run | Resume | End] = []
    for number, row in enumerate(rows, 1):
        try:
            lines.append(_DECODER.decode(row))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BenchError(
                f"{path}, line {number}: not a record line ({error}): restore the file"
            ) from None
    if not lines or not isinstance(lines[0], Campaign):
        raise BenchError(f"{path} is no record file: it does not begin with a campaign line")
    return History(
        campaign=lines[0],
        runs=tuple(line for line in lines if isinstance(line, Run)),
        ends=tuple(line for line in lines if isinstance(line, End)),
    )


def _refuse_newer(rows: Sequence[bytes], path: Path) -> None:
    class Head(msgspec.Struct):
        kind: str
        schema: int

    try:
        head = msgspec.json.decode(rows[0] if rows else b"", type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        head = Head("", 0)
    if head.kind != "campaign":
        raise BenchError(f"{path} is no record file: it does not begin with a campaign line")
    if head.schema > SCHEMA:
        raise BenchError(
            f"{path} has schema {head.schema}, this version writes {SCHEMA}: update the suite"
        )
