# SPDX-License-Identifier: MIT
"""What the tests ask of a guest."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.core import Finished
    from bench.machines.guest.guest import Guest

TIMEOUT_S = 120
_CHECK = re.compile(r"(ok|FAILED) ([^:]+): (.*)")


@dataclass(frozen=True)
class Lab:
    """A guest with the module loaded, and programs to try it with."""

    guest: Guest

    def call(self, *command: str) -> Finished:
        done = self.guest.execute([f"/{command[0]}", *command[1:]], TIMEOUT_S)
        assert not done.halted, done
        return done

    def checks(self, *command: str) -> dict[str, str]:
        """Return the text of every check by its name; every one of them must hold."""
        done = self.call(*command)
        assert done.exit_code == 0, done
        lines = done.stdout.decode().splitlines()
        found = [match for match in map(_CHECK.fullmatch, lines) if match]
        failed = [match[0] for match in found if match[1] != "ok"]
        assert not failed, failed
        return {match[2]: match[3] for match in found}

    def run(self, executable: str, cell: str) -> list[dict[str, Any]]:
        """Return the lines of a run of the core."""
        done = self.call(*executable.split(), "run", *cell.split(), "--seed", "7")
        assert done.exit_code == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.splitlines()]
