# SPDX-License-Identifier: MIT
"""Statistics: pure functions on arrays, which know nothing of cells, units or files.

Values within one run are not independent, so a run counts once: `one_run` makes it one number.
`interval` estimates over runs, with intervals that are exact and assume no normal distribution;
`exact` has the distributions behind them. `sequential` is the rule of the gate: looks, tests,
multiplicity, decisions.
"""
