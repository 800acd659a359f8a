# SPDX-License-Identifier: MIT
"""Starts the analysis as a person would."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING
from unittest import mock

from analysis.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "analysis"]


def analysis(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """One start of the real program, output captured; the environment has no terminal."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment,
        timeout=600,
    )


def inside(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The same program within this process, for the many cases of one verb."""
    words = ["analysis", *map(str, arguments)]
    out, said, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", words),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(said),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), said.getvalue())
