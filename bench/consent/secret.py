# SPDX-License-Identifier: MIT
"""What a plan will take of this machine: refused if it does not fit, asked about if it lasts.

Taking secret memory out of the kernel's direct map splits the map's large
pages, and no kernel joins them again before a reboot. So more than a little
of it needs a yes.
"""

import resource
from collections.abc import Callable, Iterable

import msgspec

from ..core import Catalogue, Core, Need
from ..environment.fact import Files
from ..environment.limit import capable, limit
from ..error import BenchError
from ..machines.site import Site
from ..plans import size
from ..plans.plan import Plan
from ..record.line import Cell
from .ballast import Ballast

Ask = Callable[[str], bool] | None
"""Puts a question to a person; None where nobody is there."""
FREE_BYTES = 8 * 2**20
# Left to everything else on the machine.
_RESERVE_SHARE = 0.1


class Demand(msgspec.Struct, frozen=True):
    """Secret memory of a whole plan: touched in all, and the most held at once."""

    touched_bytes: int
    held_bytes: int
    beyond_limit: int = 0
    """Cells that hold more secret memory than may be locked here."""
    ballast: Ballast = Ballast()

    @property
    def sentence(self) -> str:
        """What it means for the machine."""
        victims = self.ballast.sentence()
        return (
            f"this will touch up to {size.show(self.touched_bytes)} of secret memory in all, at "
            f"most {size.show(self.held_bytes)} at once; splits of the kernel's mappings "
            f"last until reboot{'; ' if victims else ''}{victims}"
        )

    @property
    def shortage(self) -> str:
        """What cannot be measured for want of RLIMIT_MEMLOCK; empty if all can."""
        if not self.beyond_limit:
            return ""
        return (
            f"{self.beyond_limit} cells hold more secret memory than may be locked here and will "
            "fail, the rest runs: raise ulimit -l, grant CAP_IPC_LOCK, or take a smaller plan"
        )


def demand_of(site: Site, chosen: Plan, catalogue: Catalogue) -> Demand:
    """Ask what a plan takes; what is refused at the site anyway takes nothing.

    Raises:
        BenchError: A cell does not fit, or the site refuses every one.
    """
    reasons = {
        cell.cell: site.refuse(cell, catalogue.metric(cell.metric).info) for cell in chosen.cells
    }
    if all(reasons.values()):
        raise BenchError(f"no cell of the plan can be run here: {next(iter(reasons.values()))}")
    planned = [(each, each.target.max_runs) for each in chosen.cells if not reasons[each.cell]]
    return demand(site.core, planned, site.files())


def demand(core: Core, planned: Iterable[tuple[Cell, int]], files: Files | None = None) -> Demand:
    """Ask the core what each cell needs, and refuse what does not fit.

    Args:
        core: The native core.
        planned: Cells, each with the number of runs it may get.
        files: Where limits and free memory are read from.

    Raises:
        BenchError: A cell needs more than there is.
    """
    files = files or Files()
    touched, held, beyond, ballast = 0, 0, 0, Ballast()
    lockable = None if capable(files, "ipc_lock") else limit(resource.RLIMIT_MEMLOCK)
    for cell, runs in planned:
        need = core.need(cell)
        _refuse_unfit(cell, need, files)
        touched += need.secret_bytes * runs
        ballast = ballast.with_runs(need, runs)
        held = max(held, need.secret_held_bytes)
        beyond += lockable is not None and need.secret_held_bytes > lockable
    return Demand(touched, held, beyond, ballast)


def obtain(wanted: Demand, *, accepted: bool, ask: Ask) -> None:
    """Get the consent that a plan needs.

    Args:
        wanted: What it will touch.
        accepted: `--yes`, or the plan's own key.
        ask: Puts a question to a person; None if nobody is there.

    Raises:
        BenchError: Nobody agreed.
    """
    if wanted.touched_bytes <= FREE_BYTES or accepted:
        return
    if ask is None:
        raise BenchError(f"{wanted.sentence}: add --yes to accept it")
    if not ask(f"{wanted.sentence}. Go on?"):
        raise BenchError("nothing was run: the plan `smoke` touches less, and needs no yes")


def _refuse_unfit(cell: Cell, need: Need, files: Files) -> None:
    available = files.fields("proc/meminfo").get("MemAvailable", "").split()
    if available and need.bytes > int(available[0]) * 1024 * (1 - _RESERVE_SHARE):
        raise BenchError(
            f"{cell.cell}: needs {size.show(need.bytes)}, but only "
            f"{size.show(int(available[0]) * 1024)} of memory is available: take a smaller size"
        )
