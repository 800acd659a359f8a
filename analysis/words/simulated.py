# SPDX-License-Identifier: MIT
"""What models of TLBs counted, in sentences; each number stands with the model that it is of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..result.simulated import DOSES, STEPS, VICTIMS, Simulated, Step
from .quantity import digits, size

NO_CPU = "counted exactly, by models in an emulated guest: no measurement of a CPU"
"""Stands beside every count."""

_RING = "packet-ring"
_TO_A_THOUSANDTH = 10


@dataclass(frozen=True)
class Finding:
    """One sentence in three parts: what it says of what, what stands beside it."""

    subject: str
    finding: str
    beside: str
    of: Simulated
    """The cell and model that it rests on most."""


def findings(found: Sequence[Simulated]) -> tuple[Finding, ...]:
    """What a dose does to ordinary kernel work, and split blocks to a read, file by file."""
    files: dict[str, list[Simulated]] = {}
    for each in found:
        if each.runs:
            files.setdefault(each.label, []).append(each)
    made = [make(each) for make in (_of_works, _of_ring) for each in files.values()]
    return tuple(filter(None, made))


def by_dose(found: Sequence[Simulated], count: str) -> Mapping[str, Mapping[int | Step, float]]:
    """Work -> dose -> a count per operation of one model, of cells that are no A/A.

    0 stands for before the smallest dose, `after` for after the largest one was given back.
    """
    lines: dict[str, dict[int | Step, float]] = {}
    known = sorted((each for each in found if not each.is_noise_floor), key=_dose)
    for each in known:
        line = lines.setdefault(each.work, {0: _per(each, count, "control")})
        line[each.dose_bytes] = _per(each, count, "treatment")
        if each.dose_bytes == known[-1].dose_bytes and each.areas["after"]:
            line["after"] = _per(each, count, "after")
    return lines


def steps_of(found: Sequence[Simulated]) -> list[int | Step]:
    """All steps of `by_dose` over several works and models, in their order."""
    doses = sorted({each.dose_bytes for each in found})
    after = any(each.areas["after"] for each in found)
    return [0, *doses, *(("after",) if after else ())]


def counted(number: float) -> str:
    """A count per operation, whole or to three digits; below a thousandth boots differ."""
    if number == round(number):
        return f"{number:,.0f}"
    small = abs(number) < _TO_A_THOUSANDTH
    return f"{round(number, 3) + 0.0:g}" if small else digits(number)


def _of_works(found: Sequence[Simulated]) -> Finding | None:
    """What the largest dose does to the first level and to walks."""
    works = [each for each in found if each.metric == DOSES]
    measured = [each for each in works if not each.is_noise_floor]
    if not measured:
        return None
    largest = max(map(_dose, measured))
    shown = [each for each in measured if each.dose_bytes == largest]
    alike = [each for each in works if each.is_noise_floor and each.dose_bytes == largest]
    again = [each for each in shown if each.areas["after"]]
    most = max(shown, key=lambda each: _added(each, "misses"))
    said = [f"most: {most.work} by {most.model}, {_change(most, 'misses')}"]
    said += [f"an equal dose of {alike[0].mode}: {_both(alike, 'treatment')}"] if alike else []
    said += [f"after it was given back: {_both(again, 'after')}"] if again else []
    return Finding(
        f"Ordinary kernel work with {size(largest)} of secret memory held",
        f"takes {_both(shown, 'treatment')} for an operation",
        "; ".join(said),
        most,
    )


def _of_ring(found: Sequence[Simulated]) -> Finding | None:
    """What each kernel read of the largest ring takes in split blocks and in whole ones."""
    rings = [each for each in found if each.metric == VICTIMS and each.work == _RING]
    shown = [each for each in rings if not each.is_noise_floor]
    if not shown:
        return None
    pages = max(each.pages for each in shown)
    shown = [each for each in shown if each.pages == pages]
    alike = [each for each in rings if each.is_noise_floor and each.pages == pages]
    inside, outside = (
        _by_model(shown, lambda each, arm=arm: _per(each, "walks", arm))  # type: ignore[misc]
        for arm in ("treatment", "control")
    )
    equals = _by_model(alike, lambda each: _added(each, "walks"))
    return Finding(
        f"A kernel read of one of {pages:,} pages of its own",
        f"takes {inside} page walks in split blocks, and {outside} in whole ones",
        f"equals (A/A) differ by {equals}" if alike else "",
        shown[0],
    )


def _both(shown: Sequence[Simulated], step: Step) -> str:
    """`up to 321 (zen3), 690 (glc) more misses of the first TLB level and 0.01 (...) walks`."""
    misses, walks = (
        _by_model(shown, lambda each, count=count: _added(each, count, step))  # type: ignore[misc]
        for count in ("misses", "walks")
    )
    return f"up to {misses} more misses of the first TLB level and {walks} more page walks"


def _by_model(shown: Sequence[Simulated], count: Callable[[Simulated], float]) -> str:
    """The most of each model, with its name; models that say the same in one."""
    most: dict[str, float] = {}
    for each in shown:
        most[each.model] = max(count(each), most.get(each.model, 0.0))
    alike: dict[str, list[str]] = {}
    for model, number in most.items():
        alike.setdefault(counted(number), []).append(model)
    return ", ".join(f"{text} ({', '.join(models)})" for text, models in alike.items())


def _dose(each: Simulated) -> int:
    return each.dose_bytes


def _per(each: Simulated, count: str, step: Step) -> float:
    found: float = getattr(each.own[step], count)
    return found


def _added(each: Simulated, count: str, step: Step = "treatment") -> float:
    return _per(each, count, step) - _per(each, count, "control")


def _change(each: Simulated, count: str) -> str:
    before, after = (counted(_per(each, count, step)) for step in STEPS[:2])
    return f"{before} to {after}"
