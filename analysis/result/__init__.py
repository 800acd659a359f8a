# SPDX-License-Identifier: MIT
"""From runs to results: record files in, one frozen row per cell out.

    Campaigns -> effect.good, effect.effect_of    the runs that count, each as one number
              -> compute.results                  a `cell.CellResult` per cell, over its runs
              -> split, pause, victim, pair, noise    what some metrics say besides

`effect` is the one place where a run becomes a number: how its two arms compare. A run is the
independent replicate, so it counts once. `note` puts together what runs noted in words.
All numbers are in base units; an `Effect` is a plain ratio, or a difference in the metric's unit.
"""
