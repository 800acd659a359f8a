# SPDX-License-Identifier: MIT
"""What models of TLBs and caches counted in emulated guests: per operation, by model and area.

Counts of one model are never put together with those of another, and no time is made of them
here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, get_args

from ..read.campaigns import Campaigns, RecordFile
from ..read.record import Cell, Run
from .effect import good

VICTIMS = "tlb-simulated"
"""The metric that stands memory in split blocks against memory in whole ones."""
DOSES = "tlb-simulated-dose"
"""The metric that stands ordinary work with a dose against the same before it."""
TRIPS = "trips-simulated"
"""The metric of the owner's trips to memory."""

TABLE = "tlb"
"""The table of a run that holds what its models counted."""
Step = Literal["control", "treatment", "after"]
"""An arm; or, of DOSES, the work made anew after the dose was given back."""
STEPS: tuple[Step, ...] = get_args(Step)
USER = frozenset({"user", "user-by-kernel"})
"""Areas that are no memory of the kernel's."""
COUNTS = ("accesses", "misses", "walks", "uncached", "trips")


@dataclass(frozen=True)
class Counts:
    """Per operation, the median over runs: data accesses, misses of the first level, ..."""

    accesses: float = 0.0
    misses: float = 0.0
    walks: float = 0.0
    uncached: float = 0.0
    """Accesses to pages that are mapped uncached."""
    trips: float = 0.0
    """To memory, past all caches."""


@dataclass(frozen=True)
class Simulated:
    """One cell by one model, over its runs."""

    label: str
    """Of the file."""
    kernel: str
    """Its release."""
    beside: bool
    """Whether it is of another machine or kernel than the campaigns."""
    metric: str
    cell: str
    mode: str
    control: str | None
    params: Mapping[str, int | str]
    model: str
    runs: int
    """Each on a boot of its own, where the campaign was asked for that."""
    areas: Mapping[Step, Mapping[str, Counts]]
    """Step -> area -> counts; an area without an access is left out."""
    own: Mapping[Step, Counts]
    """Step -> counts of the kernel's own memory, all of its areas together."""
    everything: Mapping[Step, Counts]
    """Step -> counts of all areas together."""

    @property
    def is_noise_floor(self) -> bool:
        """Whether both arms were alike."""
        return self.mode == self.control

    @property
    def work(self) -> str:
        """Whose or which work it was."""
        names = ("victim", "work", "use")
        return str(next((self.params[name] for name in names if name in self.params), ""))

    @property
    def dose_bytes(self) -> int:
        """The dose; 0 of a metric that has none."""
        return int(self.params.get("dose_bytes", 0))

    @property
    def pages(self) -> int:
        """The working set of a victim, in pages or objects; 0 of a metric that has none."""
        return int(self.params.get("pages", 0))


def simulated(campaigns: Campaigns, metric: str) -> tuple[Simulated, ...]:
    """Every cell of a metric by every model, in the plan's order; files beside come last.

    Args:
        campaigns: Files of one environment, and those beside them.
        metric: VICTIMS, DOSES or TRIPS.
    """
    return tuple(
        found
        for beside, files in ((False, campaigns.files), (True, campaigns.beside))
        for file in files
        for cell in file.cells.values()
        if cell.metric == metric
        for found in _by_model(file, cell, beside=beside)
    )


def _by_model(file: RecordFile, cell: Cell, *, beside: bool) -> Iterator[Simulated]:
    runs = [run for run in good(file.runs) if run.cell == cell.name and TABLE in run.tables]
    for model in dict.fromkeys(str(row[1]) for run in runs for row in run.tables[TABLE].rows):
        counted: dict[Step, list[dict[str, Counts]]] = {
            step: [found for run in runs if (found := _areas(run, model, step))] for step in STEPS
        }
        yield Simulated(
            label=file.label,
            kernel=str(file.campaign.environment.get("kernel_release", "unknown")),
            beside=beside,
            metric=cell.metric,
            cell=cell.name,
            mode=cell.mode,
            control=cell.control,
            params=cell.params,
            model=model,
            runs=len(runs),
            areas={step: _middle_by_area(counted[step]) for step in STEPS},
            own={step: _middle([_sum(each, USER) for each in counted[step]]) for step in STEPS},
            everything={step: _middle([_sum(each) for each in counted[step]]) for step in STEPS},
        )


def _areas(run: Run, model: str, step: Step) -> dict[str, Counts]:
    """Region -> counts per operation of one run."""
    table = run.tables[TABLE]
    found = {}
    for row in table.rows:
        named = dict(zip(table.columns, row, strict=True))
        if named["of"] == step and named["model"] == model:
            operations = float(named["operations"])
            per = {name: float(named.get(name, 0)) / operations for name in COUNTS}
            found[str(named["area"])] = Counts(**per)
    return found


def _sum(areas: Mapping[str, Counts], without: frozenset[str] = frozenset()) -> Counts:
    kept = [counts for area, counts in areas.items() if area not in without]
    return Counts(**{name: sum(getattr(each, name) for each in kept) for name in COUNTS})


def _middle(found: Sequence[Counts]) -> Counts:
    if not found:
        return Counts()
    return Counts(**{name: median(getattr(each, name) for each in found) for name in COUNTS})


def _middle_by_area(found: Sequence[Mapping[str, Counts]]) -> dict[str, Counts]:
    names = dict.fromkeys(area for each in found for area in each)
    return {name: _middle([each.get(name, Counts()) for each in found]) for name in names}
