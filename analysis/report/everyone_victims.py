# SPDX-License-Identifier: MIT
"""Kernel work on split memory: what each victim came to, and what a dose does to the machine."""

import math
from collections.abc import Sequence
from statistics import median

from ..result.effect import Effect
from ..result.note import numbers, span
from ..result.victim import DOSE, VICTIM_PREFIX, Victim, by_dose, victims
from ..stats.interval import Interval
from ..words.effect import ratio_words, seen_words
from ..words.quantity import percent_span, quantity
from ..words.victim import victim_words
from .block import Block, Entry, Grid, Prose
from .evidence import Evidence

TITLE = "Kernel work on split memory"


def blocks(evidence: Evidence) -> tuple[Block, ...]:
    """The figure, the duets inside and outside split blocks, and the doses; empty without any."""
    measured = [row for row in evidence.summary.results if row.metric.startswith(VICTIM_PREFIX)]
    if not measured:
        return ()
    found = victims(evidence.campaigns, evidence.summary.results)
    duets = [victim for victim in found if victim.row.metric != DOSE]
    doses = [victim for victim in found if victim.row.metric == DOSE]
    picture = (evidence.picture("victims"),) if found else ()
    refused = tuple(
        Prose(f"{evidence.title(row)}: {row.unsupported or '; '.join(dict.fromkeys(row.failed))}.")
        for row in measured
        if not row.runs and (row.unsupported or row.failed)
    )
    return (*picture, *_duets(evidence, duets), *_doses(evidence, doses), *refused)


def _duets(evidence: Evidence, found: Sequence[Victim]) -> tuple[Grid, ...]:
    """One row per victim and working set."""
    rows = tuple(
        (
            Entry(_name(evidence, victim), evidence.anchor(victim.row.cell)),
            Entry(_time(victim)),
            *_effect(victim),
            Entry(_plain(victim.user)),
            Entry(_shares(victim)),
            Entry("proved" if victim.proved else "not proved: no finding",
                  tone="" if victim.proved else "bad"),
            Entry(str(victim.row.runs)),
        )
        for victim in found
    )  # fmt: skip
    columns = (
        "victim", "time, outside", "inside / outside", "difference", "A/A", "over A/A",
        "by the user, same pages", "in split blocks", "membership", "runs",
    )  # fmt: skip
    caption = (
        "Victims: the same work of the kernel on memory inside and outside 2M blocks that secret "
        "memory split, in one process. A/A is the same with neither set in split blocks, and an "
        "effect is what goes beyond it; the user's own loads of the same pages should not differ. "
        "In split blocks: how much of the set inside and of the one outside the kernel's page "
        "tables map by 4K; where they cannot be read, how much shares a block with a secret page. "
        "Difference: whether one was seen, else the smallest that would be"
    )
    return (Grid(caption, columns, rows),) if rows else ()


def _doses(evidence: Evidence, found: Sequence[Victim]) -> tuple[Grid, ...]:
    """One row per victim and dose."""
    rows = tuple(
        (
            Entry(_name(evidence, victim), evidence.anchor(victim.row.cell)),
            Entry(_time_before(victim)),
            *_effect(victim),
            Entry(_per_page(victim)),
            Entry(span(victim.row.notes.get("dose_splits_2m", ()))),
            Entry(_change(victim)),
            Entry(_spent(victim)),
            Entry(str(victim.row.runs)),
        )
        for victim in sorted(found, key=by_dose)
    )
    columns = (
        "victim and dose", "time, before", "with / before", "difference", "A/A", "over A/A",
        "per page that changed", "2M splits by the dose", "its memory in split blocks", "", "runs",
    )  # fmt: skip
    caption = (
        "Doses: the same work on the same memory, over that on a reference that stays as it is, "
        "while secret memory of that size is held, against before, while as much of the control "
        "was; on the machine as it is, or into holes in blocks that a ballast found unsplit. Per "
        "page that changed: what its item of work takes more, where the dose changed how pages of"
        " the set are mapped. How much of the victim's memory the kernel maps by 4K before the "
        "dose and with it; where page tables cannot be read, how much shares a 2M block with the "
        "dose. Where that did not change, the dose says nothing"
    )
    return (Grid(caption, columns, rows),) if rows else ()


def _name(evidence: Evidence, victim: Victim) -> str:
    return victim_words(victim, evidence.names(victim.row.metric))


def _time(victim: Victim) -> str:
    beside = victim.row.control_median
    return quantity(beside.estimate, victim.row.unit) if beside else ""


def _time_before(victim: Victim) -> str:
    """Of an item of work before the dose; records of before procedure 3 have it as their value."""
    noted = numbers(victim.row, "item_before_s")
    return quantity(median(noted), "s") if noted else _time(victim)


def _per_page(victim: Victim) -> str:
    """What the work on a page takes more once the dose changed its mapping, with the interval."""
    changed, ratio = numbers(victim.row, "changed_pages"), victim.row.ratio
    before, items = numbers(victim.row, "item_before_s"), victim.row.params.get("pages")
    if not changed or not before or not isinstance(items, int) or ratio is None:
        return "not seen"
    if median(changed) <= 0:
        return "none changed"
    each = median(before) * items / median(changed)
    more = [quantity(each * (at - 1), "s") for at in (ratio.estimate, ratio.low, ratio.high)]
    return f"{more[0]} [{more[1]}, {more[2]}]"


def _effect(victim: Victim) -> tuple[Entry, ...]:
    """Ratio, whether it is seen, that of A/A, and what is beyond it."""
    ratio, alike = victim.row.ratio, victim.alike
    floor = _ratio(alike.ratio) if alike and alike.ratio else "not measured"
    return (
        Entry(_ratio(ratio) if ratio else ""),
        Entry(seen_words(ratio) if ratio else ""),
        Entry(floor),
        Entry(_ratio(victim.beyond) if victim.beyond else "unknown"),
    )


def _ratio(ratio: Effect) -> str:
    """`1.034 [1.030, 1.038]`."""
    return (
        ratio_words(ratio).replace(f"x {ratio.against}", "", 1).replace(" unpaired", "", 1).strip()
    )


def _plain(found: Interval | None) -> str:
    if found is None:
        return "cannot be mapped"
    if not math.isfinite(found.low):
        return f"{found.estimate:.3f}"
    return f"{found.estimate:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _shares(victim: Victim) -> str:
    """Of the pages inside and outside, how many are in split blocks."""
    for note in ("mapped_4k", "share_in_split"):
        inside, outside = (_noted_share(victim, f"{note}_{arm}") for arm in ("b", "a"))
        if inside and outside:
            return f"{inside} and {outside}"
    return "unknown"


def _change(victim: Victim) -> str:
    """How much of the victim's memory is in split blocks before the dose and with it."""
    before, after = (_noted_share(victim, f"mapped_4k_{when}") for when in ("before", "after"))
    if before and after:
        return f"{before}, then {after}"
    beside = _noted_share(victim, "share_in_dose")
    return f"{beside} beside the dose" if beside else "not seen"


def _noted_share(victim: Victim, name: str) -> str:
    return percent_span(numbers(victim.row, name), 3)


def _spent(victim: Victim) -> str:
    """In how many runs the dose found its pages in blocks that were split already."""
    whole = len(victim.row.notes.get("pool", ()))
    return f"pool not exhausted in {whole} of {victim.row.runs} runs" if whole else ""
