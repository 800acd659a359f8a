# SPDX-License-Identifier: MIT
"""Models of TLBs and caches without a guest: against their own sizes, and against a plain one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from .lab import Tool

MODELS = sorted((Path(__file__).parents[2] / "bench" / "tlb" / "models").glob("*.toml"))
PAGE_BYTES = {"4k": 1 << 12, "2m": 1 << 21, "1g": 1 << 30}
PLAIN = "t: l1 4k+2m+1g 64x64; l2 4k+2m 2048x8"


def line_of(path: Path) -> str:
    return f"{path.stem}: {tomllib.loads(path.read_text())['line']}"


def arrays(line: str) -> list[tuple[str, str, int, int, str]]:
    """Level, a page size that it holds, entries, ways, options."""
    found = re.findall(r"(l[12]) (\S+) (\d+)x(\d+)([^;]*)", line)
    return [
        (level, size, int(entries), int(ways), options)
        for level, sizes, entries, ways, options in found
        for size in sizes.split("+")
    ]


def passes(
    pages: int, page_bytes: int, size: str, *, word: str = "load", times: int = 3
) -> list[str]:
    return [
        f"{word} {place * page_bytes:x} {size}" for _ in range(times) for place in range(pages)
    ]  # fmt: skip


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_says_what_it_is_and_where_it_comes_from(tool: Tool, path: Path) -> None:
    told = tomllib.loads(path.read_text())
    assert set(told) == {"about", "line", "source"}
    assert (
        re.search(r"CPUID|Manual|Chips and Cheese", told["source"]) or "As zen3" in told["source"]
    )
    done = tool.check(line_of(path))
    assert (done.returncode, done.stdout.strip()) == (0, line_of(path))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_each_array_holds_as_many_pages_as_it_has_entries_and_not_one_more(
    tool: Tool, path: Path
) -> None:
    """Pages in a row, passed over again and again, as exact LRU with plain sets has it."""
    line = line_of(path)
    for level, size, entries, ways, options in arrays(line):
        if "1g-as-2m" in options and size == "1g":
            continue
        word = "store" if "stores" in options else "load"
        bytes_of = PAGE_BYTES[size]
        fits = tool.play(line, passes(entries, bytes_of, size, word=word))
        over = tool.play(line, passes(entries + entries // ways, bytes_of, size, word=word))
        count = "misses" if level == "l1" else "walks"
        assert getattr(fits, count) == entries, (level, size)
        # One more in each set: each is thrown out just before it is wanted.
        assert getattr(over, count) == 3 * (entries + entries // ways), (level, size)


def test_loads_and_stores_may_have_arrays_of_their_own(tool: Tool) -> None:
    line = "t: l1 4k+2m+1g 64x64 loads; l1 4k+2m+1g 16x16 stores; l2 4k 2048x8"
    assert tool.play(line, passes(64, 4096, "4k")).misses == 64
    assert tool.play(line, passes(17, 4096, "4k", word="store")).misses == 3 * 17
    # What the other array has is in the second level.
    both = [*passes(8, 4096, "4k", times=1), *passes(8, 4096, "4k", word="store", times=1)]
    assert tool.play(line, both)[:2] == (16, 8)


def test_a_page_of_1g_takes_an_entry_for_each_2m_where_a_model_says_so(tool: Tool) -> None:
    spread = [f"load {place << 21:x} 1g" for _ in range(3) for place in range(128)]
    assert tool.play("t: l1 4k+2m+1g 64x64", spread).misses == 1
    assert tool.play("t: l1 4k+2m+1g 64x64 1g-as-2m", spread).misses == 3 * 128


def test_four_neighbours_share_an_entry_only_where_they_lie_in_a_row(tool: Tool) -> None:
    line = "t: l1 4k+2m+1g 64x64 4k-joined"
    apart = passes(256, 4096, "4k")
    joined = [f"{access} joinable" for access in apart]
    assert tool.play(line, joined).misses == 64
    assert tool.play(line, apart).misses == 3 * 256
    assert tool.play(PLAIN, joined).misses == 3 * 256


def test_a_flush_forgets_what_is_local_and_flush_all_everything(tool: Tool) -> None:
    both = ["load 1000 4k", "load 2000 4k local"]
    assert tool.play(PLAIN, [*both, *both]).walks == 2
    assert tool.play(PLAIN, [*both, "flush", *both]).walks == 3
    assert tool.play(PLAIN, [*both, "flush-all", *both]).walks == 4


def test_a_cache_holds_as_many_lines_as_fit_and_evicts_what_it_is_told(tool: Tool) -> None:
    line = "t: l1 4k+2m+1g 64x64; cache 32K/8 256K/8"

    def lines(count: int) -> list[str]:
        return [f"line {place * 64:x}" for _ in range(3) for place in range(count)]

    assert tool.play(line, lines(4096)).trips == 4096
    assert tool.play(line, lines(4096 + 512)).trips == 3 * (4096 + 512)
    assert tool.play(line, ["line 40", "line 7f", "evict 41", "line 40"]).trips == 2
    assert tool.play("t: l1 4k+2m+1g 64x64; cache 32K/8", lines(512)).trips == 512


class Lru:
    """The same, written as plainly as it can be."""

    def __init__(self, sets: int, ways: int) -> None:
        self.ways, self.sets = ways, [[0] * 0 for _ in range(sets)]

    def hit(self, page: int) -> bool:
        found = self.sets[page % len(self.sets)]
        known = page in found
        if known:
            found.remove(page)
        found.append(page)
        del found[: -self.ways]
        return known


@settings(max_examples=60, deadline=None)
@given(
    pages=st.lists(st.integers(0, 40), min_size=1, max_size=300),
    first=st.sampled_from([(1, 4), (2, 2), (4, 1)]),
    second=st.sampled_from([(4, 4), (8, 2), (3, 4)]),
)
def test_any_accesses_come_to_what_a_plain_lru_makes_of_them(
    tool: Tool, pages: list[int], first: tuple[int, int], second: tuple[int, int]
) -> None:
    line = (
        f"t: l1 4k+2m+1g {first[0] * first[1]}x{first[1]}; "
        f"l2 4k {second[0] * second[1]}x{second[1]}"
    )
    one, two = Lru(*first), Lru(*second)
    misses = [page for page in pages if not one.hit(page)]
    walks = [page for page in misses if not two.hit(page)]
    played = tool.play(line, [f"load {page << 12:x} 4k" for page in pages])
    assert played[:2] == (len(misses), len(walks))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("l1 4k+2m+1g 64x64", "begins with its name"),
        ("Zen: l1 4k+2m+1g 64x64", "begins with its name"),
        ("t:", "does not hold loads and stores"),
        ("t: ;", "empty"),
        ("t: l1", "needs its pages"),
        ("t: l1 4k", "needs its pages"),
        ("t: l1 4k 64x4", "does not hold loads and stores of 4k, 2m and 1g"),
        ("t: l1 4k+2m+1g 64x5", "entries x ways"),
        ("t: l1 4k+2m+1g 0x4", "entries x ways"),
        ("t: l1 4k+2m+1g 64x0", "entries x ways"),
        ("t: l1 4k+2m+1g 99999999x1", "entries x ways"),
        ("t: l1 4k+2m+1g 64", "entries x ways"),
        ("t: l1 8k 64x4", "pages are 4k, 2m, 1g"),
        ("t: l1 4k+2m+1g 64x4 fast", "options are"),
        ("t: l3 4k 64x4", "begins with l1, l2 or cache"),
        ("t: l1 4k+2m+1g 64x4; l1 4k 4x4", "hold the same pages"),
        ("t: l1 4k+2m+1g 64x4; cache 32K", "bytes/ways"),
        ("t: l1 4k+2m+1g 64x4; cache 32G/8", "bytes/ways"),
        ("t: l1 4k+2m+1g 64x4; cache 33K/64", "no multiple"),
        ("t: l1 4k+2m+1g 64x4; cache 1K/1 1K/1 1K/1 1K/1 1K/1", "more than 4 levels"),
        ("t: l1 4k+2m+1g 64x4" + "; l2 4k 64x4" * 12, "hold the same pages|more than 12"),
        ("t: " + "l" * 1000, "less than 960"),
    ],
)  # fmt: skip
def test_a_line_that_makes_no_model_is_refused_in_words(tool: Tool, line: str, said: str) -> None:
    done = tool.check(line)
    assert done.returncode == 1
    assert re.search(said, done.stderr)
    assert done.stderr.count("\n") == 1
