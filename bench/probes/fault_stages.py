# SPDX-License-Identifier: MIT
"""Where the time of a first touch goes, by bcc.

Totals come from runs without a probe, shares from runs with it, and what the probe itself adds
is measured beside. What loads decides how finely it is seen: function edges (fentry), else raw
tracepoints between two software events, else the kernel's counters alone.
"""

import contextlib
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..consent.secret import Demand
from ..core import Catalogue, Core
from ..output import GarbageError, read_output
from ..plans.plan import parse_cell
from . import bcc
from .bcc import ProbeError
from .stage import EVENTS, OVERHEAD_MARK, Fault, Result, shares
from .workload import Workload

KNOWN_PAGES = 23
MOST_PAGES = 4096
_COUNTED_BLOCKS = 5
_COUNT_TIMEOUT_S = 60
_TEXT = Path(__file__).with_suffix(".bpf.c")
_TRACEPOINTS = {
    "mm_page_alloc": b"on_alloc",
    "mm_filemap_add_to_page_cache": b"on_cached",
    "csd_queue_cpu": b"on_queued",
    "ipi_send_cpu": b"on_sent",
    "ipi_send_cpumask": b"on_sent",
    "csd_function_entry": b"on_here_begun",
    "csd_function_exit": b"on_here_ended",
    "rss_stat": b"on_counted",
}
# include/uapi/linux/perf_event.h: PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS and _MIN.
_SOFTWARE, _BEGIN, _END = 1, 2, 5


class ProbeOptions(msgspec.Struct, frozen=True):
    """What to look at: modes, pages per run, runs per mode with the probe and without."""

    modes: tuple[str, ...]
    pages: int
    runs: int
    backend: str = "auto"

    def demand(self, catalogue: Catalogue) -> Demand:
        """Return the secret memory that it takes at most: each run touches two regions."""
        sizes = [m.page_bytes for m in map(catalogue.mode, self.modes) if m.secret]
        touched_pages = 4 * self.runs * self.pages + (2 + _COUNTED_BLOCKS) * KNOWN_PAGES
        return Demand(touched_pages * sum(sizes), self.pages * max(sizes, default=0))


class Seen(msgspec.Struct):
    """What the runs of one mode gave."""

    mode: str
    shared: bool = False
    obtained: dict[str, str | int] = {}
    bare_s: list[float] = []
    probed_s: list[float] = []
    faults: list[Fault] = []
    known: int = 0
    flushes: int = 0
    user_flushes: int = 0


class Probe:
    """The compiled program, loaded until close() or our end, attached where it is asked for."""

    def __init__(self, module: Any, backend: str) -> None:  # noqa: ANN401 - bcc has no types
        """Compile, load and see what can be attached.

        Raises:
            ProbeError: The compiler or the kernel refuses.
        """
        self.backend = backend
        flags = [f"-DFAULTS={MOST_PAGES}", f"-DFLUSH={_flush_address()}ULL"]
        if backend == "fentry":
            flags.append("-DFENTRY")
        self._bpf = bcc.build(module, _TEXT.read_text(encoding="utf-8"), flags)
        # bcc attaches function edges by itself, under names that say which end.
        self._entries = list(self._bpf.kfunc_entry_fds)
        self._exits = list(self._bpf.kfunc_exit_fds)
        self._detach_edges()
        with self.attached() as missing:
            self.missing = missing

    @contextlib.contextmanager
    def attached(self) -> Iterator[list[str]]:
        """Attach all but the software events; gives the tracepoints that this kernel lacks.

        Between runs nothing is attached, or the rest of a campaign would be slower for it.
        """
        for name in self._entries:
            self._bpf.attach_kfunc(fn_name=name)
        for name in self._exits:
            self._bpf.attach_kretfunc(fn_name=name)
        found = [name for name in _TRACEPOINTS if self._attach(name)]
        try:
            yield [name for name in _TRACEPOINTS if name not in found]
        finally:
            for name in found:
                self._bpf.detach_raw_tracepoint(tp=name.encode())
            self._detach_edges()

    def _detach_edges(self) -> None:
        for name in self._entries:
            self._bpf.detach_kfunc(fn_name=name)
        for name in self._exits:
            self._bpf.detach_kretfunc(fn_name=name)

    def _attach(self, name: str) -> bool:
        try:
            with bcc.held_output():
                self._bpf.attach_raw_tracepoint(tp=name.encode(), fn_name=_TRACEPOINTS[name])
        except Exception:  # bcc raises nothing narrower
            return False
        return True

    def watch(self, workload: Workload, seen: Seen) -> int:
        """Let the workload touch under the probe; return how many faults were seen whole."""
        region = workload.region
        self._set("target", region.base, region.len_bytes, region.pid)
        for i in range(min(self._bpf["progress"][0].begun, MOST_PAGES)):
            self._bpf["faults"][i] = self._bpf["faults"].Leaf()
        self._set("progress")
        with self._ends(region.pid):
            touched = workload.touch()
        seen.probed_s += touched.values
        progress = self._bpf["progress"][0]
        whole = [fault for fault in self._faults(progress.begun) if fault.hits[-1] == 1]
        seen.faults += whole
        seen.flushes += sum(fault.hits[EVENTS.index("queued")] for fault in whole)
        seen.user_flushes += progress.user_flushes
        return len(whole)

    def close(self) -> None:
        """Unload everything."""
        self._bpf.cleanup()

    @contextlib.contextmanager
    def _ends(self, pid: int) -> Iterator[None]:
        hooks = {_BEGIN: b"on_begin", _END: b"on_end"}
        attached = []
        try:
            with bcc.held_output():
                for event, name in hooks.items():
                    self._bpf.attach_perf_event(
                        ev_type=_SOFTWARE, ev_config=event, fn_name=name, sample_period=1, pid=pid
                    )
                    attached.append(event)
        except Exception as error:
            raise ProbeError(f"the kernel refused software events: {error}: run as root") from None
        try:
            yield
        finally:
            for event in attached:
                self._bpf.detach_perf_event(_SOFTWARE, event)

    def _set(self, table: str, *values: int) -> None:
        leaf = self._bpf[table].Leaf(*values)
        self._bpf[table][0] = leaf

    def _faults(self, count: int) -> Iterator[Fault]:
        for i in range(min(count, MOST_PAGES)):
            fault = self._bpf["faults"][i]
            yield Fault(tuple(fault.ns), tuple(fault.hits))


class Probes:
    """The programs, each compiled once and kept until close()."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Probe | None, list[str]]] = {}

    def find(self, wanted: str) -> tuple[Probe | None, list[str]]:
        """Return the finest probe that loads, and why finer ones do not."""
        if wanted not in self._found:
            self._found[wanted] = _opened(wanted)
        return self._found[wanted]

    def close(self) -> None:
        """Unload everything."""
        for probe, _ in self._found.values():
            if probe:
                probe.close()


def measure(core: Core, options: ProbeOptions, probes: Probes) -> list[Result]:
    """Measure each mode, half of the bare runs before the probed ones and half after.

    Args:
        core: Whose workload it is.
        options: What to look at.
        probes: Programs that may be there already.

    Raises:
        ProbeError: The backend that was asked for cannot be had, or does not see what it must.
        BenchError: A mode is unknown or unsupported here.
    """
    catalogue = core.catalogue()
    seen = [Seen(mode, catalogue.mode(mode).shared) for mode in options.modes]
    before = (options.runs + 1) // 2
    _bare(core, options, seen, before)
    probe, refused = probes.find(options.backend)
    warnings: list[str] = []
    if probe:
        with probe.attached():
            for each in seen:
                _probed(core, options, probe, each)
            warnings += [f"this kernel has no tracepoint {name}" for name in probe.missing]
    _bare(core, options, seen, options.runs - before)
    if not probe:
        found = [_counted(core, options, each) for each in seen]
    else:
        found = [_staged(probe.backend, options, each, warnings) for each in seen]
    return [msgspec.structs.replace(result, refused=tuple(refused)) for result in found]


def _opened(wanted: str) -> tuple[Probe | None, list[str]]:
    """Return the finest probe that loads, and why finer ones do not."""
    refusals: list[str] = []
    if wanted == "counter":
        return None, refusals
    backends = ("fentry", "tracepoint") if wanted == "auto" else (wanted,)
    try:
        module = bcc.load()
    except ProbeError as error:
        if wanted != "auto":
            raise
        return None, [f"counters alone: {error}"]
    for backend in backends:
        try:
            return Probe(module, backend), refusals
        except ProbeError as error:
            if wanted != "auto":
                raise
            refusals.append(f"not by {backend}: {error}")
    return None, refusals


def _bare(core: Core, options: ProbeOptions, seen: Sequence[Seen], runs: int) -> None:
    for _ in range(runs):
        for each in seen:
            with contextlib.closing(Workload(core, each.mode, options.pages)) as workload:
                each.bare_s += workload.touch().values
                each.obtained["scheduler"] = workload.region.scheduler
                each.obtained["cpu"] = workload.region.cpu


def _probed(core: Core, options: ProbeOptions, probe: Probe, seen: Seen) -> None:
    with contextlib.closing(Workload(core, seen.mode, KNOWN_PAGES)) as workload:
        seen.known = probe.watch(workload, Seen(seen.mode))
    if seen.known != KNOWN_PAGES:
        raise ProbeError(
            f"{seen.mode}: the probe saw {seen.known} of {KNOWN_PAGES} first touches: its results "
            "would mean nothing; use --backend counter"
        )
    for _ in range(options.runs):
        with contextlib.closing(Workload(core, seen.mode, options.pages)) as workload:
            probe.watch(workload, seen)


def _staged(backend: str, options: ProbeOptions, seen: Seen, warnings: list[str]) -> Result:
    bare_s, probed_s = statistics.median(seen.bare_s), statistics.median(seen.probed_s)
    overhead = probed_s / bare_s - 1
    marked = overhead > OVERHEAD_MARK
    mark = [f"the probe adds {overhead:.0%}: the shares are rough"] if marked else []
    return msgspec.structs.replace(
        _unprobed(backend, options, seen),
        probed_s=probed_s,
        overhead=overhead,
        marked=marked,
        flushes_per_fault=seen.flushes / len(seen.faults),
        user_flushes_per_fault=seen.user_flushes / len(seen.faults),
        stages=shares(seen.faults, bare_s, shared=seen.shared),
        warnings=(*warnings, *mark),
    )


def _counted(core: Core, options: ProbeOptions, seen: Seen) -> Result:
    with contextlib.closing(Workload(core, seen.mode, KNOWN_PAGES)) as workload:
        seen.known = workload.touch().faults
    sizes = f"pages={KNOWN_PAGES},blocks={_COUNTED_BLOCKS}"
    cell = parse_cell(f"flush-count/{seen.mode}/{sizes}", core.catalogue())
    command = core.run_command(cell, seed=1, cpu=None)
    done = core.execute(command, _COUNT_TIMEOUT_S)
    flushes = None
    with contextlib.suppress(GarbageError):
        flushes = float(read_output(done.stdout, ["treatment"]).values["treatment"][0])
    return msgspec.structs.replace(_unprobed("counter", options, seen), flushes_per_fault=flushes)


def _unprobed(backend: str, options: ProbeOptions, seen: Seen) -> Result:
    """What the runs without a probe give."""
    return Result(
        backend=backend,
        mode=seen.mode,
        pages=options.pages,
        runs=options.runs,
        bare_s=statistics.median(seen.bare_s),
        bare_values=tuple(seen.bare_s),
        obtained=seen.obtained,
        known_touched=KNOWN_PAGES,
        known_seen=seen.known,
    )


def _flush_address() -> int:
    """Where the kernel's flush of its own addresses lies; 0 if it is hidden or elsewhere."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/kallsyms").read_text(encoding="ascii").splitlines():
            address, _, name = line.split()[:3]
            if name == "do_kernel_range_flush":
                return int(address, 16)
    return 0
