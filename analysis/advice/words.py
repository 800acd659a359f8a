"""Advice in words: the sentence first, then every mode with the numbers that decided."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..words.quantity import digits, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..output.page import Page
    from .rule import Advice, Amount, Case, Option

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
            f"that may take {share(case.share)} of another CPU"
        )
    else:
        said = (
            f"{case.secrets:,} {_plural(case.secrets, 'secret')} of 32 bytes, "
            f"{case.uses_per_second:,.10g} {_plural(case.uses_per_second, 'use')} per second, "
            f"which may take {share(case.share)} of one CPU"
        )
    return f"{said}; must close: {', '.join(case.must_close)}" if case.must_close else said


def answer(advice: Advice) -> str:
    """The mode, or that there is none, or that too little was measured to say."""
    if advice.chosen:
        return advice.chosen
    if any(option.verdict == "not measured" for option in advice.options):
        return "not decided, a cost was not measured"
    return "none of the modes tried here"


def reasons(advice: Advice) -> tuple[str, ...]:
    """What the answer costs, what it leaves open, and what else there is, in sentences."""
    unknown = ""
    if advice.undecided:
        unknown = f"Tried on no mode here, so not known: {', '.join(advice.undecided)}."
    if advice.chosen is None:
        return tuple(filter(None, (*_refusals(advice), unknown)))
    option = advice.options[0]
    found = [_costs(option, advice.case), _leaves(option), _room(option, advice.case), unknown]
    others = [each for each in advice.options if each.verdict == "possible"]
    found += [_instead(each, option, advice.case) for each in others[:ALTERNATIVES]]
    if others[ALTERNATIVES:]:
        more = ", ".join(each.mode for each in others[ALTERNATIVES:])
        found.append(f"Not beaten either, but closing fewer ways: {more}.")
    return tuple(text for text in (*found, *_refusals(advice, "secret")) if text)


def _costs(option: Option, case: Case) -> str:
    """What the mode costs in this case."""
    if case.strangers:
        lost = option.others_share
        return f"A stranger takes {_share(lost)} of another CPU with it at full rate."
    said = f"Its uses take {_share(option.cpu_share)} of one CPU."
    if option.setup_s is None:
        said += " What obtaining and giving it back takes was not measured."
    else:
        time = quantity(option.setup_s.estimate, "s")
        lost_s = option.others_s
        said += f" Obtaining and giving back all of them takes {time}, once; from each other CPU "
        if lost_s is None:
            said += "it takes a time that was not measured."
        elif lost_s.low <= 0:
            said += "it was not seen to take any time."
        else:
            said += f"it takes {quantity(lost_s.estimate, 's')}."
    return said


def _leaves(option: Option) -> str:
    """What stays open with the mode."""
    said = f"It closes {option.closed} ways"
    said += f" and leaves open: {', '.join(option.leaves_open)}." if option.leaves_open else "."
    if option.at_rest:
        said += f" Closed between uses only: {', '.join(option.at_rest)}."
    if option.untried:
        said += f" Not tried on it: {', '.join(option.untried)}."
    return said


def _room(option: Option, case: Case) -> str:
    """Whether so many secrets fit the usual limits."""
    page, slab = option.fits.get("page"), option.fits.get("slab")
    if page is None or case.secrets <= page:
        return ""
    said = f"With a page of its own for each only {page:,} fit 8 MiB of RLIMIT_MEMLOCK and "
    said += "1,024 open files: raise the limits"
    return f"{said}, or pack them ({slab:,} fit)." if slab else f"{said}."


def _instead(other: Option, chosen: Option, case: Case) -> str:
    """What another mode that nobody beats would cost, and what it would leave open besides."""
    left = (*other.leaves_open, *other.at_rest)
    more = [way for way in left if way not in {*chosen.leaves_open, *chosen.at_rest}]
    fewer = [way for way in chosen.leaves_open if way not in {*left, *other.untried}]
    said = []
    if more:
        said.append(f"leaves open {some(more)} besides")
    if fewer:
        said.append(f"closes {some(fewer)} as well")
    taking = f"{_share(other.share(case))} of {'another' if case.strangers else 'one'} CPU"
    return f"Instead {other.mode}, for {taking}: {'; '.join(said) or 'not tried on all of these'}."


def _refusals(advice: Advice, prefix: str = "") -> list[str]:
    """Why the other modes (whose names begin so) are not the answer, by reason."""
    groups: dict[str, list[str]] = {}
    for option in advice.options:
        refused = option.verdict not in {"chosen", "possible"}
        if refused and option.mode.startswith(prefix):
            groups.setdefault(verdict(option, advice.case), []).append(option.mode)
    return [f"{why[:1].upper()}{why[1:]}: {', '.join(modes)}." for why, modes in groups.items()]


def verdict(option: Option, case: Case) -> str:
    """The verdict with what it rests on."""
    if option.verdict == "beaten":
        return f"beaten by {some(option.why, BEATERS)}"
    if option.verdict in {"leaves open", "not tried"}:
        return f"{option.verdict} {some(option.why)}"
    if option.verdict == "too dear":
        return f"too dear, takes {_share(option.share(case))}"
    return "cost not measured" if option.verdict == "not measured" else option.verdict


def headings(case: Case) -> tuple[str, ...]:
    """Columns of `line`."""
    return STRANGER_HEADINGS if case.strangers else HEADINGS


def line(option: Option, case: Case) -> tuple[str, ...]:
    """One mode as a row."""
    left = some(option.leaves_open)
    if option.at_rest:
        left += f"; during a use {len(option.at_rest)} more"
    ways = (str(option.closed), left)
    if case.strangers:
        return (option.mode, verdict(option, case), _share(option.others_share), *ways)
    return (
        option.mode,
        verdict(option, case),
        _share(option.cpu_share),
        _time(option.setup_s),
        _time(option.others_s),
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


def _share(amount: Amount | None) -> str:
    """A share of a CPU with its interval."""
    if amount is None:
        return "-"
    if not math.isfinite(amount.low) or amount.low == amount.high:
        return share(amount.estimate)
    if amount.low <= 0:
        return f"at most {share(max(amount.high, 0))}"
    if amount.high < LEAST:
        return share(amount.high)
    low, high = digits(100 * amount.low), digits(100 * amount.high)
    return f"{share(amount.estimate)} [{low}, {high}]"


def share(part: float) -> str:
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
    rows = [headings(advice.case), *(line(option, advice.case) for option in advice.options)]
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
