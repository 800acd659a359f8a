# SPDX-License-Identifier: MIT
"""Victims on the running kernel: what they prove of their memory, and what they refuse.

Runs are as small as the metrics allow; each splits at most a few blocks.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .command import NATIVE, Line, call, run
from .sandbox import BPF, without_call

# A boot that has been used has many free pages in split blocks, all of which are held first.
BALLAST = "ballast_max_bytes=12884901888"
SMALL = ["pages=64", "block_pages=16", "slices=5", BALLAST]
A_A = ["memfd", "--control", "memfd"]
EFFECT = ["secret", "--control", "memfd"]

NO_BPF = without_call(BPF, errno.EPERM)
Before = Callable[[], None] | None

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root sees frame numbers")


def end(core: Path, metric: str, *arguments: str, before: Before = None) -> Line:
    """Return the last line of a run; skip where the kernel cannot give such memory."""
    done = call(core, "run", metric, *arguments, "--seed", "7", before=before)
    if done.returncode == 77:
        pytest.skip(done.stderr.strip())
    # What a boot that has been used cannot give any more, and no fault of the core's.
    spent = (
        "pool not exhausted", "could not grow", "do not fill up", "did not come", "too few",
        "Too many open files",
    )  # fmt: skip
    if any(words in done.stderr for words in spent):
        pytest.skip(f"no unsplit blocks left on this boot: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    line: Line = json.loads(done.stdout.splitlines()[-1])
    assert line["line"] == "end"
    return line


SHARES = r"""
#include "testbed/block_share.h"
#include <stdio.h>
#include <string.h>

/* blocks, then a bar, then members: prints the sorted blocks and the share within. */
int main(int argc, char **argv)
{
	uint64_t list[2][64];
	size_t count[2] = { 0, 0 }, part = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "|"))
			part = 1;
		else if (sscanf(argv[i], "%lu", (unsigned long *)&list[part][count[part]]) == 1)
			count[part]++;
	}
	count[0] = blocks_sort(list[0], count[0]);
	for (size_t i = 0; i < count[0]; i++)
		printf("%lu ", (unsigned long)list[0][i]);
	printf("| %g\n", share_within(list[1], count[1], list[0], count[0]));
	return 0;
}
"""


@pytest.fixture(scope="session")
def shares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the arithmetic of membership alone, to be given lists by hand."""
    folder = tmp_path_factory.mktemp("membership")
    (folder / "main.c").write_text(SHARES)
    main, program = folder / "main.c", folder / "shares"
    compiler = os.environ.get("CC", "cc")
    parts = [str(NATIVE / "testbed" / "block_share.c"), str(NATIVE / "memory" / "array.c")]
    flags = ("-Wall", "-Werror", "-I", str(NATIVE))
    done = call(Path(compiler), *flags, str(main), *parts, "-o", str(program))
    assert done.returncode == 0, done.stderr
    return program


@pytest.mark.parametrize(
    ("lists", "printed"),
    [
        ("7 3 7 5 | 3 5 7 8", "3 5 7 | 0.75"),
        ("3 | 3 3 3", "3 | 1"),
        ("3 5 | 2 4 6", "3 5 | 0"),
        ("| 1 2", "| 0"),
        ("1 2 |", "1 2 | 0"),
        ("18446744073709551615 1 | 1 18446744073709551615", "1 18446744073709551615 | 1"),
    ],
)
def test_shares_are_counted_right_on_lists_made_by_hand(
    shares: Path, lists: str, printed: str
) -> None:
    done = call(shares, *lists.split())
    assert done.stdout.strip() == printed


def test_a_new_victim_is_one_file_and_a_dose_finds_it(walked: Path) -> None:
    metrics = {m["name"]: m for m in json.loads(call(walked, "list").stdout)["metrics"]}
    assert metrics["victim-symlink"]["params"][1]["default"] == 64
    (choices,) = [p["choices"] for p in metrics["victim-dose"]["params"] if p["name"] == "victim"]
    others = [name.removeprefix("victim-") for name in metrics if name.startswith("victim-")]
    assert sorted(choices) == [name for name in others if name not in {"dose", "doses"}]
    dose = ("victim=symlink", "dose_bytes=0", "pages=16", "slices=5")
    ran = run(walked, "victim-dose", "memfd", "--control", "memfd", *dose)
    assert ran[-1]["operations"]["treatment"] == 16 * (5 - ran[-1]["dropped"])
    assert not list(Path("/dev/shm").glob("victim-*"))  # noqa: S108


@root_only
def test_a_a_proves_both_sets_unsplit(core: Path) -> None:
    line = end(core, "victim-packet-ring", *A_A, *SMALL)
    notes = line["notes"]
    assert (notes["share_in_split_a"], notes["share_in_split_b"]) == (0, 0)
    assert (notes["mapped_4k_a"], notes["mapped_4k_b"]) == (0, 0)
    assert notes["proved"] is notes["page_tables_read"] is True
    assert notes["split_here"] == notes["of_these_unsplit_before"] == 0
    for arm in ("treatment", "control"):
        assert line["placement"][arm]["pages"] == 64
        assert line["placement"][arm]["blocks_2m"] == 4


@root_only
def test_the_treatment_lies_in_blocks_that_this_run_split_and_the_control_does_not(
    core: Path,
) -> None:
    line = end(core, "victim-packet-ring", *EFFECT, *SMALL)
    notes = line["notes"]
    assert (notes["share_in_split_a"], notes["share_in_split_b"]) == (0, 1)
    # The page tables say it of every page; the counter, of each block with its first secret page.
    assert (notes["mapped_4k_a"], notes["mapped_4k_b"]) == (0, 1)
    assert notes["split_here"] == notes["of_these_unsplit_before"] >= notes["blocks"] == 4
    assert line["counters"]["direct_map_level2_splits"] >= 4
    assert notes["pages_per_block"] == 16
    assert notes["user_ratio"] > 0


@root_only
def test_where_page_tables_cannot_be_read_the_counter_of_splits_is_the_proof(core: Path) -> None:
    line = end(core, "victim-packet-ring", *A_A, *SMALL, before=NO_BPF)
    notes = line["notes"]
    assert notes["page_tables_read"] is False
    assert not [name for name in notes if name.startswith("mapped_")]
    assert notes["proved"] == (notes["splits_by_others"] == 0)
    assert notes["split_here"] == notes["of_these_unsplit_before"] == 2


@root_only
@pytest.mark.parametrize(
    ("arguments", "witness"),
    [
        (["victim-page-cache"], "the pages themselves"),
        (["victim-page-tables"], "frames that became page tables as they were made"),
        (["victim-page-tables", "work=fork"], "frames that became page tables as they were made"),
    ],
)
def test_page_cache_and_page_tables_are_proved_too(
    core: Path, arguments: list[str], witness: str
) -> None:
    metric, *params = arguments
    line = end(core, metric, *EFFECT, *SMALL, *params)
    notes = line["notes"]
    assert notes["witness"] == witness
    assert notes["proved"] is True
    assert (notes["share_in_split_a"], notes["share_in_split_b"]) == (0, 1)
    assert (notes["mapped_4k_a"], notes["mapped_4k_b"]) == (0, 1)
    assert line["operations"]["treatment"] == 64 * (5 - line["dropped"])
    assert line["placement"]["control"]["pages"] == 64
    assert notes["user_ratio"] > 0


@root_only
@pytest.mark.parametrize(
    "arguments",
    [
        ["victim-pipe"],
        ["victim-slab"],
        ["victim-socket"],
        ["victim-socket", "family=tcp"],
    ],
)
def test_objects_are_witnessed_in_their_blocks_and_never_called_proved(
    core: Path, arguments: list[str]
) -> None:
    metric, *params = arguments
    notes = end(core, metric, *A_A, *SMALL, *params)["notes"]
    assert (notes["share_in_split_a"], notes["share_in_split_b"]) == (0, 0)
    assert notes["proved"] is False
    assert notes["witness"] == "ring pages made before and after, in one block"
    assert (notes["mapped_4k_a"], notes["mapped_4k_b"]) == (0, 0)
    assert notes["split_here"] == notes["of_these_unsplit_before"] == 0
    assert "user_ratio" not in notes


def test_movable_page_cache_is_refused_with_the_way_to_measure_it(core: Path) -> None:
    done = call(core, "run", "victim-page-cache", *EFFECT, "file=tmpfs")
    assert done.returncode == 77
    assert "do not come into the unmovable blocks" in done.stderr
    assert "victim-dose" in done.stderr


DOSE = ["dose_bytes=1048576", "pages=64", "slices=5"]


@pytest.mark.parametrize(
    "victim", ["packet-ring", "page-cache", "page-tables", "slab", "socket", "pipe"]
)
@root_only
def test_every_victim_works_on_while_a_dose_is_held(core: Path, victim: str) -> None:
    line = end(core, "victim-dose", *EFFECT, *DOSE, f"victim={victim}")
    notes = line["notes"]
    assert line["operations"]["treatment"] == line["operations"]["control"] > 0
    assert 0 <= notes["dose_splits_2m"] <= line["counters"]["direct_map_level2_splits"]
    assert ("pool" in notes) == (notes["dose_splits_2m"] == 0)
    assert ("share_in_dose" in notes) == (victim in {"packet-ring", "page-cache"})
    assert ("mapped_4k_after" in notes) == (victim in {"packet-ring", "page-cache"})
    assert "proved" not in notes


@root_only
def test_a_dose_falls_into_the_holes_between_what_a_ballast_found_unsplit(core: Path) -> None:
    holes = ["dose_bytes=262144", BALLAST, "block_pages=16", *DOSE[1:]]
    # What others free meanwhile takes a page of the dose now and then: not three times.
    for _ in range(3):
        notes = end(core, "victim-dose", *EFFECT, *holes)["notes"]
        if notes["share_in_dose"] == 1:
            break
    assert notes["share_in_dose"] == 1
    assert (notes["mapped_4k_before"], notes["mapped_4k_after"]) == (0, 1)
    assert notes["dose_splits_2m"] >= 4
    assert notes["ballast_bytes"] > 0


def test_movable_pages_are_refused_where_a_ballast_is_asked_for(core: Path) -> None:
    words = ["victim=page-cache", "ballast_max_bytes=1048576"]
    done = call(core, "run", "victim-dose", *EFFECT, *words)
    assert done.returncode == 77
    assert "movable" in done.stderr


@root_only
def test_a_dose_of_ordinary_memory_splits_nothing_and_none_needs_no_consent(core: Path) -> None:
    line = end(core, "victim-dose", *A_A, *DOSE)
    assert "pool" not in line["notes"]
    # Others may split meanwhile, and seldom do.
    assert line["notes"]["dose_splits_2m"] < 64
    none = json.loads(call(core, "need", "victim-dose", *EFFECT, "dose_bytes=0").stdout)
    some = json.loads(call(core, "need", "victim-dose", *EFFECT, "dose_bytes=268435456").stdout)
    assert (none["secret_bytes"], some["secret_bytes"]) == (0, 268435456)
    assert (some["ballast_bytes"], some["bytes"]) == (0, 2 * 268435456)
    holes = ["dose_bytes=8192", "ballast_max_bytes=1048576"]
    aged = json.loads(call(core, "need", "victim-dose", *EFFECT, *holes).stdout)
    assert (aged["splits"], aged["bytes"]) == (2, 2 * 8192 + 1048576)


@root_only
def test_a_ballast_that_may_not_grow_says_that_the_pool_was_not_exhausted(core: Path) -> None:
    done = call(core, "run", "victim-packet-ring", *A_A, "ballast_max_bytes=1048576")
    assert done.returncode == 1
    assert done.stderr.startswith("pool not exhausted: ")
    assert "ballast_max_bytes allows 1 MiB" in done.stderr


@root_only
def test_running_out_of_memory_while_the_ballast_grows_is_said(core: Path) -> None:
    limited = [f"--as={32 << 20}", "--"]
    done = call(Path("prlimit"), *limited, str(core), "run", "victim-packet-ring", *A_A, *SMALL)
    assert done.returncode == 1
    assert "the ballast could not grow beyond" in done.stderr
    assert "memory was given back" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["secret"], "name the control"),
        (["secret", "--control", "secret"], "memory outside split blocks: take memfd"),
        (["anon", "--control", "memfd"], "knows the mode secret, and a mode beside itself"),
        (["secret-flushed", "--control", "memfd"], "one hot line"),
    ],
)
def test_what_is_no_duet_of_split_and_unsplit_is_refused_in_words(
    core: Path, arguments: list[str], words: str
) -> None:
    done = call(core, "run", "victim-packet-ring", *arguments)
    assert done.returncode == 77
    assert words in done.stderr
    assert done.stdout == ""


@root_only
def test_without_root_the_reason_is_that_nothing_could_be_proved(core: Path) -> None:
    done = call(
        Path("setpriv"),
        "--reuid=65534",
        "--clear-groups",
        str(core),
        "run",
        "victim-packet-ring",
        *A_A,
    )
    if "setpriv" in done.stderr:
        pytest.skip("another user may not run what lies here")
    assert done.returncode == 77
    assert "only root sees" in done.stderr


@root_only
@pytest.mark.parametrize(
    ("modes", "before", "secret_bytes", "splits"),
    [
        (EFFECT, None, 8388608, 8),
        (A_A, None, 0, 0),
        (EFFECT, NO_BPF, 8388608, 8),
        (A_A, NO_BPF, 2 * 32 * 4096, 2),
    ],
)
def test_need_says_the_splits_and_how_much_ballast_this_boot_asks_for(
    core: Path, modes: list[str], before: Before, *, secret_bytes: int, splits: int
) -> None:
    def need(**params: int) -> Line:
        words = [f"{name}={value}" for name, value in params.items()]
        done = call(core, "need", "victim-packet-ring", *modes, *words, before=before)
        found: Line = json.loads(done.stdout)
        return found

    # Where page tables cannot be read two blocks more have to show that they were whole.
    others = 4 if before else 2
    usual, twice = need(), need(pages=7168)
    assert usual["secret_bytes"] == usual["secret_held_bytes"] == secret_bytes
    assert usual["splits"] == splits
    assert usual["growth_bytes"] == (16 + others) << 21
    assert twice["growth_bytes"] == (32 + others) << 21
    assert usual["ballast_bytes"] == 1 << 30
    # Both sets, and what lies free: others take and give meanwhile.
    assert usual["bytes"] >= (16 + others) << 21
    least = need(ballast_max_bytes=1 << 20)
    assert least["bytes"] - (secret_bytes if modes is EFFECT else 0) == 1 << 20


def test_need_of_other_metrics_asks_for_no_ballast(core: Path) -> None:
    need = json.loads(call(core, "need", "create", *EFFECT).stdout)
    assert (need["ballast_bytes"], need["growth_bytes"], need["splits"]) == (0, 0, 0)


@root_only
def test_a_ballast_that_could_not_grow_is_given_back_to_the_last_byte(sanitized: Path) -> None:
    done = call(sanitized, "run", "victim-page-tables", *A_A, "ballast_max_bytes=1048576")
    assert done.returncode == 1
    assert done.stderr.startswith("pool not exhausted: ")
    assert "Sanitizer" not in done.stderr


@root_only
def test_sanitizers_find_nothing_in_a_victim(sanitized: Path) -> None:
    assert end(sanitized, "victim-packet-ring", *A_A, *SMALL)["notes"]["blocks"] == 4
