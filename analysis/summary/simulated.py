# SPDX-License-Identifier: MIT
"""What models of TLBs and caches counted, as the terminal shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..result.simulated import DOSES, TRIPS, VICTIMS
from ..words.quantity import size
from ..words.simulated import NO_CPU, by_dose, counted, findings, steps_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..output.page import Page
    from ..result.simulated import Simulated, Step

_NAMES: Mapping[int | Step, str] = {0: "none", "after": "given back"}
_COUNTS = {"misses": "first-level misses", "walks": "page walks"}


def simulated_text(found: Sequence[Simulated], page: Page) -> None:
    """Findings, and what each model counted for one operation; nothing without any."""
    runs = [each for each in found if each.runs]
    said = findings(runs)
    if said:
        page.text()
        page.text("TLB misses caused by splitting the direct map, simulated", style="bold")
        page.text(f"{NO_CPU[0].upper()}{NO_CPU[1:]}.", indent=2)
    for each in said:
        page.text(f"{each.subject} {each.finding}; {each.beside}.", indent=2)
    for metric, table in ((DOSES, _of_works), (VICTIMS, _of_victims), (TRIPS, _of_trips)):
        shown = [each for each in runs if each.metric == metric]
        if shown:
            page.text()
            page.table(table(shown), (), indent=2)


def _of_works(shown: Sequence[Simulated]) -> list[tuple[str, ...]]:
    """By work, count and model: before any dose, with each, and after the largest."""
    steps = steps_of(shown)
    models = list(dict.fromkeys(each.model for each in shown))
    names = [size(step) if isinstance(step, int) and step else _NAMES[step] for step in steps]
    lines: list[tuple[str, ...]] = [("ordinary work, with", "model", *names)]
    for count, name in _COUNTS.items():
        for model in models:
            known = by_dose([each for each in shown if each.model == model], count)
            for work, line in known.items():
                numbers = [line.get(step) for step in steps]
                cells = ["" if number is None else counted(number) for number in numbers]
                lines.append((f"{work}, {name}", model, *cells))
    return lines


def _of_victims(shown: Sequence[Simulated]) -> list[tuple[str, ...]]:
    """By victim and model: outside and inside split blocks."""
    heads = ("victim", "model", *(f"{name} {where}" for name in ("misses", "walks")
                                  for where in ("outside", "inside")))  # fmt: skip
    lines: list[tuple[str, ...]] = [heads]
    for each in shown:
        outside, inside = each.own["control"], each.own["treatment"]
        numbers = (outside.misses, inside.misses, outside.walks, inside.walks)
        alike = ", A/A" if each.is_noise_floor else ""
        name = f"{each.work}, {each.pages:,} pages{alike}"
        lines.append((name, each.model, *map(counted, numbers)))
    return lines


def _of_trips(shown: Sequence[Simulated]) -> list[tuple[str, ...]]:
    """By use and mode: trips to memory of each model, and those of the control."""
    models = list(dict.fromkeys(each.model for each in shown))
    heads = ("trips to memory", "mode", *models, "control", *models)
    cells: dict[str, dict[str, Simulated]] = {}
    for each in shown:
        cells.setdefault(each.cell, {})[each.model] = each
    return [heads, *(_trips_row(by_model, models) for by_model in cells.values())]


def _trips_row(by_model: dict[str, Simulated], models: Sequence[str]) -> tuple[str, ...]:
    first = next(iter(by_model.values()))
    wide = first.work in {"load", "store", "stream"}
    name = f"{first.work}, {first.params['width_bytes']} B" if wide else first.work
    trips, beside = (
        [counted(by_model[model].everything[arm].trips) if model in by_model else ""
         for model in models]
        for arm in ("treatment", "control")
    )  # fmt: skip
    return (name, first.mode, *trips, first.control or "", *beside)
