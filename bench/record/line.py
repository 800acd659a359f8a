# SPDX-License-Identifier: MIT
"""The lines of a record file: `results/FORMAT.md` in code."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

SCHEMA: Literal[1] = 1
MOST_LINE_BYTES = 32 * 2**20
"""A reader holds a line in memory, and what it makes of it: ten times the longest of the
reference, 3.3 MB of first touches."""
MOST_BYTES = 256 * 2**20
"""Of a whole record, unpacked: ten times the largest of the reference, 21 MB."""
MOST_RUNS = 100_000
"""Of a whole record: a thousand cells with a hundred runs each."""
MOST_LINES = 2**17
"""Of a whole record: its runs, and some."""
MOST_DAMAGED = 1000
"""Lines of a record that are left out: each is named, and so many are no accident of a few bits."""
Scalar = str | float | int | bool | None
Facts = dict[str, Scalar]
Counters = dict[str, int]
# A count stays a whole number; for mypy float alone would say the same.
Number = int | float
Count = Annotated[int, Meta(ge=0)]
Runs = Annotated[int, Meta(ge=1)]
Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]
Correlation = Annotated[float, Meta(ge=-1, le=1)]
Utc = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
Identity = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
Arm = Annotated[str, Meta(pattern="^(treatment|control)$")]
Arms = dict[Arm, list[Number]]
Checksum = Annotated[str, Meta(pattern="^[0-9a-f]{8}$")]
Stop = Literal[
    "target", "runs", "budget", "interrupted", "exact", "unsupported", "failed", "decided"
]
Ending = Literal["complete", "budget", "interrupted"]


class Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every line of a record file is. Its last member is `crc32`, which `seal` makes."""


class Target(msgspec.Struct, frozen=True):
    """When to stop sampling a cell.

    `half_width` is that of the log ratio's interval, or of the difference's in the metric's
    unit; None where only the number of runs ends the cell.
    """

    half_width: Positive | None
    min_runs: Runs
    max_runs: Runs


class Cell(msgspec.Struct, frozen=True):
    """One point of the design; `params` is complete, the name holds only what was given."""

    cell: str
    metric: str
    mode: str
    control: str | None
    params: dict[str, int | str]
    target: Target


class Machine(msgspec.Struct, frozen=True):
    """Where the runs execute, named by its class and by nothing that identifies it.

    Kinds are what `bench.machines` offers; the record does not limit them.
    """

    kind: str
    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9._-]*$")] = msgspec.field(name="class")
    emulated: bool


class Side(msgspec.Struct, frozen=True):
    """Which side of a comparison of two kernels a campaign is; both sides have the same id."""

    id: Identity
    side: Literal["A", "B"]


class Check(msgspec.Struct, frozen=True):
    """One line of readiness: a fact, whether it serves measuring, and what to do if not."""

    fact: str
    ok: bool
    text: str
    hint: str


class CoreInfo(msgspec.Struct, frozen=True):
    """The native core and its timer.

    `timer_resolution_s` is one tick. `timer_step_s` is what its readings really move by, as the
    core has measured it; a core of before there was such a field does not say it.
    """

    version: str
    arch: str
    timer: str
    timer_resolution_s: float
    timer_cost_s: float
    timer_step_s: Positive | UnsetType = UNSET


class ModeInfo(msgspec.Struct, frozen=True):
    """One way to obtain memory, as the native core describes it, and how figures show it."""

    about: str
    shared: bool
    secret: bool
    page_bytes: int
    supported: bool
    reason: str
    order: int = 0
    promise: int = 0
    hue: str = ""
    marker: str = ""
    line: str = ""
    hollow: bool = False


class MetricInfo(msgspec.Struct, frozen=True):
    """One measured quantity, as the native core describes it.

    Values of another `procedure` of the same name are not to be compared. `needs` is what a run
    of it must obtain, or it is unsupported.
    """

    about: str
    question: Literal["owner", "everyone", "secrecy"]
    unit: Literal["s", "B/s", "1"]
    better: Literal["lower", "higher"]
    assume: Literal["nothing", "exact"]
    paired: bool
    effect: Literal["ratio", "difference"] = "ratio"
    procedure: Runs = 1
    needs: tuple[str, ...] = ()


class Placement(msgspec.Struct, frozen=True):
    """Where a region's pages lie: pages seen, distinct 2M blocks, share whose next follows."""

    pages: Count
    blocks_2m: Count
    next_follows: Share


class Table(msgspec.Struct, frozen=True):
    """A finding that is more than a number: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: list[list[str | Number]]


class Campaign(Line, frozen=True, kw_only=True, tag="campaign", omit_defaults=True):
    """First line: all that holds for every run of the file."""

    schema: Literal[1]
    id: Identity
    created: Utc
    plan: str
    seed: Count
    budget_s: Positive
    machine: Machine
    environment: Facts
    counters: Counters
    core: CoreInfo
    modes: dict[str, ModeInfo]
    metrics: dict[str, MetricInfo]
    cells: tuple[Cell, ...]
    readiness: tuple[Check, ...]
    warnings: tuple[str, ...]
    ab: Side | UnsetType = UNSET
    looks: tuple[Runs, ...] = ()
    family: Count = 0
    attempt: Runs = 1
    left_out: tuple[str, ...] = ()
    most_splits: Count | UnsetType = UNSET
    crc32: Checksum | UnsetType = UNSET


class Run(Line, frozen=True, kw_only=True, tag="run", omit_defaults=True):
    """One run of one cell, with the raw values of both arms in the metric's unit."""

    run: Count
    cell: str
    round: Count
    seed: Count
    started: Utc
    elapsed_s: Seconds
    core_s: Seconds
    timed_s: Seconds
    pair: Count | UnsetType = UNSET
    boot: Count | UnsetType = UNSET
    status: Literal["ok", "unsupported", "failed"]
    reason: str
    values: Arms
    classes: Arms = {}
    operations: dict[Arm, Number] = {}
    arm_s: dict[Arm, float] = {}
    dropped: Count = 0
    placement: dict[Arm, Placement] = {}
    counters: Counters = {}
    obtained: Facts = {}
    tables: dict[str, Table] = {}
    notes: Facts = {}
    warnings: tuple[str, ...] = ()
    crc32: Checksum | UnsetType = UNSET


class Resume(Line, frozen=True, kw_only=True, tag="resume"):
    """A campaign taken up again."""

    created: Utc
    counters: Counters
    environment: Facts
    crc32: Checksum | UnsetType = UNSET


class CellEnd(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why sampling of a cell stopped, after how many good runs, and the half-width reached.

    What follows says what the half-width rests on, where it is known.
    """

    stop: Stop
    runs: Count
    half_width: float | None
    lag: Correlation | UnsetType = UNSET
    trend: Correlation | UnsetType = UNSET
    widened: Positive | UnsetType = UNSET
    effective_runs: Positive | UnsetType = UNSET


class End(Line, frozen=True, kw_only=True, tag="end"):
    """The campaign stopped in an orderly way."""

    created: Utc
    status: Ending
    wall_s: Seconds
    core_share: Share
    counters: Counters
    cells: dict[str, CellEnd]
    crc32: Checksum | UnsetType = UNSET


def utc_now() -> str:
    """Return the present time as the records write it, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
