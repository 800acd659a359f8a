import math

import pytest

from analysis.result.effect import Effect, Seen
from analysis.words.effect import ratio_words, seen_words
from analysis.words.quantity import percent
from analysis.words.row import Footnotes


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


def test_runs_that_are_alike_to_the_last_digit_set_no_limit() -> None:
    assert seen_words(ratio(1.0, 1.0, "none", smallest=0.0)) == "none, runs alike"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.00071, "0.071 %"), (0.004, "0.4 %"), (0.0123, "1.2 %"), (0.1, "10 %"), (1.5, "150 %")],
)
def test_a_share_is_in_per_cent_with_two_digits(share: float, words: str) -> None:
    assert percent(share) == words


def test_the_same_footnote_has_one_number() -> None:
    notes = Footnotes()
    assert notes.marks(["a", "b"]) == "[1][2]"
    assert notes.marks(["c", "a"]) == "[1][3]"
    assert notes.texts == ["a", "b", "c"]
