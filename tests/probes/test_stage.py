# SPDX-License-Identifier: MIT
"""From events to stages, with faults of known answers."""

import pytest

from bench.probes.stage import EVENTS, Fault, Result, as_text, names, shares


def fault(**ns: int) -> Fault:
    """A fault that took so long up to each of these events; any other event did not come."""
    times = {name.replace("_", " "): value for name, value in ns.items()}
    assert set(times) <= set(EVENTS)
    return Fault(
        tuple(times.get(event, 0) for event in EVENTS),
        tuple(int(event in times) for event in EVENTS),
    )


BY_TRACEPOINT = fault(
    allocated=1000, cached=500, queued=100, sent=50, here_begun=5000, here_ended=200, counted=4000,
    finished=150,
)  # fmt: skip
BY_FENTRY = fault(
    allocated=900, edit_begun=100, edit_ended=400, cached=80, flush_begun=20, queued=100, sent=50,
    here_begun=5000, here_ended=200, flush_ended=3800, counted=200, finished=150,
)  # fmt: skip


def told(*faults: Fault, bare_s: float = 11e-6, shared: bool = True) -> dict[str, float]:
    return {stage.stage: stage.share for stage in shares(faults, bare_s, shared=shared)}


def test_a_secret_fault_by_tracepoints_is_told_apart_as_far_as_they_reach() -> None:
    assert told(BY_TRACEPOINT) == pytest.approx({
        "allocation and zeroing": 1000 / 11000,
        "direct-map edit and page cache": 500 / 11000,
        "flush: send": 5150 / 11000,
        "flush: on this CPU": 200 / 11000,
        "flush: wait, then mapping": 4000 / 11000,
        "end of the fault": 150 / 11000,
    })  # fmt: skip


def test_function_edges_tell_the_edit_and_the_wait_from_their_neighbours() -> None:
    assert told(BY_FENTRY) == pytest.approx({
        "allocation and zeroing": 1000 / 11000,
        "direct-map edit": 400 / 11000,
        "page cache": 100 / 11000,
        "flush: send": 5150 / 11000,
        "flush: on this CPU": 200 / 11000,
        "flush: wait": 3800 / 11000,
        "mapping": 200 / 11000,
        "end of the fault": 150 / 11000,
    })  # fmt: skip


def test_a_kernel_without_the_events_of_a_flush_leaves_it_in_one_piece() -> None:
    found = told(fault(allocated=10, cached=10, counted=70, finished=10))
    assert found["flush and mapping"] == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("shared", "rest"), [(True, "page cache, zeroing and mapping"), (False, "mapping")]
)
def test_memory_that_needs_no_flush_has_none(shared: bool, rest: str) -> None:
    found = told(fault(allocated=60, counted=30, finished=10), shared=shared)
    assert found == pytest.approx(
        {"allocation and zeroing": 0.6, rest: 0.3, "end of the fault": 0.1}
    )


def test_a_flush_of_another_that_falls_into_one_fault_renames_nothing() -> None:
    plain = fault(allocated=60, counted=30, finished=10)
    hit = fault(allocated=60, here_begun=900, here_ended=100, counted=30, finished=10)
    assert names([plain, plain, hit], shared=False)["counted"] == "mapping"
    assert told(plain, plain, hit, shared=False)["mapping"] == pytest.approx(0.3)


def test_one_slow_fault_does_not_move_the_shares() -> None:
    slow = fault(allocated=10**6, counted=30, finished=10)
    usual = [fault(allocated=60, counted=30, finished=10)] * 5
    assert told(*usual, slow, shared=False)["mapping"] == pytest.approx(0.3)


def test_times_are_shares_of_the_bare_total() -> None:
    stages = shares([BY_TRACEPOINT], 22e-6, shared=True)
    assert sum(stage.elapsed_s for stage in stages) == pytest.approx(22e-6)
    assert sum(stage.share for stage in stages) == pytest.approx(1)


def test_rough_shares_are_marked_where_they_are_shown() -> None:
    result = Result(
        backend="tracepoint", mode="anon", pages=1, runs=1, bare_s=1e-6,
        bare_values=(1e-6,), obtained={}, probed_s=2e-6,
        overhead=1.0, marked=True, known_touched=23, known_seen=23, flushes_per_fault=0,
        stages=shares([BY_TRACEPOINT], 1e-6, shared=False), warnings=("so it is",),
        refused=("not by magic",),
    )  # fmt: skip
    lines = as_text([result]).splitlines()
    assert lines[0].startswith("anon: 1.00 us per first touch (by tracepoint, saw 23 of 23, ")
    assert lines[0].endswith("0 kernel flushes per fault, the probe adds 100%)")
    assert all(line.endswith(" (!)") for line in lines[1:-2])
    assert lines[-2:] == ["  !! so it is", "not by magic"]
