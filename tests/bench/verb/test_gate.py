# SPDX-License-Identifier: MIT
"""The options of `bench gate` that say how its verdict is printed are the judge's."""

import json
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from bench.compare import gate, judge
from bench.compare.judge import Output, Terms, terms
from bench.verb import gate as module
from bench.verb import option
from tests.bench.conftest import ROOT, Bench

OTHERS = Terms((3, 5), None, (Output("--sarif", "FILE", "Write SARIF."),
                              Output("--loud", None, "Say it aloud.")))  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[gate.GateOptions]]:
    """What the gate would be run with, where the judge has outputs that nobody knows here."""
    found: list[gate.GateOptions] = []

    def run(_core: object, options: gate.GateOptions, _ask: object) -> int:
        found.append(options)
        return 0

    monkeypatch.setattr(gate, "run", run)
    monkeypatch.setattr(judge, "terms", lambda: OTHERS)
    module._of_judge.cache_clear()
    yield found
    module._of_judge.cache_clear()


def gate_with(*words: str) -> click.testing.Result:
    # A command of its own: that of the module has asked already what there is.
    command = option.late(module._of_judge)(
        "gate", callback=module.verb.callback, params=list(module.verb.params)
    )
    return CliRunner().invoke(command, words)


def test_an_output_of_the_judge_is_an_option_that_is_passed_on(
    asked: list[gate.GateOptions],
) -> None:
    done = gate_with("ci", "--sarif", "out.sarif", "--loud")
    assert done.exit_code == 0, done.output
    assert asked[0].outputs == ("--sarif", "out.sarif", "--loud")
    assert gate_with("ci").exit_code == 0
    assert asked[1].outputs == ()


def test_what_is_no_output_of_the_judge_is_unknown(asked: list[gate.GateOptions]) -> None:
    done = gate_with("ci", "--markdown", "x")
    assert (done.exit_code, "--markdown" in done.output) == (2, True)
    assert asked == []


def test_the_help_shows_the_outputs_as_the_judge_declares_them(bench: Bench) -> None:
    shown = " ".join(bench("gate", "--help").stdout.split())
    found = terms().outputs
    assert {"--markdown", "--junit", "--github", "--json"} <= {each.flag for each in found}
    for each in found:
        words = f"{each.flag} {each.metavar}" if each.metavar else each.flag
        assert f"{words} {each.help}" in shown


def test_the_terms_are_those_that_the_analysis_prints() -> None:
    command = [sys.executable, "-m", "analysis", "gate", "--terms"]
    printed = json.loads(subprocess.check_output(command, cwd=ROOT))
    assert list(terms().looks) == printed["looks"]
    assert terms().budget_s is printed["budget_s"] is None
