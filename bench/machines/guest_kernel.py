# SPDX-License-Identifier: MIT
"""A guest kernel: another kernel than the running one, booted for a campaign."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from ..core import Catalogue, Core, Finished
from ..environment import guest as guest_environment
from ..environment.fact import Fact, Files
from ..environment.tool import native
from ..error import BenchError
from ..plans.size import parse
from ..record.line import Cell, Counters, MetricInfo, Run
from .guest import debian, simulation
from .guest.guest import CORE, Boot, FreshBoot, Guest
from .guest.kernel_image import Kernel
from .guest.option import FRESH, PAIR, TLB, GuestOptions, single
from .guest.qemu import Hardware
from .kind import Given, Kind, Opener
from .site import Site


class GuestCore(Core):
    """The static core inside a guest."""

    def __init__(self, core: Core, guest: Guest) -> None:
        super().__init__(core.path)
        self.probed = core.probed
        self._guest = guest

    def command(self, verb: str) -> list[str]:
        """Return the core as the guest knows it, and the verb."""
        return [CORE, verb]

    def execute(self, command: list[str], timeout_s: float) -> Finished:
        """Run it in the guest."""
        return self._guest.execute(command, timeout_s)


class GuestKernel(Site):
    """A guest kernel, up as long as this is open."""

    kind = "guest"
    lasting = False

    def __init__(self, core: Core, options: GuestOptions) -> None:
        """Boot it.

        Raises:
            BenchError: Something is missing, or it does not come up.
        """
        self.guest = Guest(boot_of(core, options))
        self.core = GuestCore(core, self.guest)
        self.executor = FreshBoot(self.guest) if options.fresh_boot else self.guest
        self._options = options
        self._one_boot = True
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
        simulated = self.guest.simulated
        models = () if simulated is None else (Fact("tlb_models", " | ".join(simulated.lines)),)
        return (*native(self.core, catalogue), *found, *models)

    def counters(self) -> Counters:
        """Counters of the direct map, while the guest is on its first boot."""
        return super().counters() if self._one_boot and self.guest.on_first_boot else {}

    def refuse(self, cell: Cell, metric: MetricInfo) -> str:
        """Probes need Python there; times of an emulated CPU mean nothing unless asked for."""
        if any(cell.metric == probed.name for probed in self.core.probed):
            return "needs Python in the guest, see docs/method/guests.md"
        timed = metric.unit != "1"
        if timed and self.emulated and not self._options.emulated_timings:
            return (
                "it is a time, and the guest's CPU is emulated: --emulated-timings records such "
                "times and marks them"
            )
        return ""

    def take_up(self, runs: Iterable[Run]) -> None:
        """Number this guest's boots behind those of the file."""
        self.guest.first_boot = max((run.boot or 0 for run in runs), default=-1) + 1

    def begin_anew(self) -> None:
        """End the guest; from now on boots count from 0, and each has counters of its own."""
        self.guest.close()
        self.guest.boots = 0
        self._one_boot = False

    def emulate(self) -> None:
        """End the guest; those that come are emulated, though KVM takes this kernel."""
        self.guest.close()
        self.guest.kvm = False

    def close(self) -> None:
        """End the guest."""
        self.guest.close()


def boot_of(core: Core, options: GuestOptions) -> Boot:
    """Return what a guest is booted with.

    Raises:
        BenchError: No such kernel, or modules that do not belong to it.
    """
    memory_bytes = parse(options.memory)
    if memory_bytes is None or memory_bytes < 64 * 2**20:
        raise BenchError(f"--memory {options.memory}: write e.g. 2GiB, at least 64MiB")
    modules = Path(options.modules) if options.modules else None
    boot = Boot(
        kernel=Kernel.at(debian.image(options.kernel), modules),
        core=core.path,
        cmdline=options.cmdline,
        insmod=tuple(Path(path) for path in options.insmod),
        hardware=Hardware(memory_bytes, options.cpus or 2),
        kvm={"kvm": True, "tcg": False}.get(options.accel),
    )
    if options.tlb:
        boot = _simulated(boot, options)
    if options.boot_timeout_s is None:
        return boot
    return msgspec.structs.replace(boot, limit_s=options.boot_timeout_s)


def _simulated(boot: Boot, options: GuestOptions) -> Boot:
    if options.cpus not in (None, 1) or options.accel == "kvm":
        raise BenchError(
            "--tlb is for an emulated guest with one CPU: leave --accel and --cpus away"
        )
    simulated = simulation.simulation(options.tlb)
    return msgspec.structs.replace(
        boot,
        cmdline=f"{simulation.CMDLINE} {boot.cmdline}".rstrip(),
        hardware=Hardware(boot.hardware.memory_bytes, 1, simulated),
        kvm=False,
    )


def _opener(given: Given) -> Opener | None:
    options = single(given)
    return None if options is None else lambda core: GuestKernel(core, options)


KIND = Kind(
    GuestKernel.kind,
    again="with --kernel and the other options it had",
    asked=_opener,
    options=(*PAIR, FRESH, TLB),
)
