# SPDX-License-Identifier: MIT
"""Known traps of tox, each of which stays silent."""

import configparser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bench.campaign.runner import TIMEOUT_S

from .command import CHECKOUT, Outcome, clean_environment, run

TOX = (sys.executable, "-m", "tox")
ENVIRONMENTS = ("matrix", "native", "tests", "lint", "gate")


def tox(*arguments: str | Path, **variables: str) -> Outcome:
    return run([*TOX, *arguments], CHECKOUT, clean_environment(**variables))


def configured(name: str, key: str) -> object:
    """One key of one environment, as tox itself understands tox.ini."""
    outcome = tox("config", "-e", name, "-k", key, "--format", "json")
    assert outcome.code == 0, outcome
    return json.loads(outcome.output)["env"][name][key]


def test_the_environments_are_those_of_the_house() -> None:
    listed = tox("list", "--no-desc", "-q").output.split()
    assert set(ENVIRONMENTS) <= set(listed)


def test_every_environment_has_commands_since_one_without_passes() -> None:
    for name in tox("list", "--no-desc", "-q").output.split():
        assert configured(name, "commands"), name


def test_the_checks_of_pre_commit_are_those_that_the_tests_begin_with() -> None:
    lint, tests = configured("lint", "commands"), configured("tests", "commands")
    assert isinstance(lint, list)
    assert isinstance(tests, list)
    assert tests[: len(lint)] == lint
    hooks = (CHECKOUT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"entry: (.*)", hooks) == ["make --silent lint"]
    assert "\n\texec $(TOX) -e lint\n" in (CHECKOUT / "Makefile").read_text()


def test_variables_of_ci_reach_the_commands_and_others_do_not(tmp_path: Path) -> None:
    outcome = tox(
        *("exec", "-qq", "--workdir", tmp_path, "-e", "native", "--"),
        *("python", "-c", "import json, os; print(json.dumps(dict(os.environ)))"),
        CI="true",
        GITHUB_SHA="1",
        GITLAB_CI="2",
        SOMETHING_ELSE="3",
    )
    assert outcome.code == 0, outcome
    seen = json.loads(outcome.output.splitlines()[-1])
    wanted = ("CI", "GITHUB_SHA", "GITLAB_CI", "SOMETHING_ELSE")
    assert [seen.get(name) for name in wanted] == ["true", "1", "2", None]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_environment_passes_the_variables_of_ci(name: str) -> None:
    passed = configured(name, "pass_env")
    assert isinstance(passed, list)
    assert {"CI", "GITHUB_*", "GITLAB_*"} <= set(passed)


def test_a_tox_that_ignores_dependency_groups_is_not_accepted() -> None:
    ini = configparser.ConfigParser()
    ini.read(CHECKOUT / "tox.ini")
    required = Requirement(ini["tox"]["requires"])
    assert required.name == "tox"
    assert not required.specifier.contains("4.21.2")
    assert required.specifier.contains("4.22.0")


def test_an_older_tox_says_which_one_is_needed(tmp_path: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "--target", str(tmp_path), "tox==4.21.2"]
    subprocess.run(install, check=True, capture_output=True)
    older = clean_environment(PYTHONPATH=str(tmp_path))
    outcome = run([*TOX, "--no-provision", "-c", CHECKOUT, "list"], tmp_path, older)
    assert outcome.code != 0
    assert "tox>=4.22" in outcome.output + outcome.error


def test_changed_constraints_make_the_environment_anew(tmp_path: Path) -> None:
    for name in ("tox.ini", "constraints.txt"):
        shutil.copy(CHECKOUT / name, tmp_path)
    notest = [*TOX, "run", "-e", "native", "--notest"]
    assert "recreate" not in run(notest, tmp_path).output
    with (tmp_path / "constraints.txt").open("a") as constraints:
        constraints.write("some-package==1.0\n")
    outcome = run(notest, tmp_path)
    assert outcome.code == 0, outcome
    assert "recreate env because changed constraint" in outcome.output


def test_dependency_groups_are_installed_under_the_constraints() -> None:
    for name in ENVIRONMENTS:
        command = str(configured(name, "install_command"))
        assert f"-c {CHECKOUT / 'constraints.txt'}" in command


@pytest.mark.parametrize("key", ["interrupt_timeout", "terminate_timeout"])
def test_tox_waits_longer_for_an_end_than_any_run_may_take(key: str) -> None:
    assert float(str(configured("matrix", key))) > 2 * TIMEOUT_S
