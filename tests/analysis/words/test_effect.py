# SPDX-License-Identifier: MIT
import math
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.read.load import load
from analysis.result.compute import results
from analysis.result.effect import Effect, Seen
from analysis.stats.interval import RestsOn
from analysis.words.effect import (
    difference_words,
    ratio_words,
    reached,
    rests_words,
    seen_words,
    shift_words,
    wanted,
)

from ..recording import Synthetic, SyntheticCell, write

LOSS = SyntheticCell(
    "neighbour-loss", "secret", "memfd", {"use": "faults"}, 0.0, loss=9e-6, noise=0.05
)


def ratio(low: float, high: float, seen: Seen = "worse", smallest: float = 0.004) -> Effect:
    return Effect(
        against="memfd",
        pairing="pairs",
        estimate=math.sqrt(low * high),
        low=low,
        high=high,
        level=0.95,
        runs=12,
        half_width=math.log(high / low) / 2,
        smallest_seen=smallest,
        seen=seen,
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (ratio(5.1, 5.5), "5.3x memfd [5.1, 5.5]"),
        (ratio(0.999, 1.003, "none"), "1.001x memfd [0.999, 1.003]"),
        (ratio(150, 180), "164x memfd [150, 180]"),
        (ratio(52.91, 52.99), "52.9x memfd [52.9, 53.0]"),
        (ratio(1.0001, 1.0003), "1.0002x memfd [1.0001, 1.0003]"),
        (ratio(1.0, 1.0, "none"), "1.000x memfd [1.000, 1.000]"),
        (ratio(0.2, 7.0, "none"), "1x memfd [0, 7]"),
    ],
)
def test_a_ratio_has_as_many_digits_as_its_interval_warrants(found: Effect, words: str) -> None:
    assert ratio_words(found) == words


def test_a_ratio_of_one_run_has_no_interval() -> None:
    one = Effect("memfd", "pairs", 1.5, math.nan, math.nan, 0, 1, math.nan, math.nan, "unknown")
    assert ratio_words(one) == "1.50x memfd"
    assert seen_words(one) == "too few runs"


def test_a_ratio_that_does_not_exist_is_unknown() -> None:
    nan = math.nan
    none = Effect("memfd", "pairs", nan, nan, nan, 0, 0, nan, nan, "unknown", "no run with a value")
    assert ratio_words(none) == "unknown against memfd"


def test_an_unpaired_ratio_says_so() -> None:
    found = Effect("anon", "unpaired", 2, 1.5, 2.5, 0.95, 12, 0.25, 0.4, "worse")
    assert ratio_words(found) == "2.0x anon unpaired [1.5, 2.5]"


@pytest.mark.parametrize(
    ("seen", "words"),
    [("none", "none > 0.4 %"), ("worse", "worse"), ("better", "better")],
)
def test_no_difference_is_never_said_without_the_smallest_visible_one(
    seen: Seen, words: str
) -> None:
    assert seen_words(ratio(0.99, 1.01, seen)) == words


@pytest.mark.parametrize(
    ("smallest", "resolution", "unit", "said"),
    [
        (4e-4, 4e-4, "", "alike to 0.04 %"),
        (0.0, None, "", "runs alike, timer's step unknown"),
        (0.0, 0.0, "", "none, runs alike"),
        (5e-13, 5e-13, "s", "alike to 0.500 ps"),
        (2e-7, 5e-13, "s", "none > 200 ns"),
        (0.0, 0.0, "1", "none in any run"),
    ],
)
def test_runs_alike_to_the_last_digit_are_alike_to_a_step_of_the_timer(
    smallest: float, resolution: float | None, unit: str, said: str
) -> None:
    alike = replace(ratio(1.0, 1.0, "none", smallest=smallest), resolution=resolution)
    assert seen_words(replace(alike, half_width=0.0), unit) == said


def test_an_effect_that_moved_from_one_side_to_the_other_is_neither_better_nor_worse() -> None:
    moved = replace(ratio(0.8, 0.9, "moved"), began=0.74, ended=1.036)
    assert seen_words(moved) == "moved, 0.740x to 1.036x"
    loss = replace(found(1e-7, -1e-8, 2e-7, "moved"), began=-2e-7, ended=4e-7)
    assert seen_words(loss, "s") == "moved, -200 ns to 400 ns"


def test_what_an_interval_rests_on_is_said_in_words() -> None:
    on = RestsOn(32, 0.59, 0.0002, -0.16, 0.38, 0.0, 3.5, 2.6)
    assert rests_words(on) == (
        "32 runs, worth 2.6 that are independent: lag +0.59 (p = 0.0002), trend -0.16 (p = 0.38); "
        "the interval is 3.50 times as wide"
    )
    assert ", taken out;" in rests_words(replace(on, slope=1e-3))


def found(estimate: float, low: float, high: float, seen: Seen = "worse") -> Effect:
    return Effect("memfd", "medians", estimate, low, high, 0.95, 12, 1e-7, 2e-7, seen)


@pytest.mark.parametrize(
    ("each", "said"),
    [
        (found(9.06e-6, 8.91e-6, 9.2e-6), "+9.1 us over memfd [+8.9, +9.2]"),
        (found(4e-9, -3e-9, 9e-9), "+4 ns over memfd [-3, +9]"),
        (found(-2e-3, -3e-3, -1e-3), "-2 ms over memfd [-3, -1]"),
        (found(9e-6, math.nan, math.nan), "+9.00 us over memfd"),
        (found(math.nan, math.nan, math.nan), "unknown against memfd"),
    ],
)
def test_a_difference_is_said_in_one_unit(each: Effect, said: str) -> None:
    assert difference_words(each, "s") == said


def test_a_count_has_no_unit() -> None:
    assert shift_words(found(3.0, 2.0, 4.0), "1") == "+3 [+2, +4]"


@pytest.mark.parametrize(
    ("seen", "said"), [("none", "none > 200 ns"), ("worse", "worse"), ("unknown", "too few runs")]
)
def test_no_difference_stands_beside_the_smallest_in_its_unit(seen: Seen, said: str) -> None:
    assert seen_words(found(0.0, -1e-7, 1e-7, seen), "s") == said


def test_a_width_is_said_in_the_unit_and_a_target_that_was_not_set_as_more_runs(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "a.jsonl", Synthetic([LOSS]))
    path.write_text(path.read_text().replace('"half_width": 0.02', '"half_width": null'))
    row = results(load([path]))[0]
    assert reached(row).endswith(" ns")
    assert wanted(row) == "more runs"
