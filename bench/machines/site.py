"""What a campaign asks of the machine that it runs on."""

from collections.abc import Iterable
from typing import Protocol

from ..core import Catalogue, Core, Finished
from ..environment.fact import Fact, Files
from ..record.line import Cell, Check, Counters, MetricInfo, Run


class Executor(Protocol):
    """Executes one program at a time, each in a fresh process."""

    def execute(self, command: list[str], timeout_s: float) -> Finished:
        """Run a program to its end, or kill it and all that it started."""

    def kill(self) -> None:
        """Kill the program in flight, if any; may be called from a signal handler."""


class Site(Protocol):
    """A machine with what is known of it: where a campaign runs."""

    kind: str
    """The kind of machine, as the record's `machine.kind` says it."""

    @property
    def core(self) -> Core:
        """The native core there."""

    @property
    def executor(self) -> Executor:
        """Executes the runs."""

    @property
    def cpu(self) -> int | None:
        """The CPU for the timed thread; None leaves it to the core."""

    @property
    def emulated(self) -> bool:
        """Whether the CPU is emulated."""

    @property
    def lasting(self) -> bool:
        """Whether splits of the kernel's mappings stay when the campaign is over."""

    @property
    def sentences(self) -> list[str]:
        """What there is to say beforehand."""

    def files(self) -> Files:
        """The kernel's files as they are now."""

    def facts(self, catalogue: Catalogue) -> tuple[Fact, ...]:
        """Read the environment."""

    def checks(self, facts: Iterable[Fact]) -> tuple[Check, ...]:
        """Say what stands in the way of measuring."""

    def counters(self) -> Counters:
        """Counters of the direct map; none if they are of another boot than the first."""

    def refuse(self, cell: Cell, metric: MetricInfo) -> str:
        """Say why a cell of this metric is not to be run here; empty if it is."""

    def take_up(self, runs: Iterable[Run]) -> None:
        """Take in the runs of a campaign that is gone on with."""

    def close(self) -> None:
        """Leave nothing behind."""
