# SPDX-License-Identifier: MIT
"""The summary of a campaign: what was measured, whether to trust it, what it came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..read.campaigns import Campaigns, RecordFile
from ..result.cell import CellResult
from ..result.compute import results
from ..result.effect import good
from ..result.exposure import Exposure, exposures
from ..result.simulated import DOSES, TRIPS, VICTIMS, Simulated, simulated
from ..result.split import SplitCost, split_costs

HOW_TO_ENABLE = (
    "memfd_secret needs Linux 5.14 with CONFIG_SECRETMEM=y; before 6.5 it is off until the kernel "
    "is booted with secretmem.enable=1 (from 6.5 on it is on unless booted with "
    "secretmem.enable=0). Steps: add secretmem.enable=1 to GRUB_CMDLINE_LINUX in "
    "/etc/default/grub, run `update-grub` (Fedora: `grubby --update-kernel=ALL "
    "--args=secretmem.enable=1`), reboot, and measure again."
)
"""What to do where `secret` is unsupported (kernel: mm/secretmem.c, CONFIG_SECRETMEM)."""


SPLITS: Mapping[str, str] = {
    "direct_map_level2_splits": "splits of 2M pages",
    "direct_map_level3_splits": "splits of 1G pages",
}
"""Counter -> what it counts; splits last until reboot, so they are part of every result."""


@dataclass(frozen=True)
class FileFacts:
    """One record file and how its campaign went."""

    label: str
    path: str
    sha256: str
    machine: str
    kernel: str
    plan: str
    created: str
    core: str
    status: str
    """complete, budget or interrupted; `cut off` without an end line."""
    wall_s: float | None
    core_share: float | None
    """Share of the wall time inside core processes."""
    timed_share: Mapping[str, float]
    """Metric -> share of its runs' wall time inside timed sections."""
    runs: Mapping[str, int]
    """Status -> number of runs."""
    splits: Mapping[str, int]
    """Direct-map and split counters when the campaign began: since boot."""
    splits_moved: Mapping[str, int]
    """By how much they had moved when it ended."""
    not_ready: tuple[str, ...]
    """Facts of the readiness check that were not ok, with what to do."""


@dataclass(frozen=True)
class Unsupported:
    """A mode that the machine lacks."""

    mode: str
    reason: str
    what_to_do: str


@dataclass(frozen=True)
class Summary:
    """All that `summary --json` prints; numbers in base units, ratios plain, NaN as null."""

    files: tuple[FileFacts, ...]
    unsupported: tuple[Unsupported, ...]
    noise_floor: tuple[str, ...]
    """Cells that measured a control against itself."""
    dependent: tuple[str, ...]
    """Cells whose neighbouring runs are more alike than chance makes them."""
    drifted: tuple[str, ...]
    """Cells whose effect moved with time beyond chance."""
    short_of_target: tuple[str, ...]
    """Cells whose interval was still wider than planned when the time or the runs were spent."""
    failed: Mapping[str, tuple[str, ...]]
    """Cell -> last words of its failed runs."""
    warnings: tuple[str, ...]
    results: tuple[CellResult, ...]
    split_costs: tuple[SplitCost, ...]
    """What splits of the direct map add to a first touch, from class runs."""
    exposures: tuple[Exposure, ...]
    """Which memory a dose puts into 4K mappings, kind by kind; shares from 0 to 1."""
    simulated: tuple[Simulated, ...]
    """What models of TLBs and caches counted in emulated guests, by cell and model."""


def summarise(campaigns: Campaigns) -> Summary:
    """The summary of files from one environment, values in base units."""
    rows = results(campaigns)
    return Summary(
        files=tuple(file_facts(file) for file in campaigns.files),
        unsupported=unsupported(campaigns.files),
        noise_floor=tuple(row.cell for row in rows if row.is_noise_floor),
        dependent=tuple(row.cell for row in rows if row.effect and row.effect.dependent),
        drifted=tuple(row.cell for row in rows if row.effect and row.effect.drifted),
        short_of_target=tuple(row.cell for row in rows if is_short(row)),
        failed={row.cell: row.failed for row in rows if row.failed},
        warnings=(
            *campaigns.warnings,
            *(text for file in campaigns.files for text in file.campaign.warnings),
        ),
        results=rows,
        split_costs=split_costs(campaigns),
        exposures=exposures(campaigns),
        simulated=tuple(
            found for metric in (DOSES, VICTIMS, TRIPS) for found in simulated(campaigns, metric)
        ),
    )


def file_facts(file: RecordFile) -> FileFacts:
    """What one record file says about itself."""
    campaign, end = file.campaign, file.end
    moved = end.counters if end else {}
    return FileFacts(
        label=file.label,
        path=str(file.path),
        sha256=file.sha256,
        machine=campaign.machine.name,
        kernel=str(campaign.environment.get("kernel_release", "unknown")),
        plan=campaign.plan,
        created=campaign.created,
        core=f"{campaign.core.version} {campaign.core.arch} {campaign.core.timer}",
        status=end.status if end else "cut off",
        wall_s=end.wall_s if end else None,
        core_share=end.core_share if end else None,
        timed_share=_timed_share(file),
        runs={
            status: sum(run.status == status for run in file.runs)
            for status in ("ok", "failed", "unsupported")
        },
        splits=campaign.counters,
        splits_moved={
            name: moved[name] - start for name, start in campaign.counters.items() if name in moved
        },
        not_ready=tuple(
            f"{fact.fact}: {fact.text}" + (f" ({fact.hint})" if fact.hint else "")
            for fact in campaign.readiness
            if not fact.ok
        ),
    )


def unsupported(files: Sequence[RecordFile]) -> tuple[Unsupported, ...]:
    """Modes that a machine lacks, `secret` first."""
    found = {
        name: Unsupported(name, mode.reason, HOW_TO_ENABLE if _absent(name, mode.reason) else "")
        for file in files
        for name, mode in file.campaign.modes.items()
        if not mode.supported
    }
    return tuple(sorted(found.values(), key=lambda row: (row.mode != "secret", row.mode)))


def _absent(mode: str, reason: str) -> bool:
    """Whether the kernel lacks secret memory: over RLIMIT_MEMLOCK (EAGAIN) it has it."""
    return mode == "secret" and "Resource temporarily unavailable" not in reason


def is_short(row: CellResult) -> bool:
    """Whether sampling stopped, by budget or at its most runs, short of the planned width."""
    if "budget" in row.stop:
        return True
    if "runs" not in row.stop or row.half_width_target is None or row.effect is None:
        return False
    return not row.effect.half_width <= row.half_width_target


def _timed_share(file: RecordFile) -> dict[str, float]:
    """Metric -> timed seconds per second of its good runs."""
    spent: dict[str, tuple[float, float]] = {}
    for run in good(file.runs):
        metric = file.cells[run.cell].metric
        timed_s, elapsed_s = spent.get(metric, (0.0, 0.0))
        spent[metric] = (timed_s + run.timed_s, elapsed_s + run.elapsed_s)
    return {metric: timed / elapsed for metric, (timed, elapsed) in spent.items() if elapsed}
