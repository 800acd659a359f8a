# SPDX-License-Identifier: MIT
"""One execution of a plan: begun or taken up again, run after run, ended.

A plan and a site come in; a record file goes out. `beginning` gets consent and writes the first
line, `resumption` opens a file to go on with it instead. Then `loop` asks a dealer for the next
turn (`schedule`, or the pairs of `compare`), lets each `recording` execute it (`runner`) and
append the run (`writer`), and tells the dealer what became of it. `interval` says when a cell has
been sampled enough, `interrupt` when a person has; `progress` shows it. `campaign` is this for
`bench run`; `compare` does it with two files at once. `pyperf_cell` hands runs to pyperf, without
a record.
"""
