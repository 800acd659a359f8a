# SPDX-License-Identifier: MIT
"""How often the intervals cover, and what null claims see, by simulation of known noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .interval import Known, Stopped, known, stop, stop_plain
from .noise import LAGS, SHAPES, Noise, drifts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .interval import Array

RUNS = (8, 10, 12, 16, 20, 24, 30, 40, 60)
"""Numbers of runs that are not chosen by the data."""

LEAST, MOST = 8, 40
"""Runs between which sampling stops by the width."""

TARGETS = (1.2, 0.95, 0.75, 0.6, 0.5, 0.42, 0.36)
"""Half-widths at which it stops, in standard deviations of a run: independent runs stop between
10 and 30 of them, and those with a lag of .6 at the wider ones."""

DRIFTS = (0.06, 0.12, 0.25)
"""What is added from run to run while sampling goes on, in standard deviations."""

TENTH = 0.1


def fixed(size: int, rng: np.random.Generator) -> Iterator[str]:
    """Coverage at given numbers of runs, and the widths that independent runs pay; table lines."""
    heads = [*(noise.name for noise in LAGS), *(noise.name for noise in drifts(2))]
    yield _line("runs", *heads, "width at lag 0: median", "mean", "plain interval: lag 0, .3, .6")
    yield _rule(len(heads) + 4)
    for runs in RUNS:
        found = {noise.name: _known(noise, size, runs, rng) for noise in (*LAGS, *drifts(runs))}
        truth = {noise.name: noise.truth(runs) for noise in (*LAGS, *drifts(runs))}
        covered = [
            each.level.covers(truth[name], each.widening).mean() for name, each in found.items()
        ]
        still = found[LAGS[0].name]
        wider = still.half_width / still.plain.half_width
        plain = [found[noise.name].plain.covers(0.0).mean() for noise in LAGS]
        yield _line(
            runs,
            *map(_share, covered),
            f"{np.median(wider):.2f}",
            f"{wider.mean():.2f}",
            ", ".join(map(_share, plain)),
        )


def shapes(size: int, rng: np.random.Generator) -> Iterator[str]:
    """Coverage with other noise than normal, at lags of 0, .3 and .6; table lines."""
    names = [shape for shape in SHAPES if shape != "normal"]
    yield _line("runs", *(f"{name}: 0, .3, .6" for name in names))
    yield _rule(len(names) + 1)
    for runs in RUNS:
        cells = []
        for shape in names:
            each = [Noise("", noise.lag, shape) for noise in LAGS]
            found = [(noise, _known(noise, size, runs, rng)) for noise in each]
            covered = [one.level.covers(noise.truth(runs), one.widening) for noise, one in found]
            cells.append(", ".join(_share(flags.mean()) for flags in covered))
        yield _line(runs, *cells)


def stopping(size: int, rng: np.random.Generator) -> Iterator[str]:
    """Coverage where sampling stops by the width, with the runs that it took; table lines."""
    yield _line("noise", *(f"+-{target:g} sd" for target in TARGETS))
    yield _rule(len(TARGETS) + 1)
    for noise in (*LAGS, *(Noise(f"drift {step:g} sd a run", drift=step) for step in DRIFTS)):
        looks = _looks(noise, size, rng)
        truths = [noise.truth(look.runs) for look in looks]
        for name, rule in ((noise.name, stop), ("as before", stop_plain)):
            found = [rule(looks, target) for target in TARGETS]
            yield _line(name, *(_covered(each, truths, plain=rule is stop_plain) for each in found))


def _covered(found: Stopped, truths: list[float], *, plain: bool) -> str:
    """Coverage of stopped series, with their mean runs."""

    def at_look(look: int) -> Array:
        known = found.looks[look]
        bounds = known.plain if plain else known.level
        return np.asarray(bounds.covers(truths[look], found.widening), dtype=float)

    return f"{_share(found.pick(at_look).mean())} ({found.runs.mean():.0f})"


def claims(size: int, rng: np.random.Generator) -> Iterator[str]:
    """How often a difference as small as a null claim's is seen by another campaign; table lines.

    In brackets: where the claim's own campaign has an interval among the narrowest tenth.
    """
    yield _line("runs", *(noise.name for noise in LAGS), "claim over what .8 see, lag 0")
    yield _rule(len(LAGS) + 2)
    for runs in RUNS:
        pairs = [[_known(noise, size, runs, rng) for _ in range(2)] for noise in LAGS]
        found = [(said.claims(), again.needed()) for said, again in pairs]
        yield _line(runs, *(_seen(*each) for each in found), f"{_over(*found[0]):.2f}")
    looks = [[_looks(noise, size, rng) for _ in range(2)] for noise in LAGS]
    for target in TARGETS:
        found = [_stopped_claims(pair, target) for pair in looks]
        cells = (_seen(*each) for each in found)
        yield _line(f"until +-{target:g} sd", *cells, f"{_over(*found[0]):.2f}")


def _stopped_claims(looks: list[list[Known]], target: float) -> tuple[Array, Array]:
    """What stopped campaigns claim, and what it takes to be seen by others."""
    said, again = (stop(each, target) for each in looks)
    return (
        said.pick(lambda look: said.looks[look].claims(said.widening)),
        again.pick(lambda look: again.looks[look].needed(again.widening)),
    )


def _seen(said: Array, needed: Array) -> str:
    lucky = said <= np.quantile(said, TENTH)
    seen = said > needed
    return f"{_share(seen.mean())} ({_share(seen[lucky].mean())})"


def _over(said: Array, needed: Array) -> float:
    return float(np.median(said) / np.quantile(needed, 0.8))


def _looks(noise: Noise, size: int, rng: np.random.Generator) -> list[Known]:
    drawn = noise.draw(size, MOST, rng)
    return [known(drawn[:, :runs]) for runs in range(LEAST, MOST + 1)]


def _known(noise: Noise, size: int, runs: int, rng: np.random.Generator) -> Known:
    return known(noise.draw(size, runs, rng))


def _share(share: float) -> str:
    return f"{share:.3f}".removeprefix("0")


def _line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns


TABLES = {
    "Coverage at given numbers of runs": fixed,
    "Coverage with other noise than normal": shapes,
    f"Coverage where sampling stops by the width, {LEAST} to {MOST} runs (runs taken)": stopping,
    "Share of campaigns that see what a null claim names (of the narrowest tenth)": claims,
}


def tables(size: int, seed: int, wanted: Sequence[str] = ()) -> Iterator[str]:
    """All tables, line by line.

    Args:
        size: Series drawn for each figure: a share of .95 comes out right to .22 / sqrt(size).
        seed: Of the noise.
        wanted: Names of the functions of the tables; all where none is given.
    """
    for title, table in TABLES.items():
        if wanted and table.__name__ not in wanted:
            continue
        yield f"\n{title}, {size:,} series each\n"
        yield from table(size, np.random.default_rng(seed))
