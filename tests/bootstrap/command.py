# SPDX-License-Identifier: MIT
"""Runs commands as a person would: from a shell that knows nothing of this test run."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
"""The checkout that these tests belong to."""

_OURS = ("TOX_", "MAKE", "MFLAGS", "VIRTUAL_ENV", "PYTEST", "PYTHON", "CI")


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    output: str
    error: str


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without what tox, make and pytest put there, and without this venv."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(_OURS) and k != "CC"}
    ours = str(Path(sys.prefix, "bin"))
    places = [p for p in environment.get("PATH", os.defpath).split(os.pathsep) if p != ours]
    return environment | {"PATH": os.pathsep.join(places)} | more


def run(
    command: Sequence[str | Path], where: Path, environment: Mapping[str, str] | None = None
) -> Outcome:
    """Runs a command to its end, with nothing to read from."""
    done = subprocess.run(
        command,
        cwd=where,
        env=clean_environment() if environment is None else environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
