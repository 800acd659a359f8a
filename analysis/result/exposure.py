# SPDX-License-Identifier: MIT
"""Which memory the kernel's direct map maps by 4K, kind by kind, before, with and after each dose.

From the tables `exposure` and `doses` that runs of `split-exposure` and `victim-doses` leave
(bench/native/kernel/exposure.h). A share is of all pages of a kind that are in the direct map's
reach; frames that the kernel has not set up, and frames without memory, are in no share.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from ..read.campaigns import Campaigns, RecordFile
from ..read.record import Run, Table
from .effect import good

KERNEL = (
    "page-tables", "kernel-page-tables", "slab", "kernel-stacks", "vmalloc", "other-kernel",
)  # fmt: skip
"""Kinds that the kernel itself uses; together they are `OWN`."""

OWN = "kernel's own"
"""The kinds of `KERNEL` as one."""

KINDS = (
    OWN, *KERNEL, "reserved", "page-cache", "anonymous", "hugetlb",
    "free-unmovable", "free-reclaimable", "free-movable", "free-per-cpu", "free-other",
)  # fmt: skip
"""Kinds that have a share in 4K, as a reader should meet them."""

PAGE_BYTES = 4096
_MAPPED = ("absent", "mapped_4k", "mapped_2m", "mapped_1g")


@dataclass(frozen=True)
class Spread:
    """One number of several boots: the least, the middle one, the most."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Rung:
    """What one dose did, over the runs that held it; shares from 0 to 1."""

    dose_bytes: int
    runs: int
    before: Mapping[str, Spread]
    """Kind -> share in 4K before the dose."""
    held: Mapping[str, Spread]
    """Kind -> share in 4K with the dose."""
    reach: Mapping[str, Spread]
    """Kind -> by how much the dose raised that share."""
    splits: Spread
    """Of both levels, by the kernel's counters."""
    page_table_bytes: Spread
    """That the direct map's tables have taken more."""
    blocks_2m: Spread | None
    """That hold pages of the dose; None where the frames were not looked at."""


@dataclass(frozen=True)
class Exposure:
    """One cell or ladder of one file: what each dose reached."""

    label: str
    """Of the file."""
    kernel: str
    emulated: bool
    beside: bool
    """Whether it is of another machine or kernel than the campaigns."""
    fresh: bool
    """Whether each run had a boot of its own."""
    metric: str
    cells: tuple[str, ...]
    memory_bytes: int
    """Of the machine: all frames that were counted."""
    splits_before: Spread
    """Since boot, before the first dose."""
    pages: Mapping[str, Spread]
    """Kind -> its pages before the first dose."""
    before: Mapping[str, Spread]
    """Kind -> share in 4K before the first dose, over all runs."""
    rungs: tuple[Rung, ...]
    """By dose, the least first."""
    released: Mapping[str, Spread]
    """Kind -> share in 4K after the release of the largest dose."""
    control_splits: int
    """The most that a run's control made."""
    control_moved: float
    """The most by which a run's control changed the share in 4K of a kind of `KERNEL`."""

    @property
    def runs(self) -> int:
        """Of the rung that has the most."""
        return max(rung.runs for rung in self.rungs)


@dataclass(frozen=True)
class _Census:
    """Pages by kind: all, and those mapped by 4K; `memory` counts every frame of the machine."""

    pages: Mapping[str, int]
    small: Mapping[str, int]
    memory: int

    def share(self, kind: str) -> float | None:
        return self.small[kind] / self.pages[kind] if self.pages.get(kind) else None


@dataclass(frozen=True)
class _Climb:
    """One arm of one run."""

    before: _Census
    held: Mapping[int, _Census]
    released: _Census | None
    doses: Mapping[int, Mapping[str, float]]
    """Dose -> its row of the table `doses`: numbers by the names of their columns."""

    def reach(self, dose_bytes: int, kind: str) -> float | None:
        """By how much the dose changed the share of a kind."""
        before, held = self.before.share(kind), self.held[dose_bytes].share(kind)
        return None if before is None or held is None else held - before

    def splits(self, dose_bytes: int) -> float:
        """Of both levels."""
        row, begin = self.doses.get(dose_bytes, {}), self.doses.get(0, {})
        return sum(row.get(name, 0) - begin.get(name, 0) for name in ("splits_2m", "splits_1g"))


def exposures(campaigns: Campaigns) -> tuple[Exposure, ...]:
    """What the runs of each file say of memory that leaves the direct map, files beside last.

    Args:
        campaigns: Files of one environment, and those beside them.
    """
    found = []
    for file in (*campaigns.files, *campaigns.beside):
        known: dict[str, list[tuple[Run, _Climb]]] = {}
        for run in good(file.runs):
            cell = file.cells[run.cell]
            climb = _climb(run, "treatment")
            if climb and climb.held and file.campaign.modes[cell.mode].secret:
                known.setdefault(cell.metric, []).append((run, climb))
        beside = file in campaigns.beside
        found += [_exposure(file, metric, of, beside=beside) for metric, of in known.items()]
    return tuple(found)


def _exposure(
    file: RecordFile, metric: str, known: Sequence[tuple[Run, _Climb]], *, beside: bool
) -> Exposure:
    boots = [run.boot for run in good(file.runs)]
    runs, climbs = [run for run, _ in known], [climb for _, climb in known]
    doses = sorted({dose for climb in climbs for dose in climb.held})
    largest = [climb for climb in climbs if doses[-1] in climb.held]
    controls = [climb for run in runs if (climb := _climb(run, "control"))]
    environment = file.campaign.environment
    return Exposure(
        label=file.label,
        kernel=str(environment.get("kernel_release", "unknown")),
        emulated=file.campaign.machine.emulated,
        beside=beside,
        fresh=all(run.boot is not None and boots.count(run.boot) == 1 for run in runs),
        metric=metric,
        cells=tuple(dict.fromkeys(run.cell for run in runs)),
        memory_bytes=max(climb.before.memory for climb in climbs) * PAGE_BYTES,
        splits_before=_spread([_since_boot(run, climb) for run, climb in known]),
        pages=_by_kind(climbs, lambda climb, kind: climb.before.pages.get(kind)),
        before=_by_kind(climbs, lambda climb, kind: climb.before.share(kind)),
        rungs=tuple(_rung(dose, [each for each in climbs if dose in each.held]) for dose in doses),
        released=_by_kind(
            largest, lambda climb, kind: climb.released.share(kind) if climb.released else None
        ),
        control_splits=round(max(_most(controls, _Climb.splits), default=0)),
        control_moved=max(_most(controls, _moved), default=0.0),
    )


def _rung(dose_bytes: int, climbs: Sequence[_Climb]) -> Rung:
    rows = [climb.doses.get(dose_bytes, {}) for climb in climbs]
    splits = [climb.splits(dose_bytes) for climb in climbs]
    # Records of before the tables were counted: each split took one.
    tables = [
        row.get("page_table_bytes", split * PAGE_BYTES)
        for row, split in zip(rows, splits, strict=True)
    ]
    blocks = [row["blocks_2m"] for row in rows if row.get("blocks_2m")]
    return Rung(
        dose_bytes=dose_bytes,
        runs=len(climbs),
        before=_by_kind(climbs, lambda climb, kind: climb.before.share(kind)),
        held=_by_kind(climbs, lambda climb, kind: climb.held[dose_bytes].share(kind)),
        reach=_by_kind(climbs, lambda climb, kind: climb.reach(dose_bytes, kind)),
        splits=_spread(splits),
        page_table_bytes=_spread(tables),
        blocks_2m=_spread(blocks) if blocks else None,
    )


def _by_kind(
    climbs: Sequence[_Climb], value: Callable[[_Climb, str], float | None]
) -> dict[str, Spread]:
    """Kind -> a number over the climbs that have it."""
    found = {}
    for kind in KINDS:
        known = [each for climb in climbs if (each := value(climb, kind)) is not None]
        if known:
            found[kind] = _spread(known)
    return found


def _spread(values: Sequence[float]) -> Spread:
    return Spread(min(values), median(values), max(values))


def _most(climbs: Sequence[_Climb], of: Callable[[_Climb, int], float]) -> list[float]:
    return [of(climb, dose) for climb in climbs for dose in climb.held]


def _moved(climb: _Climb, dose_bytes: int) -> float:
    """The largest change of the share of a kind whose pages have names."""
    known = [climb.reach(dose_bytes, kind) for kind in KERNEL if kind != "other-kernel"]
    return max((abs(each) for each in known if each is not None), default=0.0)


def _since_boot(run: Run, climb: _Climb) -> float:
    """Splits before the first dose: as the run noted them, or by the counters in its table."""
    noted = run.notes.get("splits_since_boot")
    if isinstance(noted, int | float):
        return noted
    begin = climb.doses.get(0, {})
    return begin.get("splits_2m", 0) + begin.get("splits_1g", 0)


def _climb(run: Run, arm: str) -> _Climb | None:
    """What the tables say of one arm; None where they have no census before the first dose."""
    censuses: dict[tuple[str, int], list[dict[str, str | float]]] = {}
    for row in _rows(run.tables.get("exposure"), arm):
        step = str(row.get("step")), int(float(row.get("dose_bytes", 0)))
        censuses.setdefault(step, []).append(row)
    if ("before", 0) not in censuses:
        return None
    known = {key: _census(rows) for key, rows in censuses.items()}
    released = [census for (step, _), census in known.items() if step == "released"]
    return _Climb(
        before=known["before", 0],
        held={dose: census for (step, dose), census in known.items() if step == "held"},
        released=released[-1] if released else None,
        doses={
            int(float(row.get("dose_bytes", 0))): {
                name: value for name, value in row.items() if isinstance(value, int | float)
            }
            for row in _rows(run.tables.get("doses"), arm)
            if row.get("step", "held") in {"before", "held"}
        },
    )


def _rows(table: Table | None, arm: str) -> Iterator[dict[str, str | float]]:
    """Rows of one arm, by the names of their columns."""
    for row in table.rows if table else ():
        named = dict(zip(table.columns if table else (), row, strict=False))
        if named.get("arm") == arm:
            yield named


def _census(rows: Iterable[Mapping[str, str | float]]) -> _Census:
    pages: dict[str, int] = {}
    small: dict[str, int] = {}
    for row in rows:
        kind = str(row.get("kind"))
        pages[kind] = sum(int(float(row.get(name, 0))) for name in _MAPPED)
        small[kind] = int(float(row.get("mapped_4k", 0)))
    memory = sum(count for kind, count in pages.items() if kind != "no-memory")
    for known in (pages, small):
        known[OWN] = sum(known.get(kind, 0) for kind in KERNEL)
    return _Census(pages, small, memory)
