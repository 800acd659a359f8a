"""The running kernel, and the machine that it runs on."""

from collections.abc import Iterable

from ..core import Catalogue, Core
from ..environment import readiness, running
from ..environment.fact import Fact, Files
from ..environment.memory import counters
from ..environment.processor import measuring_cpu
from ..record.line import Cell, Check, Counters, MetricInfo, Run
from .kind import Kind
from .local import Local


class RunningKernel:
    """The running kernel."""

    kind = "local"
    emulated = False
    lasting = True

    def __init__(self, core: Core) -> None:
        self.core, self.executor = core, Local()
        self.cpu = measuring_cpu(Files())
        self.sentences: list[str] = []

    def files(self) -> Files:
        """This kernel's files."""
        return Files()

    def facts(self, catalogue: Catalogue) -> tuple[Fact, ...]:
        """Read the environment."""
        return running.collect(self.core, catalogue)

    def checks(self, facts: Iterable[Fact]) -> tuple[Check, ...]:
        """Say what stands in the way of measuring, and what pyperf advises."""
        return readiness.checks(facts)

    def counters(self) -> Counters:
        """Counters of the direct map."""
        return counters(Files())

    def refuse(self, cell: Cell, metric: MetricInfo) -> str:  # noqa: ARG002
        """Everything is tried here."""
        return ""

    def take_up(self, runs: Iterable[Run]) -> None:
        """They were made on this boot: a campaign of another is not gone on with."""

    def close(self) -> None:
        """Nothing is left."""


KIND = Kind(RunningKernel.kind, again="without --kernel", asked=lambda _: None, usual=RunningKernel)
