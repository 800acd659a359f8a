# SPDX-License-Identifier: MIT
import re
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.consent import secret as consent
from bench.consent.secret import Demand
from bench.core import Core
from bench.environment.fact import Files
from bench.error import BenchError
from bench.plans.plan import parse_cell

MIB = 2**20


def files(root: Path, capabilities: str = "0", available_kb: int = 10**6) -> Files:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemAvailable: {available_kb} kB\n")
    (root / "proc/self/status").write_text(f"CapEff:\t{capabilities}\n")
    return Files(root)


@pytest.fixture
def memlock_8_mib() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (8 * MIB, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_MEMLOCK, before)


def test_the_demand_is_the_sum_over_runs_and_the_most_at_once(fake_core: Path) -> None:
    core = Core(fake_core)
    catalogue = core.catalogue()
    names = {"latency/secret/len_bytes=1MiB": 10, "latency/secret/len_bytes=4KiB": 3,
             "latency/anon/len_bytes=1MiB": 99}  # fmt: skip
    planned = [(parse_cell(name, catalogue), runs) for name, runs in names.items()]
    assert consent.demand(core, planned) == Demand(10 * MIB + 3 * 4096, MIB)


def test_up_to_8_mib_nobody_is_asked() -> None:
    consent.obtain(Demand(8 * MIB, 8 * MIB), accepted=False, ask=None)


def test_more_needs_a_yes_and_says_how_much_and_for_how_long() -> None:
    with pytest.raises(
        BenchError, match=r"9 MiB .* in all, .* 2 MiB at once; .*until reboot.*--yes"
    ):
        consent.obtain(Demand(9 * MIB, 2 * MIB), accepted=False, ask=None)


def test_a_yes_given_beforehand_is_not_asked_for_again() -> None:
    def ask(_question: str) -> bool:
        pytest.fail("was asked")

    consent.obtain(Demand(9 * MIB, 2 * MIB), accepted=True, ask=ask)


def test_a_person_is_asked_and_a_no_runs_nothing() -> None:
    asked: list[str] = []

    def answer(question: str) -> bool:
        asked.append(question)
        return len(asked) == 1

    consent.obtain(Demand(9 * MIB, 2 * MIB), accepted=False, ask=answer)
    with pytest.raises(BenchError, match="nothing was run"):
        consent.obtain(Demand(9 * MIB, 2 * MIB), accepted=False, ask=answer)
    assert re.search("last until reboot. Go on?", asked[0])


def test_a_size_beyond_memory_names_the_cell_and_what_there_is(
    tmp_path: Path, fake_core: Path
) -> None:
    core = Core(fake_core)
    cell = parse_cell("latency/anon/len_bytes=1GiB", core.catalogue())
    with pytest.raises(BenchError, match=r"^latency/anon:memfd/len_bytes=1073741824: needs 1 GiB"):
        consent.demand(core, [(cell, 1)], files(tmp_path))


@pytest.mark.usefixtures("memlock_8_mib")
def test_secret_memory_beyond_what_may_be_locked_is_said_and_refuses_nothing(
    tmp_path: Path, fake_core: Path
) -> None:
    core = Core(fake_core)
    cell = parse_cell("latency/secret/len_bytes=9MiB", core.catalogue())
    wanted = consent.demand(core, [(cell, 1)], files(tmp_path))
    assert wanted.beyond_limit == 1
    assert wanted.shortage.startswith("1 cells hold more secret memory than may be locked here")


@pytest.mark.usefixtures("memlock_8_mib")
def test_who_may_lock_without_limit_is_not_held_to_it(tmp_path: Path, fake_core: Path) -> None:
    core = Core(fake_core)
    cell = parse_cell("latency/secret/len_bytes=9MiB", core.catalogue())
    wanted = consent.demand(core, [(cell, 1)], files(tmp_path, capabilities="4000"))
    assert wanted.held_bytes == 9 * MIB
