# SPDX-License-Identifier: MIT
"""What a campaign asks of the machine that it runs on."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Protocol

from ..core import Catalogue, Core, Finished
from ..environment.fact import Fact, Files
from ..environment.memory import counters
from ..record.line import Cell, Check, Counters, MetricInfo, Run


class Executor(Protocol):
    """Executes one program at a time, each in a fresh process."""

    def execute(self, command: list[str], timeout_s: float) -> Finished:
        """Run a program to its end, or kill it and all that it started."""

    def kill(self) -> None:
        """Kill the program in flight, if any; may be called from a signal handler."""


class Site(ABC):
    """A machine with what is known of it: where a campaign runs. A kind of machine is one of these.

    What is said here holds where a kind says nothing else.
    """

    kind: str
    """The kind of machine, as the record's `machine.kind` says it."""
    core: Core
    """The native core there."""
    executor: Executor
    """Executes the runs."""
    cpu: int | None = None
    """The CPU for the timed thread; None leaves it to the core."""
    lasting = True
    """Whether splits of the kernel's mappings stay when the campaign is over."""

    @property
    def emulated(self) -> bool:
        """Whether the CPU is emulated."""
        return False

    @property
    def sentences(self) -> list[str]:
        """What there is to say beforehand."""
        return []

    def files(self) -> Files:
        """The kernel's files as they are now."""
        return Files()

    @abstractmethod
    def facts(self, catalogue: Catalogue) -> tuple[Fact, ...]:
        """Read the environment."""

    def checks(self, facts: Iterable[Fact]) -> tuple[Check, ...]:
        """Say what stands in the way of measuring."""
        return tuple(fact.check for fact in facts if fact.hint)

    def counters(self) -> Counters:
        """Counters of the direct map; none if they are of another boot than the first."""
        return counters(self.files())

    def refuse(self, cell: Cell, metric: MetricInfo) -> str:  # noqa: ARG002
        """Say why a cell of this metric is not to be run here; empty if it is."""
        return ""

    def take_up(self, runs: Iterable[Run]) -> None:  # noqa: B027 - most need nothing
        """Take in the runs of a campaign that is gone on with."""

    def close(self) -> None:  # noqa: B027 - most need nothing
        """Leave nothing behind."""
