# SPDX-License-Identifier: MIT
import pytest

from bench.plans import size


@pytest.mark.parametrize(
    ("text", "len_bytes"),
    [("4096", 4096), ("16KiB", 16384), ("64 MiB", 2**26), ("1GiB", 2**30), ("7B", 7), ("0", 0)],
)
def test_a_size_is_read_as_people_write_it(text: str, len_bytes: int) -> None:
    assert size.parse(text) == len_bytes


@pytest.mark.parametrize("text", ["", "16KB", "16kib", "-1", "1.5MiB", "MiB", "0x10"])
def test_what_is_no_size_is_none(text: str) -> None:
    assert size.parse(text) is None


def test_a_size_is_shown_in_its_largest_unit() -> None:
    shown = [size.show(n) for n in (0, 1023, 16384, 3 * 2**19, 2**26, 2**40)]
    assert shown == ["0 B", "1023 B", "16 KiB", "1.5 MiB", "64 MiB", "1 TiB"]
