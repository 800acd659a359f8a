# SPDX-License-Identifier: MIT
"""The running kernel, and the machine that it runs on."""

from collections.abc import Iterable

from ..core import Catalogue, Core
from ..environment import readiness, running
from ..environment.fact import Fact
from ..environment.processor import measuring_cpu
from ..record.line import Check
from .kind import Kind
from .local import Local
from .site import Site


class RunningKernel(Site):
    """The running kernel. A campaign of another boot is not gone on with."""

    kind = "local"

    def __init__(self, core: Core) -> None:
        self.core, self.executor = core, Local()
        self.cpu = measuring_cpu(self.files())

    def facts(self, catalogue: Catalogue) -> tuple[Fact, ...]:
        """Read the environment."""
        return running.collect(self.core, catalogue)

    def checks(self, facts: Iterable[Fact]) -> tuple[Check, ...]:
        """Say what stands in the way of measuring, and what pyperf advises."""
        return readiness.checks(facts)


KIND = Kind(RunningKernel.kind, again="without --kernel", asked=lambda _: None, usual=RunningKernel)
