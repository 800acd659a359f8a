# SPDX-License-Identifier: MIT
"""Typed lines of a record file, as `results/FORMAT.md` describes them.

Only `load` makes these. Everything is frozen; arrays of values are read-only.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec
import numpy as np

from ..stats.array import FloatArray

SCHEMA = 1
"""Newest schema this reader knows."""

CLASSES = ("plain", "split-2M", "split-1G")
"""Names of the class numbers 0, 1, 2 of a first-touch class run."""

Scalar: TypeAlias = str | float | int | bool | None
Question = Literal["owner", "everyone", "secrecy"]
Arm = Literal["treatment", "control"]
ARMS: tuple[Arm, ...] = ("treatment", "control")


class Machine(msgspec.Struct, frozen=True):
    """Where the campaign ran; `name` (`class` in the file) is a class of machines."""

    kind: str
    name: str = msgspec.field(name="class")
    emulated: bool


class Side(msgspec.Struct, frozen=True):
    """Which side of a comparison of two kernels a campaign is; both sides have the same id."""

    id: str
    side: Literal["A", "B"]


class Core(msgspec.Struct, frozen=True):
    """The native core that measured."""

    version: str
    arch: str
    timer: str
    timer_resolution_s: float
    """One tick."""
    timer_cost_s: float
    timer_step_s: float | None = None
    """By what its readings really move; None where the record does not say."""


class Appearance(msgspec.Struct, frozen=True):
    """Where a mode stands among others and how it is drawn; 0 or empty where it does not say."""

    order: int = 0
    """Place in every list of modes, the least first."""
    promise: int = 0
    """Rank of the secrecy that it promises, the least first."""
    hue: str = ""
    """Vermilion, purple, ink, green, blue, sky or orange."""
    marker: str = ""
    """A letter of matplotlib's markers."""
    line: str = ""
    """`-`, `--`, `-.` or `:`."""
    hollow: bool = False
    """Whether its marker is drawn as an outline."""


class Mode(Appearance, frozen=True, kw_only=True):
    """One way to obtain memory, and whether this machine has it."""

    about: str
    shared: bool
    secret: bool
    page_bytes: int
    supported: bool
    reason: str


class Metric(msgspec.Struct, frozen=True):
    """One measured quantity; values are in `unit`."""

    about: str
    question: Question
    unit: Literal["s", "B/s", "1"]
    better: Literal["lower", "higher"]
    assume: Literal["nothing", "exact"]
    paired: bool
    effect: Literal["ratio", "difference"] = "ratio"
    """How the arms of a run compare; records from before there was a choice do not say."""
    procedure: int = 1
    """Raised with each change of how it is measured: values of two are not to be compared."""
    needs: tuple[str, ...] = ()
    """What a run of it must have obtained; records from before there were such words do not say."""


class Target(msgspec.Struct, frozen=True):
    """When sampling stops.

    `half_width` is that of the log ratio's interval, or of the difference's in the metric's
    unit; None where only the number of runs ends the cell.
    """

    half_width: float | None
    min_runs: int
    max_runs: int


class Cell(msgspec.Struct, frozen=True):
    """One point of the design: mode x metric x parameters."""

    name: str = msgspec.field(name="cell")
    metric: str
    mode: str
    control: str | None
    params: Mapping[str, int | str]
    target: Target


class Fact(msgspec.Struct, frozen=True):
    """One line of `bench check` as it stood when the campaign began."""

    fact: str
    ok: bool
    text: str
    hint: str


class PerArm(msgspec.Struct, frozen=True):
    """One number per arm; None where the arm did not run."""

    treatment: float | None = None
    control: float | None = None


class Values(msgspec.Struct, frozen=True, eq=False):
    """Values per arm in the metric's unit, empty where the arm did not run."""

    treatment: FloatArray = msgspec.field(default_factory=lambda: np.empty(0))
    control: FloatArray = msgspec.field(default_factory=lambda: np.empty(0))

    def arm(self, arm: Arm) -> FloatArray:
        """Values of one arm by its name."""
        return self.treatment if arm == "treatment" else self.control


class RegionPlacement(msgspec.Struct, frozen=True):
    """Where the pages of one region lay in physical memory."""

    pages: float
    blocks_2m: float
    next_follows: float


class Placement(msgspec.Struct, frozen=True):
    """Placement of both arms; None where frame numbers were not to be had."""

    treatment: RegionPlacement | None = None
    control: RegionPlacement | None = None


class Campaign(msgspec.Struct, frozen=True, tag_field="kind", tag="campaign"):
    """First line of a record file."""

    schema: int
    id: str
    created: str
    plan: str
    seed: int
    budget_s: float
    machine: Machine
    environment: Mapping[str, Scalar]
    counters: Mapping[str, int]
    core: Core
    modes: Mapping[str, Mode]
    metrics: Mapping[str, Metric]
    cells: tuple[Cell, ...]
    readiness: tuple[Fact, ...]
    warnings: tuple[str, ...]
    ab: Side | None = None
    looks: tuple[int, ...] = ()
    """Of a campaign that a gate sampled: runs at which its cells were judged."""
    most_splits: int | None = None
    """Of a plan that asked for a fresh boot: splits that the boot might have."""
    family: int = 0
    """Of such a campaign: cells that count as one family, where it measured only some of them."""
    attempt: int = 1
    """Of such a campaign: how often its cells have been measured for one verdict."""
    left_out: tuple[str, ...] = ()
    """Of such a campaign: cells of the plan that it left out on purpose."""


class Table(msgspec.Struct, frozen=True):
    """A finding that is more than a number: names of columns, and rows as long as they are many."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


class Run(msgspec.Struct, frozen=True, eq=False, tag_field="kind", tag="run"):
    """One execution of one cell in a fresh process."""

    run: int
    cell: str
    round: int
    seed: int
    started: str
    elapsed_s: float
    core_s: float
    timed_s: float
    status: Literal["ok", "unsupported", "failed"]
    reason: str
    values: Values
    classes: Values = Values()
    operations: PerArm = PerArm()
    arm_s: PerArm = PerArm()
    dropped: int = 0
    placement: Placement = Placement()
    counters: Mapping[str, int] = msgspec.field(default_factory=dict)
    obtained: Mapping[str, Scalar] = msgspec.field(default_factory=dict)
    notes: Mapping[str, Scalar] = msgspec.field(default_factory=dict)
    tables: Mapping[str, Table] = msgspec.field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    pair: int | None = None
    """Pair of boots, in a comparison of two kernels; the pair is the unit."""
    boot: int | None = None
    """Boot of the campaign's guest; None on the running kernel."""


class Resume(msgspec.Struct, frozen=True, tag_field="kind", tag="resume"):
    """The campaign was taken up again."""

    created: str
    counters: Mapping[str, int]
    environment: Mapping[str, Scalar]


class CellEnd(msgspec.Struct, frozen=True):
    """Why sampling of one cell stopped, and how wide its interval was then."""

    stop: Literal[
        "target", "runs", "budget", "interrupted", "exact", "unsupported", "failed", "decided"
    ]
    runs: int
    half_width: float | None
    lag: float | None = None
    """First serial correlation of the ranks of its effects; this and the rest None where the record
    does not say."""
    trend: float | None = None
    widened: float | None = None
    """Half-width over that of independent runs."""
    effective_runs: float | None = None


class End(msgspec.Struct, frozen=True, tag_field="kind", tag="end"):
    """The campaign stopped in an orderly way."""

    created: str
    status: Literal["complete", "budget", "interrupted"]
    wall_s: float
    core_share: float
    counters: Mapping[str, int]
    cells: Mapping[str, CellEnd]


Line: TypeAlias = Campaign | Run | Resume | End
