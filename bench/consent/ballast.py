# SPDX-License-Identifier: MIT
"""What victims will take of a boot: ordinary memory held to find blocks not yet split, and splits.

A victim's run holds all that is free in blocks of earlier secret memory before it gets at
blocks that none has split, and leaves more behind than it found.
"""

import msgspec

from ..core import Need
from ..environment.fact import Files
from ..environment.memory import counters
from ..plans import size


class Ballast(msgspec.Struct, frozen=True):
    """Ballast of a whole plan."""

    first_bytes: int = 0
    """That the greediest cell holds if it comes first."""
    most_bytes: int = 0
    """That a run may hold."""
    growth_bytes: int = 0
    """By which that of the last run exceeds that of the first."""
    splits: int = 0
    """2M mappings that all runs need to split."""

    def with_runs(self, need: Need, runs: int) -> "Ballast":
        """Add the runs of one cell; nothing changes if it is no victim."""
        if not need.ballast_bytes:
            return self
        return Ballast(
            max(self.first_bytes, need.bytes - need.secret_held_bytes),
            max(self.most_bytes, need.ballast_bytes),
            self.growth_bytes + need.growth_bytes * runs,
            self.splits + need.splits * runs,
        )

    def sentence(self, files: Files | None = None) -> str:
        """Say what the plan will take of this boot; empty without victims."""
        if not self.most_bytes:
            return ""
        said = (
            f"its victims split about {self.splits:,} mappings of 2M and hold up to "
            f"{size.show(self.most_bytes)} of ordinary kernel memory while they run, "
            f"{size.show(self.first_bytes)} at first ({_boot(files or Files())})"
        )
        last_bytes = self.first_bytes + self.growth_bytes
        if last_bytes <= self.most_bytes:
            return f"{said} and about {size.show(last_bytes)} in the last of all runs"
        return (
            f"{said}; all runs would come to {size.show(last_bytes)}, so the later ones may say "
            "'pool not exhausted'"
        )


def _boot(files: Files) -> str:
    """The history of this boot that the estimate rests on."""
    now = counters(files)
    splits = now.get("direct_map_level2_splits", 0) + now.get("direct_map_level3_splits", 0)
    free = now.get("free_unmovable_pages")
    pages = "unknown" if free is None else size.show(free * 4096)
    return f"free in unmovable blocks: {pages}; splits since boot: {splits:,}"
