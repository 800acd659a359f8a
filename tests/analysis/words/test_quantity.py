# SPDX-License-Identifier: MIT
import math

import pytest

from analysis.words.quantity import (
    between,
    changes,
    parameter,
    percent,
    quantity,
    size,
    tick,
    times,
)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (11.4e-6, "s", "11.4 us"),
        (1.13e-9, "s", "1.13 ns"),
        (280e-12, "s", "280 ps"),
        (0.99961e-6, "s", "1.00 us"),
        (0.0, "s", "0 s"),
        (21.5e9, "B/s", "21.5 GB/s"),
        (262144.0, "1", "262144"),
        (math.nan, "1", "-"),
    ],
)
def test_a_value_is_printed_in_the_unit_that_people_read(
    value: float, unit: str, text: str
) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("len_bytes", "text"), [(64, "64 B"), (16384, "16 KiB"), (1536, "1.5 KiB"), (1 << 30, "1 GiB")]
)
def test_a_size_is_printed_in_binary_units(len_bytes: int, text: str) -> None:
    assert size(len_bytes) == text


def test_a_tick_leaves_out_zeros_that_say_nothing() -> None:
    assert tick(1e-8, "s") == "10 ns"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.0041, "1.004x"),
        (5.183, "5.18x"),
        (612.3, "612x"),
        (0.5, "0.50x"),
        (0.02871, "0.0287x"),
        (0.0003, "0.000300x"),
    ],
)
def test_a_ratio_has_the_digits_that_matter(ratio: float, text: str) -> None:
    assert times(ratio) == text


def test_an_interval_that_is_not_known_is_a_dash() -> None:
    assert between(math.nan, math.nan, "s") == "-"
    assert changes(math.nan, 1.0) == "-"
    assert changes(0.99, 1.02) == "-1 to +2 %"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("len_bytes", 65536, "64 KiB"),
        ("order", "page-local", "page-local"),
        ("classes", "on", "classes on"),
        ("threads", 1, "1 thread"),
        ("threads", 2, "2 threads"),
        ("others", "busy", "other CPUs busy"),
    ],
)
def test_a_parameter_is_said_in_words(name: str, value: int | str, text: str) -> None:
    assert parameter(name, value) == text


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.00071, "0.071 %"), (0.004, "0.4 %"), (0.0123, "1.2 %"), (0.1, "10 %"), (1.5, "150 %")],
)
def test_a_share_is_in_per_cent_with_two_digits(share: float, words: str) -> None:
    assert percent(share) == words
