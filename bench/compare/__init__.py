# SPDX-License-Identifier: MIT
"""Two things measured against each other, and a verdict on them.

`gate` fills one record file (against a baseline, or modes against their controls) or two
(`builds`: two builds of the core, run by run); `kernels` fills two, a pair of boots at a time
(`pairs`). Both begin, loop and end as every campaign does. What is enough, and what it means, is
the analysis' to say: `judge` asks it, by a process of its own.
"""
