# SPDX-License-Identifier: MIT
"""A cell as an ordinary pyperf benchmark, for people who know pyperf.

One loop is one bounded core procedure on one mode alone: a fresh process
whose region is freed when it ends. A value is seconds per operation (per byte
for bandwidth), so that `pyperf compare_to` of two modes answers how they
compare. What a duet gives, two modes side by side in one process, this cannot.
"""

import secrets
from argparse import Namespace
from collections.abc import Sequence
from typing import NoReturn

import pyperf  # type: ignore[import-untyped]

from ..consent import secret
from ..consent.secret import Ask
from ..core import Catalogue, Core
from ..error import BenchError
from ..machines.running_kernel import RunningKernel
from ..plans.plan import parse_cell
from ..record.line import Cell, Run
from .runner import Runner
from .schedule import Turn


def benchmark(core: Core, text: str, arguments: Sequence[str], *, yes: bool, ask: Ask) -> None:
    """Run a cell under pyperf.Runner, as its manager or as one of its workers.

    Args:
        core: The native core.
        text: The cell's name, without a control.
        arguments: pyperf's own options.
        yes: Consent to splits that last until reboot.
        ask: Puts a question to a person; None if nobody is there.
    """
    catalogue = core.catalogue()
    cell = lone_cell(text, catalogue)
    runner = pyperf.Runner(
        # A loop is a whole procedure, so that calibrating it gains nothing; each is a fresh
        # process, so that there is nothing to warm up either.
        loops=1,
        warmups=0,
        # A worker is started when its manager has got the consent for all of them.
        program_args=("-m", "bench", "pyperf", "--yes", "--core", str(core.path), text),
        metadata={"mode": cell.mode, "core_version": catalogue.core.version},
    )
    runner.argparser.error = _refuse
    options = runner.parse_args(list(arguments))
    wanted = secret.demand(core, [(cell, planned_runs(options))])
    secret.obtain(wanted, accepted=yes, ask=ask)
    procedure = Procedure(core, cell, catalogue)
    operations = procedure.operations() if options.worker else 1
    name = benchmark_name(cell)
    try:
        runner.bench_time_func(name, procedure.elapsed_s, operations, inner_loops=operations)
    except RuntimeError as error:  # so pyperf reports a worker that gave up
        raise BenchError(f"{text}: {error}: the lines above say why") from None


def _refuse(message: str) -> NoReturn:
    """What pyperf says of its own options, in our one line."""
    raise BenchError(f"pyperf: {message}: see `python -m pyperf timeit --help` for its options")


def lone_cell(text: str, catalogue: Catalogue) -> Cell:
    """Read the name of a cell that has no control and is no count."""
    cell = parse_cell(text, catalogue, control=None)
    if cell.control is not None:
        raise BenchError(f"{text}: pyperf measures one mode alone: leave out :{cell.control}")
    if catalogue.metric(cell.metric).assume == "exact":
        raise BenchError(f"{text}: {cell.metric} is a count, not a time: use `bench run` for it")
    return cell


def benchmark_name(cell: Cell) -> str:
    """Return the benchmark's name: the cell's without its mode, equal for all modes."""
    metric, _, params = (
        cell.cell.split("/", 2) if cell.cell.count("/") == 2 else (cell.metric, "", "")
    )
    return f"{metric}/{params}" if params else metric


def planned_runs(options: Namespace) -> int:
    """Return how many core procedures pyperf will start, going by its options.

    Each process begins with one more, which tells the number of operations.
    """
    if options.loops == 0:
        raise BenchError("--loops 0 does not say how much memory will be touched: give a number")
    processes = 1 if options.worker else options.processes
    runs = processes * (1 + ((options.warmups or 0) + options.values) * options.loops)
    return int(runs * (2 if options.compare_to else 1))


class Procedure:
    """One cell's core procedure, run again and again."""

    def __init__(self, core: Core, cell: Cell, catalogue: Catalogue) -> None:
        metric = catalogue.metric(cell.metric)
        self._runner = Runner(RunningKernel(core), {metric.name: metric.info})
        self._cell = cell

    def operations(self) -> int:
        """Run it once and return how many operations its timed sections performed."""
        return int(self._run().operations["treatment"])

    def elapsed_s(self, loops: int, operations: int) -> float:
        """Run it `loops` times and return the time in its timed sections.

        A procedure that had to drop slices did fewer operations than the others; its time
        counts as if it had done them all.
        """
        runs = (self._run() for _ in range(loops))
        return (
            sum(run.arm_s["treatment"] / run.operations["treatment"] for run in runs) * operations
        )

    def _run(self) -> Run:
        run = self._runner.run(Turn(self._cell, 0, secrets.randbits(32)), 0)
        if run is None or run.status != "ok":
            raise BenchError(f"{self._cell.cell}: {run.reason if run else 'killed'}")
        return run
