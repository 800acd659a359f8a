# SPDX-License-Identifier: MIT
"""Advice in words: the sentence first, then every mode with the numbers that decided."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..words.quantity import digits, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..output.page import Page
    from .rule import Advice, Amount, Assessment, Case

HEADINGS = ("mode", "verdict", "uses take", "all once", "from others", "closes", "leaves open")
"""Columns of `line`."""

STRANGER_HEADINGS = ("mode", "verdict", "from others, at full rate", "closes", "leaves open")
"""The same where the case is about strangers."""

LEAST = 1e-5
"""Share below which the digits tell nobody anything."""

LISTED = 4
"""Ways that a row names before it counts the rest."""

BEATERS = 2
"""Modes that a row names as beating it before it counts the rest."""

ALTERNATIVES = 2
"""Modes that are compared with the chosen one in a sentence each."""


def situation(case: Case) -> str:
    """The case in one line: how many secrets, how many uses, what must be closed."""
    if case.strangers:
        said = (
            "strangers touch memory as fast as they can; "
            f"that may take {share_words(case.share)} of another CPU"
        )
    else:
        said = (
            f"{case.secrets:,} {_plural(case.secrets, 'secret')} of 32 bytes, "
            f"{case.uses_per_second:,.10g} {_plural(case.uses_per_second, 'use')} per second, "
            f"which may take {share_words(case.share)} of one CPU"
        )
    return f"{said}; must close: {', '.join(case.must_close)}" if case.must_close else said


def answer(advice: Advice) -> str:
    """The mode, or that there is none, or that too little was measured to say."""
    if advice.chosen:
        return advice.chosen
    if any(one.standing == "not measured" for one in advice.assessments):
        return "not decided, a cost was not measured"
    return "none of the modes tried here"


def reasons(advice: Advice) -> tuple[str, ...]:
    """What the answer costs, what it leaves open, and what else there is, in sentences."""
    unknown = ""
    if advice.undecided:
        unknown = f"Tried on no mode here, so not known: {', '.join(advice.undecided)}."
    if advice.chosen is None:
        return tuple(filter(None, (*_refusals(advice), unknown)))
    one = advice.assessments[0]
    found = [_costs(one, advice.case), _leaves(one), _room(one, advice.case), unknown]
    others = [each for each in advice.assessments if each.standing == "possible"]
    found += [_instead(each, one, advice.case) for each in others[:ALTERNATIVES]]
    if others[ALTERNATIVES:]:
        more = ", ".join(each.mode for each in others[ALTERNATIVES:])
        found.append(f"Not beaten either, but closing fewer ways: {more}.")
    return tuple(text for text in (*found, *_refusals(advice, "secret")) if text)


def _costs(one: Assessment, case: Case) -> str:
    """What the mode costs in this case."""
    if case.strangers:
        lost = one.others_share
        return f"A stranger takes {_amount_words(lost)} of another CPU with it at full rate."
    said = f"Its uses take {_amount_words(one.cpu_share)} of one CPU."
    if one.setup_s is None:
        said += " What obtaining and giving it back takes was not measured."
    else:
        time = quantity(one.setup_s.estimate, "s")
        lost_s = one.others_s
        said += f" Obtaining and giving back all of them takes {time}, once; from each other CPU "
        if lost_s is None:
            said += "it takes a time that was not measured."
        elif lost_s.low <= 0:
            said += "it was not seen to take any time."
        else:
            said += f"it takes {quantity(lost_s.estimate, 's')}."
    return said


def _leaves(one: Assessment) -> str:
    """What stays open with the mode."""
    said = f"It closes {one.closed} ways"
    said += f" and leaves open: {', '.join(one.leaves_open)}." if one.leaves_open else "."
    if one.at_rest:
        said += f" Closed between uses only: {', '.join(one.at_rest)}."
    if one.untried:
        said += f" Not tried on it: {', '.join(one.untried)}."
    return said


def _room(one: Assessment, case: Case) -> str:
    """Whether so many secrets fit the usual limits."""
    page, slab = one.fits.get("page"), one.fits.get("slab")
    if page is None or case.secrets <= page:
        return ""
    said = f"With a page of its own for each only {page:,} fit 8 MiB of RLIMIT_MEMLOCK and "
    said += "1,024 open files: raise the limits"
    return f"{said}, or pack them ({slab:,} fit)." if slab else f"{said}."


def _instead(other: Assessment, chosen: Assessment, case: Case) -> str:
    """What another mode that nobody beats would cost, and what it would leave open besides."""
    left = (*other.leaves_open, *other.at_rest)
    more = [way for way in left if way not in {*chosen.leaves_open, *chosen.at_rest}]
    fewer = [way for way in chosen.leaves_open if way not in {*left, *other.untried}]
    said = []
    if more:
        said.append(f"leaves open {some(more)} besides")
    if fewer:
        said.append(f"closes {some(fewer)} as well")
    taking = f"{_amount_words(other.share(case))} of {'another' if case.strangers else 'one'} CPU"
    return f"Instead {other.mode}, for {taking}: {'; '.join(said) or 'not tried on all of these'}."


def _refusals(advice: Advice, prefix: str = "") -> list[str]:
    """Why the other modes (whose names begin so) are not the answer, by reason."""
    groups: dict[str, list[str]] = {}
    for one in advice.assessments:
        refused = one.standing not in {"chosen", "possible"}
        if refused and one.mode.startswith(prefix):
            groups.setdefault(standing(one, advice.case), []).append(one.mode)
    return [f"{why[:1].upper()}{why[1:]}: {', '.join(modes)}." for why, modes in groups.items()]


def standing(one: Assessment, case: Case) -> str:
    """Where a mode stands, with what that rests on."""
    if one.standing == "beaten":
        return f"beaten by {some(one.why, BEATERS)}"
    if one.standing in {"leaves open", "not tried"}:
        return f"{one.standing} {some(one.why)}"
    if one.standing == "too dear":
        return f"too dear, takes {_amount_words(one.share(case))}"
    return "cost not measured" if one.standing == "not measured" else one.standing


def headings(case: Case) -> tuple[str, ...]:
    """Columns of `line`."""
    return STRANGER_HEADINGS if case.strangers else HEADINGS


def line(one: Assessment, case: Case) -> tuple[str, ...]:
    """One mode as a row."""
    left = some(one.leaves_open)
    if one.at_rest:
        left += f"; during a use {len(one.at_rest)} more"
    ways = (str(one.closed), left)
    if case.strangers:
        return (one.mode, standing(one, case), _amount_words(one.others_share), *ways)
    return (
        one.mode,
        standing(one, case),
        _amount_words(one.cpu_share),
        _time(one.setup_s),
        _time(one.others_s),
        *ways,
    )


def some(names: Sequence[str], most: int = LISTED) -> str:
    """The first few names, and how many more."""
    if not names:
        return "nothing that was tried"
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _time(amount: Amount | None) -> str:
    if amount is None:
        return "-"
    return "none seen" if amount.low <= 0 else quantity(amount.estimate, "s")


def _amount_words(amount: Amount | None) -> str:
    """A share of a CPU with its interval."""
    if amount is None:
        return "-"
    if not math.isfinite(amount.low) or amount.low == amount.high:
        return share_words(amount.estimate)
    if amount.low <= 0:
        return f"at most {share_words(max(amount.high, 0))}"
    if amount.high < LEAST:
        return share_words(amount.high)
    low, high = digits(100 * amount.low), digits(100 * amount.high)
    return f"{share_words(amount.estimate)} [{low}, {high}]"


def share_words(part: float) -> str:
    """A share in %, three digits."""
    return f"under {100 * LEAST:g} %" if 0 < part < LEAST else f"{100 * part:.3g} %"


def _plural(number: float, word: str) -> str:
    return word if number == 1 else f"{word}s"


def text(advice: Advice, page: Page) -> str:
    """The advice for a terminal."""
    page.text(f"{advice.case.name}: {situation(advice.case)}", style="bold")
    page.text()
    page.text(f"advice: {answer(advice)}", style="bold")
    for sentence in reasons(advice):
        page.text(sentence, indent=2)
    page.text()
    rows = [headings(advice.case), *(line(one, advice.case) for one in advice.assessments)]
    page.table(rows, (), indent=2)
    page.text()
    page.text(RULE)
    return str(page)


RULE = (
    "How it is chosen: of the modes that close what must be closed and stay within the share of a "
    "CPU, those are left that no other beats (at least as secret and not dearer, and better in "
    "one); of these the one that closes most ways, then the cheapest. Each number is that of a "
    "cell of the record: see summary."
)
"""The rule, as every advice states it."""
