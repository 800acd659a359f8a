# SPDX-License-Identifier: MIT
"""Whether intervals cover what was injected, and null claims are seen, on this machine.

Each campaign is one of `bench run`, of A/A cells of ordinary memory, with a core whose treatment
takes a known share longer. Every second kind of campaign injects exactly what the last campaign
without an injection claims that it would have seen. A campaign is one record file of a folder, so
that what was ended goes on where it was.
"""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.read.load import load
from analysis.result.compute import results

from ..calibrate.proportion import wilson
from .patch import METRICS, build, injected, with_shares

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from analysis.result.cell import CellResult

MODE = "memfd"
PLAN = f"""about = "A/A cells with a known injection"
budget_s = 60

[target]
half_width = 0.01
min_runs = 8
max_runs = 24

[[cells]]
metric = {list(METRICS)!r}
modes = ["{MODE}"]
control = "{MODE}"
"""

NULL = "nothing"
CLAIM = "the claim"
SHARES = {NULL: 0.0, CLAIM: None, "1 %": 0.01, "2 %": 0.02, "5 %": 0.05, "10 %": 0.10}
"""Kind of campaign -> share that is injected; None stands for what the last null one claims."""

TENTH = 0.1


@dataclass(frozen=True)
class Case:
    """One cell of one campaign, and what was injected into it."""

    metric: str
    kind: str
    share: float
    """By the books of its runs."""
    row: CellResult

    @property
    def error(self) -> float:
        """Estimate less the truth, as a log ratio."""
        return math.log(self.row.ratio.estimate / (1 + self.share)) if self.row.ratio else math.nan

    @property
    def covers(self) -> bool:
        """Whether the interval holds what was injected."""
        ratio = self.row.ratio
        return ratio is not None and ratio.low <= 1 + self.share <= ratio.high

    @property
    def seen(self) -> bool:
        """Whether the row says that the treatment takes longer."""
        return self.row.ratio is not None and self.row.ratio.seen == "worse"


def kind_of(number: int) -> str:
    """What the campaign of this number injects."""
    return list(SHARES)[number % len(SHARES)]


def measure(folder: Path, campaigns: int, say: Callable[[str], None]) -> None:
    """Run the campaigns that the folder lacks.

    Args:
        folder: Holds the patched core, the plan and one record per campaign.
        campaigns: How many there are to be.
        say: Is told of each that has ended.
    """
    folder.mkdir(parents=True, exist_ok=True)
    core = build(folder)
    plan = folder / "plan.toml"
    plan.write_text(PLAN)
    for number in range(campaigns):
        path = _path(folder, number)
        if path.exists():
            continue
        partial, program, book = path.with_suffix(".part.jsonl"), folder / "core", _book(path)
        partial.unlink(missing_ok=True)
        book.unlink(missing_ok=True)
        with_shares(core, shares(folder, number), program, book)
        command = ["bench", "run", str(plan), "--core", str(program), "--out", str(partial)]
        subprocess.run(
            [sys.executable, "-m", *command, "--seed", str(number), "--quiet"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )
        partial.rename(path)
        say(f"{number + 1} of {campaigns}: {kind_of(number)}")


def shares(folder: Path, number: int) -> Mapping[str, float]:
    """What a campaign injects into each metric."""
    share = SHARES[kind_of(number)]
    if share is not None:
        return dict.fromkeys(METRICS, share)
    # What claims nothing, since it seems to differ by itself, is injected nothing.
    nulls = {row.metric: row.ratio for row in _rows(_path(folder, number - 1))}
    return {
        metric: ratio.smallest_seen if (ratio := nulls[metric]) and ratio.seen == "none" else 0.0
        for metric in METRICS
    }


def cases(folder: Path, campaigns: int) -> list[Case]:
    """Every cell of the campaigns that the folder holds."""
    return [
        Case(row.metric, kind_of(number), given[row.metric], row)
        for number in range(campaigns)
        if _path(folder, number).exists()
        for given in (injected(_book(_path(folder, number))),)
        for row in _rows(_path(folder, number))
        if row.ratio
    ]


def table(found: Sequence[Case]) -> Iterator[str]:
    """Coverage, bias, and what was seen; table lines."""
    yield "| metric | injected | campaigns | covered | bias | called slower |"
    yield "|---|---|---|---|---|---|"
    for metric in (*METRICS, "all"):
        of_metric = [case for case in found if metric in {case.metric, "all"}]
        for kind in SHARES:
            if these := [case for case in of_metric if case.kind == kind]:
                yield _line(metric, kind, these)
        if of_metric:
            yield _line(metric, "all", of_metric)
    yield from _narrowest(found)


def _line(metric: str, kind: str, found: Sequence[Case]) -> str:
    errors = np.array([case.error for case in found])
    # A median over campaigns, with its standard error: one campaign on a busy machine is no bias.
    spread = 1.2533 * float(errors.std(ddof=1)) / math.sqrt(errors.size) if errors.size > 1 else 0.0
    covered = _share([case.covers for case in found])
    seen = "" if kind == "all" else _share([case.seen for case in found])
    bias = f"{100 * float(np.median(errors)):+.3f} % +- {100 * spread:.3f} %"
    return f"| {metric} | {kind} | {len(found)} | {covered} | {bias} | {seen} |"


def _narrowest(found: Sequence[Case]) -> Iterator[str]:
    """Of the claims of each metric, what becomes of the smallest tenth."""
    lucky: list[bool] = []
    for metric in METRICS:
        claims = [case for case in found if case.metric == metric and case.kind == CLAIM]
        claims = sorted((case for case in claims if case.share), key=lambda case: case.share)
        lucky += [case.seen for case in claims[: max(1, round(TENTH * len(claims)))]]
    if lucky:
        yield f"\nOf the smallest tenth of the claims of each metric seen: {_share(lucky)}"


def _share(flags: Sequence[bool]) -> str:
    low, high = wilson(sum(flags), len(flags))
    return f"{sum(flags) / len(flags):.3f} [{max(0.0, low):.3f}, {min(1.0, high):.3f}]"


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:04}.jsonl"


def _book(path: Path) -> Path:
    return path.with_suffix(".book")


def _rows(path: Path) -> tuple[CellResult, ...]:
    return results(load([path]))
