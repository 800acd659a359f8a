# SPDX-License-Identifier: MIT
"""The summary as the terminal shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..result.effect import BY_CHANCE
from ..result.exposure import OWN
from ..words.effect import effect_words, reached, rests_words, wanted
from ..words.exposure import SHOWN, beside, finding, name, share, subject, where
from ..words.quantity import percent, size
from ..words.row import Footnotes
from ..words.split import SPLIT_HEADINGS, split_words
from .simulated import simulated_text
from .summary import SPLITS
from .tables import footnotes_text, tables

if TYPE_CHECKING:
    from ..output.page import Page
    from ..read.modes import Modes
    from .summary import FileFacts, Summary, Unsupported


def text(summary: Summary, page: Page, modes: Modes) -> str:
    """The summary as people read it; `modes` says in which order modes stand."""
    for mode in summary.unsupported:
        unsupported_text(mode, page)
    for file in summary.files:
        file_text(file, page)
    _noise_text(summary, page)
    _order_text(summary, page)
    footnotes = Footnotes()
    tables([("", row) for row in summary.results], footnotes, page, modes)
    _split_text(summary, page)
    _exposure_text(summary, page)
    simulated_text(summary.simulated, page)
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
    for counter, counted in SPLITS.items():
        if counter in file.splits:
            moved = file.splits_moved.get(counter)
            during = f", {moved} more during the campaign" if moved is not None else ""
            page.text(
                f"direct map, {counted}: {file.splits[counter]} since boot at the start{during}",
                indent=2,
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


def _order_text(summary: Summary, page: Page) -> None:
    """Cells whose runs are not independent of each other."""
    rows = [row for row in summary.results if row.effect and row.effect.rests_on]
    if not rows:
        return
    page.text(
        f"order of runs: of {len(rows)} cells {len(summary.dependent)} have neighbouring runs more "
        f"alike, and {len(summary.drifted)} moved with time more, than chance does with p < "
        f"{BY_CHANCE:g}; about {len(rows) * BY_CHANCE:.1f} of each would"
    )
    for row in rows:
        if row.cell in {*summary.dependent, *summary.drifted} and row.effect:
            on = row.effect.rests_on
            page.name(f"{row.cell}: {rests_words(on) if on else ''}", indent=2)


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


def _exposure_text(summary: Summary, page: Page) -> None:
    """Which memory each dose put into 4K mappings: the finding, and the shares of a few kinds."""
    for found in summary.exposures:
        page.text()
        page.text(f"who lies in split memory ({where(found)})", style="bold")
        page.text(f"{subject(found)} {finding(found)}; {beside(found)}.", indent=2)
        doses = [size(rung.dose_bytes) for rung in found.rungs]
        rows = [("share mapped by 4K, with", "none", *doses, "released")]
        for kind in (OWN, *SHOWN):
            if kind in found.pages:
                held = [share(rung.held.get(kind)) for rung in found.rungs]
                rows.append(
                    (
                        name(kind),
                        share(found.before.get(kind)),
                        *held,
                        share(found.released.get(kind)),
                    )
                )
        page.table(rows, (), indent=2)
