"""The summary of a campaign: what was measured, whether to trust it, what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..result.compute import results
from ..result.effect import good
from ..result.split import costs
from ..words.effect import effect_words, reached, wanted
from ..words.quantity import percent
from ..words.row import Footnotes
from ..words.split import SPLIT_HEADINGS, split_words
from .tables import footnotes_text, tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..output.page import Page
    from ..read.campaigns import Campaigns, RecordFile
    from ..result.cell import CellResult
    from ..result.split import SplitCost

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
    short_of_target: tuple[str, ...]
    """Cells whose interval was still wider than planned when the time or the runs were spent."""
    failed: Mapping[str, tuple[str, ...]]
    """Cell -> last words of its failed runs."""
    warnings: tuple[str, ...]
    results: tuple[CellResult, ...]
    split_costs: tuple[SplitCost, ...]
    """What splits of the direct map add to a first touch, from class runs."""


def summarise(campaigns: Campaigns) -> Summary:
    """The summary of files from one environment, values in base units."""
    rows = results(campaigns)
    return Summary(
        files=tuple(file_facts(file) for file in campaigns.files),
        unsupported=unsupported(campaigns.files),
        noise_floor=tuple(row.cell for row in rows if row.is_noise_floor),
        short_of_target=tuple(row.cell for row in rows if is_short(row)),
        failed={row.cell: row.failed for row in rows if row.failed},
        warnings=(
            *campaigns.warnings,
            *(text for file in campaigns.files for text in file.campaign.warnings),
        ),
        results=rows,
        split_costs=costs(campaigns),
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


def text(summary: Summary, page: Page) -> str:
    """The summary as people read it."""
    for mode in summary.unsupported:
        unsupported_text(mode, page)
    for file in summary.files:
        file_text(file, page)
    _noise_text(summary, page)
    footnotes = Footnotes()
    tables([("", row) for row in summary.results], footnotes, page)
    _split_text(summary, page)
    _short_text(summary, page)
    for cell, reasons in summary.failed.items():
        page.text(f"failed: {cell}: {'; '.join(dict.fromkeys(reasons))}")
    footnotes_text(footnotes, summary.warnings, page)
    return str(page)


def unsupported_text(mode: Unsupported, page: Page, mark: str = "") -> None:
    """A mode that the machine lacks and what to do, behind an optional mark."""
    style = "bold red" if mode.mode == "secret" else ""
    page.text(f"{mark}{mode.mode} is unsupported here: {mode.reason}", style=style)
    if mode.what_to_do:
        page.text(mode.what_to_do, indent=2)


def file_text(file: FileFacts, page: Page, mark: str = "") -> None:
    """Where, when and how one campaign went, behind an optional mark such as `A `."""
    page.text(f"{mark}{file.machine}, kernel {file.kernel}", style="bold")
    page.name(file.path, indent=2)
    page.text(f"plan {file.plan}, {file.created}, sha256 {file.sha256[:16]}", indent=2)
    counts = ", ".join(f"{count} {status}" for status, count in file.runs.items() if count)
    spent = ""
    if file.wall_s is not None and file.core_share is not None:
        spent = f" after {file.wall_s:.0f} s, {percent(file.core_share)} of it in the core"
    page.text(f"{file.status}{spent}; runs: {counts or 'none'}", indent=2)
    shares = ", ".join(f"{metric} {percent(each)}" for metric, each in file.timed_share.items())
    if shares:
        page.text(f"share of run time in timed sections: {shares}", indent=2)
    for name, size in SPLITS.items():
        if name in file.splits:
            moved = file.splits_moved.get(name)
            during = f", {moved} more during the campaign" if moved is not None else ""
            page.text(
                f"direct map, {size}: {file.splits[name]} since boot at the start{during}", indent=2
            )
    for fact in file.not_ready:
        page.text(f"not ready: {fact}", indent=2)


def _noise_text(summary: Summary, page: Page) -> None:
    """How much two arms of the same memory seem to differ."""
    rows = [row for row in summary.results if row.is_noise_floor and row.effect and row.runs]
    if not rows:
        page.text("noise floor: no A/A cell was measured: nothing says how far to trust a ratio")
        return
    differ = [row for row in rows if row.effect and row.effect.seen in {"worse", "better"}]
    page.text(
        f"noise floor: {len(rows)} A/A cells (a control against itself), {len(differ)} of them "
        f"seem to differ; about {len(rows) / 20:.1f} would by chance at 95 %"
    )
    for row in differ:
        page.name(f"{row.cell}: {effect_words(row)}", indent=2)


def is_short(row: CellResult) -> bool:
    """Whether sampling stopped, by budget or at its most runs, short of the planned width."""
    if "budget" in row.stop:
        return True
    if "runs" not in row.stop or row.half_width_target is None or row.effect is None:
        return False
    return not row.effect.half_width <= row.half_width_target


def _short_text(summary: Summary, page: Page) -> None:
    """Cells that wanted more runs than there was time for or than the plan allowed."""
    page.text()
    if summary.short_of_target:
        page.text(
            f"ended before the interval was as narrow as planned: "
            f"{len(summary.short_of_target)} of {len(summary.results)} cells"
        )
    for row in summary.results:
        if row.cell in summary.short_of_target:
            ended = f"{row.stop} after {row.runs} runs"
            page.name(f"{reached(row)}, wanted {wanted(row)}, {ended}: {row.cell}", indent=2)


def _split_text(summary: Summary, page: Page) -> None:
    """What splits add to a first touch."""
    if summary.split_costs:
        page.text()
        page.text("split-cost (what a split of the direct map adds to a first touch)", style="bold")
    for row in summary.split_costs:
        page.name(row.cell, indent=2)
        lines = [SPLIT_HEADINGS, *(split_words(each) for each in row.classes)]
        page.table(lines, (), indent=4)


def _timed_share(file: RecordFile) -> dict[str, float]:
    """Metric -> timed seconds per second of its good runs."""
    spent: dict[str, tuple[float, float]] = {}
    for run in good(file.runs):
        metric = file.cells[run.cell].metric
        timed_s, elapsed_s = spent.get(metric, (0.0, 0.0))
        spent[metric] = (timed_s + run.timed_s, elapsed_s + run.elapsed_s)
    return {metric: timed / elapsed for metric, (timed, elapsed) in spent.items() if elapsed}
