# SPDX-License-Identifier: MIT
"""`analysis gate --terms`: what a sampler must know before it asks for a verdict."""

import json
from pathlib import Path

import pytest

from analysis.stats.sequential import LOOKS

from ..command import inside
from ..verb.test_verb import imported


@pytest.mark.parametrize(("policy", "budget_s"), [("", None), ("budget_s = 240", 240)])
def test_terms_are_the_looks_the_budget_and_the_outputs(
    tmp_path: Path, policy: str, budget_s: float | None
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(policy)
    done = inside("gate", "--terms", "--policy", path)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["looks"] == list(LOOKS)
    assert found["budget_s"] == budget_s
    assert {each["flag"]: each["metavar"] for each in found["outputs"]} == {
        "--github": None, "--json": None, "--junit": "FILE", "--markdown": "FILE",
    }  # fmt: skip
    options = inside("gate", "--help").stdout
    for each in found["outputs"]:
        assert f"{each['flag']} " in options
        assert each["help"] in options


def test_terms_need_no_file_and_a_verdict_needs_one() -> None:
    assert inside("gate", "--terms").returncode == 0
    done = inside("gate")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "analysis: Missing argument '[BASE]... CANDIDATE': see --help\n"


def test_a_wrong_policy_is_refused_before_anything_is_sampled(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("budget_s = 0\n")
    done = inside("gate", "--terms", "--policy", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "correct that key" in done.stderr


def test_terms_wait_for_no_heavy_import() -> None:
    assert imported("gate", "--terms") & {"pandas", "scipy", "matplotlib", "rich"} == set()
