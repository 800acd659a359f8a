"""Where a campaign runs: on the running kernel or in a guest, with the facts of that place."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import msgspec

from ..core import Catalogue, Core, Finished
from ..environment import guest as guest_environment
from ..environment import readiness, running
from ..environment.fact import Fact, Files
from ..environment.memory import counters
from ..environment.processor import measuring_cpu
from ..environment.tool import native
from ..error import BenchError
from ..plans.size import parse
from ..probes.instrument import FAULT_STAGES
from ..record.line import Cell, Check, Counters, MetricInfo, Run
from .guest.guest import CORE, Boot, FreshBoot, Guest
from .guest.kernel_image import Kernel
from .guest.qemu import Hardware
from .local import Local


class GuestOptions(msgspec.Struct, frozen=True):
    """What was asked of a guest; `kernel` is an image's path or the name of a fetched kernel."""

    kernel: str
    modules: str | None = None
    cmdline: str = ""
    insmod: tuple[str, ...] = ()
    memory: str = "2GiB"
    cpus: int = 2
    accel: str = "auto"
    boot_timeout_s: float | None = None
    fresh_boot: bool = False
    emulated_timings: bool = False


class Machine(Protocol):
    """Executes one program at a time, each in a fresh process."""

    kind: str

    def execute(self, command: list[str], timeout_s: float) -> Finished:
        """Run a program to its end, or kill it and all that it started."""

    def kill(self) -> None:
        """Kill the program in flight, if any; may be called from a signal handler."""


class Site(Protocol):
    """Where a campaign runs."""

    @property
    def core(self) -> Core:
        """The native core there."""

    @property
    def machine(self) -> Machine:
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

    def judge(self, facts: Iterable[Fact]) -> tuple[Check, ...]:
        """Say what stands in the way of measuring."""

    def counters(self) -> Counters:
        """Counters of the direct map; none if they are of another boot than the first."""

    def refuse(self, cell: Cell, metric: MetricInfo) -> str:
        """Say why a cell of this metric is not to be run here; empty if it is."""

    def take_up(self, runs: Iterable[Run]) -> None:
        """Take in the runs of a campaign that is gone on with."""

    def close(self) -> None:
        """Leave nothing behind."""


class Here:
    """The running kernel."""

    emulated = False
    lasting = True

    def __init__(self, core: Core) -> None:
        self.core, self.machine = core, Local()
        self.cpu = measuring_cpu(Files())
        self.sentences: list[str] = []

    def files(self) -> Files:
        """This kernel's files."""
        return Files()

    def facts(self, catalogue: Catalogue) -> tuple[Fact, ...]:
        """Read the environment."""
        return running.collect(self.core, catalogue)

    def judge(self, facts: Iterable[Fact]) -> tuple[Check, ...]:
        """Say what stands in the way of measuring, and what pyperf advises."""
        return readiness.judge(facts)

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


class GuestCore(Core):
    """The static core inside a guest."""

    def __init__(self, path: Path, guest: Guest) -> None:
        super().__init__(path)
        self._guest = guest

    def catalogue(self) -> Catalogue:
        """Return what the core can measure there, and the probes, which are refused there."""
        found = super().catalogue()
        return msgspec.structs.replace(found, metrics=(*found.metrics, FAULT_STAGES))

    def _command(self, verb: str) -> list[str]:
        return [CORE, verb]

    def _execute(self, command: list[str], timeout_s: float) -> Finished:
        return self._guest.execute(command, timeout_s)


class Booted:
    """A guest kernel."""

    lasting = False
    cpu = None

    def __init__(self, core: Core, options: GuestOptions) -> None:
        """Boot it.

        Raises:
            BenchError: Something is missing, or it does not come up.
        """
        self.guest = Guest(boot_of(core, options))
        self.core: Core = GuestCore(core.path, self.guest)
        self.machine: Machine = FreshBoot(self.guest) if options.fresh_boot else self.guest
        self._options = options
        self.guest.start()

    @property
    def emulated(self) -> bool:
        """Whether the guest's CPU is emulated."""
        return self.guest.emulated

    @property
    def sentences(self) -> list[str]:
        """What there is to say of how it was booted."""
        return self.guest.sentences

    def files(self) -> Files:
        """The guest's files as they are now, and the configuration of its kernel."""
        contents = self.guest.read(guest_environment.PATHS)
        kernel = self.guest.kernel
        if kernel.config is not None:
            contents[f"/boot/config-{kernel.release}"] = kernel.config.read_bytes()
        return guest_environment.Sent(contents)

    def facts(self, catalogue: Catalogue) -> tuple[Fact, ...]:
        """Read the guest's environment."""
        found = guest_environment.collect(self.files(), kvm=not self.emulated)
        return (*native(self.core, catalogue), *found)

    def judge(self, facts: Iterable[Fact]) -> tuple[Check, ...]:
        """Say what stands in the way of measuring in the guest."""
        return tuple(fact.check for fact in facts if fact.hint)

    def counters(self) -> Counters:
        """Counters of the direct map, while the guest is on its first boot."""
        return counters(self.files()) if self.guest.on_first_boot else {}

    def refuse(self, cell: Cell, metric: MetricInfo) -> str:
        """Probes need Python there; times of an emulated CPU mean nothing unless asked for."""
        if cell.metric == FAULT_STAGES.name:
            return "needs Python in the guest, see METHODOLOGY.md (guests that need Python)"
        timed = metric.unit != "1"
        if timed and self.emulated and not self._options.emulated_timings:
            return "a time, and the guest's CPU is emulated: --emulated-timings records it marked"
        return ""

    def take_up(self, runs: Iterable[Run]) -> None:
        """Number this guest's boots behind those of the file."""
        self.guest.first_boot = max((run.boot or 0 for run in runs), default=-1) + 1

    def close(self) -> None:
        """End the guest."""
        self.guest.close()


def boot_of(core: Core, options: GuestOptions) -> Boot:
    """Return what a guest is booted with.

    Raises:
        BenchError: No such kernel, or modules that do not belong to it.
    """
    from .guest import debian  # noqa: PLC0415 - only a guest needs it

    memory_bytes = parse(options.memory)
    if memory_bytes is None or memory_bytes < 64 * 2**20:
        raise BenchError(f"--memory {options.memory}: write e.g. 2GiB, at least 64MiB")
    modules = Path(options.modules) if options.modules else None
    boot = Boot(
        kernel=Kernel.at(debian.image(options.kernel), modules),
        core=core.path,
        cmdline=options.cmdline,
        insmod=tuple(Path(path) for path in options.insmod),
        hardware=Hardware(memory_bytes, options.cpus),
        kvm={"kvm": True, "tcg": False}.get(options.accel),
    )
    if options.boot_timeout_s is None:
        return boot
    return msgspec.structs.replace(boot, limit_s=options.boot_timeout_s)
