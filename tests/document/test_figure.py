# SPDX-License-Identifier: MIT
"""Figures that no table prints, computed from the records and found in results/reference."""

import json
import lzma
import math
import statistics
from typing import Any

from .document import ROOT, text_of

REFERENCE = ROOT / "results/reference"


def lines_of(plan: str, machine: str = "amd") -> list[dict[str, Any]]:
    (record,) = REFERENCE.glob(f"{machine}-*/*-{plan}.jsonl.xz")
    return [json.loads(line) for line in lzma.decompress(record.read_bytes()).splitlines()]


def said(*words: str) -> None:
    """Hold that the page says these words, wherever its lines break."""
    page = " ".join(text_of("results/reference/README.md").split())
    assert [each for each in words if each not in page] == []


def splits(line: dict[str, Any]) -> str:
    return f"{line['counters']['direct_map_level2_splits']:,}"


def paired(run: dict[str, Any]) -> float:
    arms = run["values"]["treatment"], run["values"]["control"]
    return statistics.median(math.log(a / b) for a, b in zip(*arms, strict=True))


def test_the_splits_that_the_page_tells_are_those_of_the_records() -> None:
    full, doses = lines_of("full"), lines_of("doses")
    default = lines_of("default", machine="intel")
    began = [splits(lines[0]) for lines in (full, doses, default)]
    said(f"It had {began[0]} splits of 2M", f"{began[1]} of 2M when `doses`")
    said(f"The Intel boot of `default` had {began[2]} splits of 2M when it began")
    said(f"{splits(doses[-1])} of them had been split", f"{splits(lines_of('reads')[0])} splits")


def test_the_placements_that_were_dealt_are_those_of_the_record() -> None:
    cell = "access-latency/secret:memfd/len_bytes=67108864,order=line-random"
    runs = [line for line in lines_of("default", machine="intel") if line.get("cell") == cell]
    assert len(runs) == 87
    control, secret = (
        sorted(run["placement"][arm]["blocks_2m"] for run in runs)
        for arm in ("control", "treatment")
    )
    said(f"in {control[0]:,} to {control[-1]:,} blocks")
    said(f"of secret memory in {secret[0]:,} to {secret[-1]:,}")


def test_the_campaigns_that_were_resumed_are_told() -> None:
    resumes = {
        plan: sum(line["kind"] == "resume" for line in lines_of(plan)) for plan in ("full", "doses")
    }
    assert resumes == {"full": 1, "doses": 2}
    said("`full` was interrupted once and resumed; `doses` was resumed twice")


def test_the_failed_runs_of_victims_are_counted() -> None:
    runs = [line for line in lines_of("full") if line["kind"] == "run"]
    victims = [run for run in runs if run["cell"].startswith("victim-")]
    failed = [run["reason"] for run in victims if run["status"] == "failed"]
    pool = sum("pool not exhausted" in reason for reason in failed)
    said(f"Of {len(victims)} runs of victims {len(failed)} failed. In {pool} of them")
    said(f"in {len(failed) - pool} beyond the files")


def test_the_users_own_loads_are_as_the_page_says() -> None:
    runs = [line for line in lines_of("reads") if "/secret:" in str(line.get("cell"))]
    user = [math.log(run["notes"]["user_ratio"]) for run in runs]
    means = sorted((a + b) / 2 for i, a in enumerate(user) for b in user[i:])
    assert len(user) == 16
    # The exact 95 % interval of 16 runs leaves out the 29 outermost means on either side.
    shown = [statistics.median(means), means[29], means[-30]]
    estimate, low, high = (f"{math.exp(each):.3f}" for each in shown)
    correlation = f"{statistics.correlation(user, [paired(run) for run in runs]):.2f}"
    said(f"differ by {estimate} [{low}, {high}]", f"correlation {correlation.replace('0.', '.')}")
