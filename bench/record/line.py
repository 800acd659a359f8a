"""The lines of a record file: `results/FORMAT.md` in code."""

from datetime import UTC, datetime
from typing import Literal

import msgspec

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


def utc_now() -> str:
    """Return the present time as the records write it, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
