# SPDX-License-Identifier: MIT
"""What the memory buys: the matrix, the order that follows, the frontier, and advice."""

from collections.abc import Sequence, Set

from ..result.cell import CellResult
from ..result.note import noted
from ..secrecy.cost import PRICES, costs
from ..secrecy.matrix import Rank, abouts, is_way
from ..words.quantity import quantity
from .block import Block, Chapter, Entry, Grid, Headline, Headlines, Notice, Prose, Section, Tone
from .cell_table import of_metric
from .evidence import SUBJECT, Evidence
from .secrecy_advice import advice
from .secrecy_proof import ways

QUESTION = "secrecy"
TITLE = "What it buys"
AVAILABILITY = "availability-"
"""What the name of a metric begins with that says what a mode keeps others from."""
UNCACHED = "secret-uncached"
NEVER = (
    "No mode closes these, and nothing here tries them: a root user who may load a module or "
    "replace the kernel; code that runs in the owner itself, speculatively too; a device that "
    "reads memory where no IOMMU holds it off; the hypervisor of a guest; the memory chips."
)


def chapter(evidence: Evidence) -> Chapter:
    """Findings, matrix, order, frontier and advice; or that the question was not asked."""
    rows = [row for row in evidence.summary.results if row.question == QUESTION]
    if not rows:
        missing = (
            "Not measured in these records. This chapter is for what secret memory buys: which "
            "ways of reading it are closed, each found out by trying it. Nothing on this page says "
            "that a way is closed."
        )
        return Chapter(QUESTION, TITLE, (Section("", (Prose(missing),)),))
    sections = (
        Section("", _findings(evidence)),
        Section("Every way in, tried", _tried(evidence)),
        Section("Which mode is at least as secret as which", _order(evidence)),
        Section("Secrecy beside its cost", _frontier(evidence)),
        Section("Which mode, for whom", advice(evidence)),
        Section("What it keeps others from", _availability(rows, evidence)),
        Section("Further measurements", _further(rows, evidence)),
    )
    return Chapter(QUESTION, TITLE, tuple(each for each in sections if each.blocks))


def _findings(evidence: Evidence) -> tuple[Block, ...]:
    """What secret memory closes and leaves open, in sentences."""
    found = evidence.ways
    lines = []
    if SUBJECT in found.ranks:
        closed, opened = found.of(SUBJECT, "closed"), found.of(SUBJECT, "open")
        tried = len(closed) + len(opened)
        lines = [
            Headline(
                f"Ways of reading {SUBJECT} memory, each tried",
                f"{len(closed)} of {tried} are closed",
                _beside(evidence),
                "ways",
            ),
            Headline(
                f"Ways that {SUBJECT} memory leaves open",
                ", ".join(opened) or "none of those tried",
                "",
                "ways",
            ),
        ]
    headlines: tuple[Block, ...] = (Headlines(tuple(lines)),) if lines else ()
    return (*headlines, *_uncached(evidence), Notice("What no memory closes", (NEVER,), tone=""))


def _beside(evidence: Evidence) -> str:
    """How many ways other modes close."""
    said = [
        f"{mode} {len(rank.closed)}"
        for mode, rank in evidence.ways.ranks.items()
        if mode != SUBJECT
    ]
    return f"closed by other modes: {', '.join(said)}" if said else ""


def _uncached(evidence: Evidence) -> tuple[Notice, ...]:
    """That uncached secret memory could not be had or verified, where the records name it."""
    if UNCACHED in evidence.ways.ranks:
        return ()
    reasons = {
        mode.reason
        for file in evidence.campaigns.files
        for name, mode in file.campaign.modes.items()
        if name == UNCACHED and not mode.supported
    } or {"None of these records holds a cell of it."}
    title = f"{UNCACHED} promises more than {SUBJECT}, and nothing here shows whether it keeps it"
    return (Notice(title, tuple(sorted(reasons)), tone=""),)


def _tried(evidence: Evidence) -> tuple[Block, ...]:
    """The matrix, and why entries are missing."""
    if not evidence.ways.ways:
        return ()
    meanings = tuple((Entry(way.name), Entry(way.about)) for way in evidence.ways.ways)
    about = Grid("What each way means to an attacker", ("way in", "meaning"), meanings, folded=True)
    return (ways(evidence), about, *_reasons(evidence))


def _reasons(evidence: Evidence) -> tuple[Grid, ...]:
    """One row per reason: the ways and modes that were not tried because of it."""
    found = evidence.ways
    places: dict[str, dict[str, list[str]]] = {}
    for way in found.ways:
        for mode, trial in way.trials.items():
            if trial.result == "not tried":
                places.setdefault(trial.reason, {}).setdefault(way.name, []).append(mode)
    rows = tuple(
        (
            Entry(reason),
            Entry(_listed(list(of_reason), [way.name for way in found.ways], "way")),
            Entry(
                _listed(
                    list(dict.fromkeys(m for ms in of_reason.values() for m in ms)),
                    found.modes,
                    "mode",
                )
            ),
        )
        for reason, of_reason in places.items()
    )
    caption = "Not tried, and why"
    return (Grid(caption, ("reason", "ways", "modes"), rows, folded=True),) if rows else ()


def _listed(names: Sequence[str], everything: Sequence[str], word: str) -> str:
    return f"every {word}" if len(names) == len(everything) > 1 else ", ".join(names)


def _order(evidence: Evidence) -> tuple[Block, ...]:
    """The partial order, and what tells secret memory from each other mode."""
    ranks = evidence.ways.ranks
    if len(ranks) < 2:
        return ()
    how = (
        "One mode is at least as secret as another if it closes every way that the other closes "
        "and leaves none open that the other does not. Where each closes something that the other "
        "leaves open, they are not ordered: the choice depends on what is feared. Ways tried on "
        "neither are left out; not tried on one of the two ranks between closed and open there."
    )
    rows = tuple(_placed(rank, evidence) for rank in reversed(list(ranks.values())))
    head = ("mode", "at least as secret as", "exactly as secret as", "not ordered against")
    grids = (Grid("The order, the mode that promises most first", head, rows), *_apart(evidence))
    return (Prose(how), *grids)


def _placed(rank: Rank, evidence: Evidence) -> tuple[Entry, ...]:
    """One mode's place in the order."""
    found = evidence.ways
    others = [other for other in found.ranks.values() if other.mode != rank.mode]
    below = [o.mode for o in others if rank.at_least(o) and not o.at_least(rank)]
    equal = [o.mode for o in others if rank.at_least(o) and o.at_least(rank)]
    apart = [o.mode for o in others if not rank.at_least(o) and not o.at_least(rank)]
    tone: Tone = "strong" if rank.mode == SUBJECT else ""
    texts = (", ".join(modes) or "none" for modes in (below, equal, apart))
    return (Entry(rank.mode, tone=tone), *map(Entry, texts))


def _apart(evidence: Evidence) -> tuple[Grid, ...]:
    """Secret memory against each other mode, by what only one of the two closes."""
    ranks = evidence.ways.ranks
    if SUBJECT not in ranks:
        return ()
    order = [way.name for way in evidence.ways.counted]
    own = ranks[SUBJECT].closed

    def listed(ways_: Set[str]) -> Entry:
        return Entry(", ".join(name for name in order if name in ways_) or "nothing")

    rows = tuple(
        (Entry(mode), listed(rank.closed - own), listed(own - rank.closed))
        for mode, rank in ranks.items()
        if mode != SUBJECT
    )
    head = ("mode", f"it closes and {SUBJECT} does not", f"{SUBJECT} closes and it does not")
    caption = f"What tells {SUBJECT} from each other mode: ways that only one of the two closes"
    return (Grid(caption, head, rows, folded=True),)


def _frontier(evidence: Evidence) -> tuple[Block, ...]:
    """The pictures, and every price of every mode as a table."""
    prices = costs(evidence.summary.results)
    modes = evidence.ways.ranks
    if not modes:
        return ()
    shown = [price for price in PRICES if any(mode in prices[price.name] for mode in modes)]
    rows = []
    for mode in reversed(list(modes)):
        entries = [Entry(mode, tone="strong" if mode == SUBJECT else "")]
        for price in shown:
            cost = prices[price.name].get(mode)
            if cost is None:
                entries.append(Entry("not measured"))
            else:
                value = quantity(cost.estimate, cost.unit)
                value = value if not cost.against else f"{value} over {cost.against}"
                entries.append(Entry(value, evidence.anchor(cost.cell)))
        rows.append(tuple(entries))
    head = ("mode", *(price.title for price in shown))
    caption = "What each mode costs: times in separate processes, medians over runs"
    pictures = evidence.pictures(QUESTION)
    return (*pictures, Grid(caption, head, tuple(rows), folded=True)) if shown else pictures


def _availability(rows: Sequence[CellResult], evidence: Evidence) -> tuple[Block, ...]:
    """Facts about what a mode keeps others from: no way in, so no part of the order."""
    chosen = [row for row in rows if row.metric.startswith(AVAILABILITY)]
    found: dict[tuple[str, str, str], list[CellResult]] = {}
    for row in chosen:
        reason = row.unsupported.removeprefix("not tried: ") or "; ".join(row.failed)
        said = noted(row, "evidence") or reason
        name = row.metric.removeprefix(AVAILABILITY)
        found.setdefault((name, _yes(row), said), []).append(row)
    entries = tuple(
        (
            Entry(name),
            Entry(result, evidence.anchor(alike[0].cell)),
            Entry(", ".join(row.mode for row in alike)),
            Entry(said),
        )
        for (name, result, said), alike in found.items()
    )
    meanings = abouts(evidence.campaigns)
    footnotes = tuple(
        f"{metric.removeprefix(AVAILABILITY)}: {meanings[metric].removeprefix('availability: ')}"
        for metric in dict.fromkeys(row.metric for row in chosen)
    )
    caption = "Not a way in, and no part of the order: what holding a mode does to others"
    head = ("what", "1 yes, 0 no", "modes", "evidence")
    return (Grid(caption, head, entries, footnotes=footnotes),) if entries else ()


def _yes(row: CellResult) -> str:
    if not row.runs or row.exact is None:
        return "not tried"
    return ", ".join("yes" if value else "no" for value in row.exact.values)


def _further(rows: Sequence[CellResult], evidence: Evidence) -> tuple[Block, ...]:
    """Tables of metrics that have no place of their own above."""
    metrics = dict.fromkeys(
        row.metric
        for row in rows
        if not is_way(row.metric) and not row.metric.startswith(AVAILABILITY)
    )
    return tuple(block for metric in metrics for block in of_metric(evidence, metric))
