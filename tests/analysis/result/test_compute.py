# SPDX-License-Identifier: MIT
from pathlib import Path

import numpy as np
import pytest

from analysis.output.error import UsageError
from analysis.read.load import load
from analysis.read.record import RegionPlacement
from analysis.result.cell import CellResult
from analysis.result.compute import recontrolled, results

from ..conftest import LARGE, REAL_TIME, SMALL
from ..recording import Synthetic, SyntheticCell, lines, write


def rows(path: Path) -> dict[str, CellResult]:
    return {row.cell: row for row in results(load([path]))}


def only(tmp_path: Path, *cells: SyntheticCell, ended: bool = True) -> CellResult:
    """Result of the first cell of a record made of these."""
    return results(load([write(tmp_path / "one.jsonl", Synthetic(cells, ended=ended))]))[0]


def name(metric: str, mode: str, params: dict[str, int | str]) -> str:
    return SyntheticCell(metric, mode, "memfd", params).name


def test_the_known_ratio_comes_out_and_its_interval_holds_it(record: Path) -> None:
    ratio = rows(record)[name("access-latency", "secret", SMALL)].ratio
    assert ratio is not None
    assert ratio.low <= 1.25 <= ratio.high
    assert ratio.estimate == pytest.approx(1.25, abs=0.002)
    assert (ratio.pairing, ratio.seen, ratio.runs) == ("pairs", "worse", 12)


def test_medians_are_in_the_unit_of_the_metric(record: Path) -> None:
    row = rows(record)[name("first-touch", "secret", {"classes": "off"})]
    assert row.treatment is not None
    assert row.control_median is not None
    assert row.treatment.estimate == pytest.approx(10.6e-6, rel=0.05)
    assert row.control_median.estimate == pytest.approx(2e-6, rel=0.05)


def test_no_difference_stands_beside_the_smallest_that_would_have_been_seen(record: Path) -> None:
    row = rows(record)[name("access-latency", "memfd", SMALL)]
    assert row.is_noise_floor
    assert row.ratio is not None
    assert row.ratio.seen == "none"
    # Of 12 runs: what four of five see, also where the half-width came out narrow by luck.
    assert row.ratio.smallest_seen == pytest.approx(np.expm1(3.1 * row.ratio.half_width))


def test_less_bandwidth_is_worse_although_the_ratio_is_below_one(record: Path) -> None:
    ratio = rows(record)[name("bandwidth", "secret", {"op": "read"})].ratio
    assert ratio is not None
    assert ratio.estimate < 1
    assert ratio.seen == "worse"


def test_five_runs_are_too_few_and_the_row_says_so(record: Path) -> None:
    row = rows(record)[name("access-latency", "secret", LARGE)]
    assert row.ratio is not None
    assert row.ratio.seen == "unknown"
    assert row.warnings == ("5 runs: the interval covers 93.8 %, not 95 %",)
    assert row.stop == "budget"


def test_classes_come_with_share_and_ratio_to_the_control_arm(record: Path) -> None:
    row = rows(record)[name("first-touch", "secret", {"classes": "on"})]
    assert [(each.name, each.share.estimate) for each in row.classes] == [
        ("plain", 0.6),
        ("split-2M", 0.2),
        ("split-1G", 0.2),
    ]
    for each in row.classes:
        assert each.values == 12 * round(each.share.estimate * 5)
        assert each.ratio is not None
        assert each.ratio.estimate == pytest.approx(5, rel=0.05)
        assert len(each.quantiles) == 4


def test_class_runs_in_which_nothing_split_say_that_the_pool_is_not_exhausted(
    tmp_path: Path,
) -> None:
    secret = SyntheticCell("first-touch", "secret", "memfd", classes=[0] * 5)
    control = SyntheticCell("first-touch", "memfd", "memfd", classes=[0] * 5)
    assert "pool not exhausted" in only(tmp_path, secret).warnings[0]
    assert only(tmp_path, control).warnings == ()


def test_a_failed_and_an_unsupported_cell_stay_in_the_results(record: Path) -> None:
    failed = rows(record)["create/anon:memfd"]
    assert (failed.runs, failed.failed) == (0, ("killed: \x1b[31mboom",))
    assert failed.treatment is None
    assert failed.ratio is None
    assert failed.warnings == ("1 of 1 runs failed",)
    assert rows(record)["create/hugetlb:memfd"].unsupported == "none reserved"


def test_an_exact_count_repeats_and_keeps_the_findings(record: Path) -> None:
    exact = rows(record)["lock-limit/secret"].exact
    assert exact is not None
    assert (exact.values, exact.repeats, exact.notes) == ((3,), True, {"rule": "one shared limit"})


def test_a_count_that_does_not_repeat_is_warned_of(tmp_path: Path) -> None:
    cell = SyntheticCell("density", "secret", None, base=7.5)
    path = write(tmp_path / "a.jsonl", Synthetic([cell]))
    path.write_text(path.read_text().replace("7.5", "8.5", 1))
    row = results(load([path]))[0]
    assert row.exact is not None
    assert (row.exact.values, row.exact.repeats) == ((7.5, 8.5), False)
    assert "did not" in row.warnings[0]


def test_what_runs_warned_of_travels_with_the_row_and_how_many_said_it(record: Path) -> None:
    row = rows(record)[name("access-latency", "anon", SMALL)]
    assert row.warnings == (f"12 of 12 runs: {REAL_TIME}",)


def test_a_campaign_without_an_end_line_was_cut_off(tmp_path: Path) -> None:
    cell = SyntheticCell("create", "secret", "memfd")
    assert only(tmp_path, cell, ended=False).stop == "cut off"


def test_values_that_are_not_positive_are_counted(tmp_path: Path) -> None:
    cell = SyntheticCell("access-width", "secret", "memfd", base=0.0)
    row = only(tmp_path, cell)
    assert row.ratio is not None
    assert np.isnan(row.ratio.estimate)
    assert "values that are not positive, their pairs left out of the ratio: 120" in row.warnings


def test_placement_of_both_arms_stands_beside_the_cost(record: Path) -> None:
    placement = rows(record)[name("access-latency", "secret", SMALL)].placement
    assert placement.treatment == placement.control == RegionPlacement(4, 2, 0.5)


def test_another_control_gives_unpaired_ratios_and_keeps_its_own_duets(tmp_path: Path) -> None:
    cells = [
        SyntheticCell("create", "anon", "memfd", base=1e-6, ratio=0.5, noise=0.01),
        SyntheticCell("create", "secret", "memfd", base=1e-6, ratio=4, noise=0.01),
        SyntheticCell("create", "secret", "anon", base=0.5e-6, ratio=8, noise=0.01),
    ]
    campaigns = load([write(tmp_path / "a.jsonl", Synthetic(cells))])
    anon, other, own = recontrolled(campaigns, "anon")
    assert anon.ratio is None
    assert other.ratio is not None
    assert own.ratio is not None
    assert (other.ratio.against, other.ratio.pairing) == ("anon", "unpaired")
    assert other.ratio.estimate == pytest.approx(8, rel=0.05)
    assert own.ratio.pairing == "medians"


def test_a_control_that_only_ever_stood_as_control_lends_its_arms(tmp_path: Path) -> None:
    cells = [
        SyntheticCell("create", "secret", "anon", base=1e-6, ratio=4),
        SyntheticCell("create", "secret", "memfd", base=2e-6, ratio=2),
    ]
    campaigns = load([write(tmp_path / "a.jsonl", Synthetic(cells))])
    ratio = recontrolled(campaigns, "anon")[1].ratio
    assert ratio is not None
    assert ratio.pairing == "unpaired"
    assert ratio.estimate == pytest.approx(4, rel=0.1)


def test_a_control_missing_at_these_parameters_is_said(record: Path) -> None:
    found = {row.cell: row for row in recontrolled(load([record]), "anon")}
    row = found[name("bandwidth", "secret", {"op": "read"})]
    assert row.ratio is None
    assert row.warnings == ("the control was not measured at these parameters",)


def test_an_unknown_control_is_refused_with_the_nearest(record: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'memfd'"):
        recontrolled(load([record]), "memfs")


def test_runs_of_two_files_of_one_environment_count_together(tmp_path: Path) -> None:
    cell = SyntheticCell("create", "secret", "memfd", ratio=3, noise=0.01, runs=4)
    paths = [
        write(tmp_path / f"{place}.jsonl", Synthetic([cell], id=f"{place:016x}"))
        for place in range(2)
    ]
    row = results(load(paths))[0]
    assert (row.runs, row.campaigns) == (8, ("0", "1"))
    assert row.ratio is not None
    assert row.ratio.warning == ""


def test_the_hodges_lehmann_estimate_is_that_of_the_raw_lines(tmp_path: Path) -> None:
    cell = SyntheticCell("bandwidth", "secret", "memfd", ratio=0.9, noise=0.05, base=1e9)
    raw = [line["values"] for line in lines(Synthetic([cell])) if line["kind"] == "run"]
    logs = [np.median(np.log(np.divide(values["treatment"], values["control"]))) for values in raw]
    walsh = [(a + b) / 2 for place, a in enumerate(logs) for b in logs[place:]]
    ratio = only(tmp_path, cell).ratio
    assert ratio is not None
    assert ratio.estimate == pytest.approx(np.exp(np.median(walsh)))
