# SPDX-License-Identifier: MIT
"""How any figure is drawn.

`figure` has the types: the `Material` that figures are drawn from, and the `Plate` by which one
registers. `canvas` is the sheet: matplotlib's settings, axes, rows, marks, and the way to SVG with
the same bytes each time. `mode_style` says how a mode looks, as its record says. `two_panels` and
`frontier` are pictures that several figures share. `gallery` draws all of them; `series` draws a
history, which is of many campaigns.
"""
