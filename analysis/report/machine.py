# SPDX-License-Identifier: MIT
"""On which machine: what was recorded and held constant."""

from ..read.campaigns import RecordFile
from ..summary.summary import SPLITS
from .block import Chapter, Entry, Grid, Prose, Section
from .evidence import Evidence, moment

_FIRST = (
    "cpu_model_name",
    "cpu_count",
    "smt_active",
    "cpu_invlpgb",
    "hypervisor",
    "kernel_release",
    "distribution",
    "thp_enabled",
    "thp_shmem_enabled",
    "cpu_governor",
    "rlimit_memlock_bytes",
)
"""Facts that are shown at once, where the record has them."""

_COUNTERS = {
    **SPLITS,
    "DirectMap4k_kb": "direct map in 4K pages, kB",
    "DirectMap2M_kb": "direct map in 2M pages, kB",
    "DirectMap1G_kb": "direct map in 1G pages, kB",
    "direct_map_level2_collapses": "collapses to 2M pages",
    "direct_map_level3_collapses": "collapses to 1G pages",
    "free_unmovable_pages": "free unmovable pages",
}
"""Counter -> what it counts."""


def chapter(evidence: Evidence) -> Chapter:
    """One section per record file."""
    files = evidence.campaigns.files
    several = len(files) > 1
    return Chapter(
        "machine",
        "On which machine",
        tuple(_section(file, file.label if several else "") for file in files),
    )


def _section(file: RecordFile, title: str) -> Section:
    """The machine in a sentence, its main facts, and all facts to open."""
    campaign = file.campaign
    facts = {name: _text(value) for name, value in campaign.environment.items()}
    kind = "emulated: its times mean nothing beside real ones" if campaign.machine.emulated else ""
    first = tuple((name, facts[name]) for name in _FIRST if name in facts)
    core = campaign.core
    about = (
        f"{campaign.machine.name}{f' ({kind})' if kind else ''}; plan {campaign.plan}, begun "
        f"{moment(campaign.created)}; native core {core.version} ({core.arch}, timer "
        f"{core.timer}, which costs {core.timer_cost_s * 1e9:.3g} ns a reading)."
    )
    return Section(
        title,
        (
            Prose(about),
            _pairs("The facts that matter most", first),
            _counters(file),
            _pairs(f"All {len(facts)} recorded facts", tuple(facts.items()), folded=True),
            _modes(file),
        ),
    )


def _text(value: str | float | bool | None) -> str:
    """A fact as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "unknown" if value is None else str(value)


def _pairs(caption: str, pairs: tuple[tuple[str, str], ...], *, folded: bool = False) -> Grid:
    """A table of facts."""
    rows = tuple((Entry(name), Entry(value)) for name, value in pairs)
    return Grid(caption, ("fact", "value"), rows, folded=folded)


def _counters(file: RecordFile) -> Grid:
    """The kernel's direct map before and after."""
    start, end = file.campaign.counters, file.end.counters if file.end else {}
    rows = tuple(
        (
            Entry(_COUNTERS.get(name, name)),
            Entry(f"{value:,}"),
            Entry(f"{end[name]:,}" if name in end else "not recorded"),
            Entry(f"{end[name] - value:+,}" if name in end else ""),
        )
        for name, value in start.items()
    )
    return Grid(
        "The kernel's direct map and its splits since boot, before and after the campaign",
        ("counter", "before", "after", "moved"),
        rows,
        footnotes=(
            (
                "Splits last until reboot, so a campaign on this boot is not the same as one on a "
                "fresh boot: see the notes on the state of the boot below."
            ),
        ),
    )


def _modes(file: RecordFile) -> Grid:
    """Every mode the native core knows."""
    rows = tuple(
        (
            Entry(name),
            Entry("yes" if mode.supported else "no", tone="" if mode.supported else "bad"),
            Entry(mode.about),
        )
        for name, mode in file.campaign.modes.items()
    )
    caption = f"What the {len(rows)} modes are and stand for"
    return Grid(caption, ("mode", "supported", "about"), rows, folded=True)
