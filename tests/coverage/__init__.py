# SPDX-License-Identifier: MIT
"""Whether intervals cover the truth, and null claims hold: `python -m tests.coverage`.

`simulate` draws series of runs that depend on each other by a known amount; `noise` makes them.
`inject` measures with a core whose treatment takes a known share longer; `patch` builds it.
"""
