# SPDX-License-Identifier: MIT
"""What the tests ask of the simulator, with a guest and without."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bench.core import Finished
    from bench.machines.guest.guest import Guest

TIMEOUT_S = 900
KERNEL = ("direct-4k", "direct-2m", "direct-1g", "vmalloc", "vmemmap", "image", "other")


def made(*command: object) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


class Played(NamedTuple):
    misses: int
    walks: int
    trips: int


@dataclass(frozen=True)
class Tool:
    model: Path
    parts: Path

    def check(self, line: str) -> subprocess.CompletedProcess[str]:
        return _call(self.model, "check", line)

    def play(self, line: str, accesses: Iterable[str]) -> Played:
        """What a list of accesses comes to, in the model of that line."""
        done = _call(self.model, "play", line, given="".join(f"{each}\n" for each in accesses))
        assert done.returncode == 0, done.stderr
        words = done.stdout.split()
        return Played(*(int(words[place]) for place in (1, 3, 5)))

    def part(self, name: str, given: str = "") -> list[str]:
        done = _call(self.parts, name, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


def _call(program: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *words], input=given, capture_output=True, text=True, check=False
    )


@dataclass(frozen=True)
class Counted:
    """One run: its values, notes and tables."""

    values: dict[str, list[float]]
    notes: dict[str, Any]
    warnings: list[str]
    tables: dict[str, list[dict[str, Any]]]

    def per(self, count: str, arm: str, model: str, areas: tuple[str, ...] = KERNEL) -> float:
        """A count per operation, over these areas."""
        rows = [
            row
            for row in self.tables["tlb"]
            if (row["of"], row["model"]) == (arm, model) and row["area"] in areas
        ]
        return float(sum(row[count] for row in rows) / rows[0]["operations"])


@dataclass(frozen=True)
class Lab:
    """A guest with simulated TLBs."""

    guest: Guest

    def call(self, *command: str) -> Finished:
        done = self.guest.execute([f"/{command[0]}", *command[1:]], TIMEOUT_S)
        assert not done.halted, done
        return done

    def run(self, cell: str) -> Counted:
        done = self.call("core", "run", *cell.split(), "--seed", "7")
        assert done.exit_code == 0, done.stderr.decode()
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        end = lines[-1]
        return Counted(
            {line["arm"]: line["values"] for line in lines if line["line"] == "values"},
            end["notes"],
            end["warnings"],
            {
                name: [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
                for name, table in end["tables"].items()
            },
        )
