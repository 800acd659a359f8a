# SPDX-License-Identifier: MIT
"""Under CI=true nothing that the machine is known to have may be skipped."""

import shutil
import sys
from pathlib import Path

import pytest

from .command import CHECKOUT, Outcome, clean_environment, run

WITHIN = "import pytest\ndef test_it() -> None:\n    pytest.skip({reason!r})\n"
MARKED = "import pytest\n@pytest.mark.skipif(True, reason={reason!r})\ndef test_it(): pass\n"
MODULE = "import pytest\npytest.skip({reason!r}, allow_module_level=True)\n"


def outcome_of(source: str, reason: str, place: Path, **variables: str) -> Outcome:
    shutil.copy(CHECKOUT / "tests/conftest.py", place)
    (place / "test_it.py").write_text(source.format(reason=reason))
    return run([sys.executable, "-m", "pytest", "-q"], place, clean_environment(**variables))


@pytest.mark.parametrize("source", [WITHIN, MARKED, MODULE])
def test_a_skip_is_a_failure_under_ci_alone(source: str, tmp_path: Path) -> None:
    failed = outcome_of(source, "no memfd_secret", tmp_path, CI="true")
    assert failed.code != 0
    assert "no memfd_secret: under CI=true this is a failure" in failed.output
    assert "1 skipped" in outcome_of(source, "no memfd_secret", tmp_path).output


def test_what_the_machine_of_ci_may_lack_may_be_skipped_there(tmp_path: Path) -> None:
    outcome = outcome_of(WITHIN, "no huge pages are reserved", tmp_path, CI="true")
    assert outcome.code == 0, outcome
    assert "1 skipped" in outcome.output
