# SPDX-License-Identifier: MIT
"""The timer's step and its cost: found where they are known, and kept out of what is measured."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from .command import call, run, values
from .patched import patched

if TYPE_CHECKING:
    from pathlib import Path

COARSE_TICKS = 24.5
"""As on an AMD guest, whose readings move by 24 or 25 ticks."""

READING_TICKS, LOAD_TICKS, TOUCH_TICKS = 1000, 10, 5000
"""Of a counter that is no clock: it goes on by what is done, and by each reading of it."""


@pytest.fixture(scope="module")
def coarse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A core whose counter moves by steps."""
    reading = "ticks = __builtin_ia32_rdtsc();"
    rounded = reading + "\n\tticks = ticks * 2 / 49 * 49 / 2;"
    return patched(tmp_path_factory.mktemp("coarse"), {"measure/arch.h": {reading: rounded}})


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A core in which each load, touch and reading takes as many ticks as are known."""
    # The least and the last of the loop, so that all of it is one section between two readings.
    changes = {
        "measure/arch.h": {
            "#include <cpuid.h>": "#include <cpuid.h>\n__attribute__((weak)) uint64_t known_ticks;",
            "ticks = __builtin_ia32_rdtsc();": f"ticks = known_ticks += {READING_TICKS};",
        },
        "measure/chase.c": {
            "for (uint64_t n = loads / 100; n; n--) {":
            f"for (uint64_t n = loads / 100; n; n--) {{ known_ticks += {100 * LOAD_TICKS};",
        },
        # No clock goes with such a counter: a tick is a nanosecond.
        "measure/timer.c": {
            "return (double)(now_ns() - ns) * 1e-9 / (double)(arch_counter() - ticks);":
            "(void)ticks;\n\treturn 1e-9;",
        },
        "metrics/first_touch.c": {"*at = 1;": f"*at = 1; known_ticks += {TOUCH_TICKS};"},
    }  # fmt: skip
    return patched(tmp_path_factory.mktemp("known"), changes)


def listed(core: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads(call(core, "list").stdout)["core"]
    return found


def test_the_step_is_listed_and_no_less_than_a_tick(core: Path) -> None:
    timer = listed(core)
    # Both are printed with three digits, after two looks at the clock.
    assert timer["timer_step_s"] >= 0.98 * timer["timer_resolution_s"]
    assert timer["timer_step_s"] < 1e-6


def test_a_counter_that_moves_by_many_ticks_is_found_out(coarse: Path) -> None:
    timer = listed(coarse)
    steps = timer["timer_step_s"] / timer["timer_resolution_s"]
    assert 0.95 * 24 <= steps <= 1.05 * 25
    done = call(coarse, "verify")
    assert re.search(
        r"ok timer-step-is-known: readings move by [\d.]+ ns, 2[45] ticks", done.stdout
    )


@pytest.mark.parametrize(
    "metric", ["access-latency", "access-width", "bandwidth", "secret-use", "walk-cost"]
)
def test_a_step_is_less_than_a_ten_thousandth_of_a_slice(coarse: Path, metric: str) -> None:
    control = "anon" if metric == "walk-cost" else "memfd"
    lines = run(coarse, metric, control, "--control", control, "slices=20")
    assert 0 < lines[-1]["notes"]["timer_step_share"] <= 1e-4


@pytest.mark.parametrize("metric", ["create", "first-touch", "release", "secret-lifecycle"])
def test_of_single_operations_it_is_said_what_a_step_is(coarse: Path, metric: str) -> None:
    lines = run(coarse, metric, "memfd", "--control", "memfd")
    assert 0 < lines[-1]["notes"]["timer_step_share"] < 1
    assert lines[-1]["notes"]["timer_reading_s"] > 0


def digits(text: str) -> int:
    return len(text.partition("e")[0].replace(".", "").lstrip("0"))


def test_no_digit_is_printed_that_a_step_does_not_give(coarse: Path) -> None:
    step_s = listed(coarse)["timer_step_s"]
    done = call(coarse, "run", "create", "memfd", "regions=64")
    printed = re.search(r'"values": \[([^]]+)\]', done.stdout)
    assert printed
    for text in printed[1].split(","):
        last = 10.0 ** (int(f"{float(text):e}".partition("e")[2]) - digits(text) + 1)
        assert 0.099 * step_s < last <= 1.01 * step_s, text


def test_a_given_number_of_operations_is_kept(coarse: Path) -> None:
    lines = run(coarse, "access-latency", "memfd", "--control", "memfd", "slices=20", "loads=1000")
    assert lines[-1]["operations"]["treatment"] + 1000 * lines[-1]["dropped"] == 20_000
    assert lines[-1]["notes"]["timer_step_share"] > 1e-4


def test_what_a_reading_takes_is_not_in_a_value(known: Path) -> None:
    loads = run(known, "access-latency", "memfd", "--control", "memfd", "slices=9", "loads=400")
    touches = run(known, "first-touch", "memfd", "--control", "anon", "pages=16")
    for lines, ticks in ((loads, LOAD_TICKS), (touches, TOUCH_TICKS)):
        assert lines[-1]["notes"]["timer_reading_s"] == pytest.approx(1e-9 * READING_TICKS)
        for arm in ("treatment", "control"):
            for value in values(lines, arm):
                assert value == pytest.approx(1e-9 * ticks, rel=1e-3)


def test_what_is_shorter_than_a_few_readings_is_not_timed(known: Path) -> None:
    done = call(known, "run", "access-latency", "memfd", "loads=100")
    assert done.returncode == 77
    assert re.fullmatch(
        r"a timed section takes \d+ ns, and to read the timer takes \d+: too short to be timed; "
        r"take more operations in each\n",
        done.stderr,
    )
