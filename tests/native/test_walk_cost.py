# SPDX-License-Identifier: MIT
"""What a page walk costs, derived from times: layouts, controls and refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .command import call, run, values

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("pages=128", "slices=20", "loads=1000")


@pytest.mark.parametrize("mode", ["secret", "memfd", "anon", "anon-huge"])
@pytest.mark.parametrize("layout", ["spread", "packed"])
def test_the_cost_of_a_walk_is_measured_beside_huge_pages(
    core: Path, mode: str, layout: str
) -> None:
    lines = run(core, "walk-cost", mode, "--control", "anon-huge", f"layout={layout}", *SMALL)
    kept = len(values(lines, "treatment"))
    assert len(values(lines, "control")) == kept
    assert 20 - lines[-1]["dropped"] <= kept <= 20
    assert lines[-1]["operations"] == {"treatment": 1000 * kept, "control": 1000 * kept}
    assert lines[-1]["notes"]["derived"] is True
    assert "base pages" in lines[-1]["notes"]["caveat"]


def test_how_much_of_the_control_is_huge_is_said(core: Path) -> None:
    lines = run(core, "walk-cost", "anon", "--control", "anon-huge", "pages=512", *SMALL[1:])
    share = lines[-1]["notes"]["control_huge_share"]
    assert 0 <= share <= 1
    assert bool(lines[-1]["warnings"]) == (share < 0.999)


def test_a_control_in_base_pages_is_refused_except_beside_itself(core: Path) -> None:
    done = call(core, "run", "walk-cost", "secret", "--control", "memfd")
    assert done.returncode == 77
    assert done.stderr == (
        "the cost of a walk is the difference to huge pages: use control anon-huge\n"
    )
    assert run(core, "walk-cost", "memfd", "--control", "memfd", *SMALL)[-1]["line"] == "end"


def test_spread_lines_take_a_page_each_and_packed_ones_do_not(core: Path) -> None:
    def need(layout: str) -> str:
        return call(core, "need", "walk-cost", "secret", "pages=128", f"layout={layout}").stdout

    assert '"secret_bytes": 524288' in need("spread")
    assert '"secret_bytes": 8192' in need("packed")


def test_verify_walks_the_spread_chase(core: Path) -> None:
    said = call(core, "verify").stdout
    assert "ok spread-is-one-cycle: 256 of 256 pages" in said
    assert "ok spread-fills-all-sets: 0 of 64 offsets are not used evenly" in said


@pytest.mark.parametrize("layout", ["spread", "packed"])
def test_sanitizers_find_nothing_in_either_layout(sanitized: Path, layout: str) -> None:
    lines = run(
        sanitized, "walk-cost", "secret", "--control", "anon-huge", f"layout={layout}", *SMALL
    )
    assert lines[-1]["line"] == "end"
