# SPDX-License-Identifier: MIT
"""Numbers and rows as people read them, the same in the summary, the gate and the report.

`quantity` scales a number to its unit. `effect` says how a mode compares with its control, and
whether that was seen. `row` makes a result the cells of a table. `split` and `victim` have the
words of their results. Nothing here computes: what is said was computed in `result` or `secrecy`.
"""
