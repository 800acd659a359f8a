# SPDX-License-Identifier: MIT
"""What is to be measured: plans, and the cells that they name.

A plan's file (the shipped ones lie here, too) or a cell's name comes in, with the catalogue of
what the core can measure; cells with their targets go out (`plan`). `size` reads and writes 16KiB;
`catalogue` prints what there is.
"""
