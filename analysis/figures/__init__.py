# SPDX-License-Identifier: MIT
"""Figures of a campaign as SVG, one file each.

A file here is a figure. It has a `PLATE` (name, title, words, chapter of the report, place among
the others) and a function `draw(material)`, which returns the `Figure`, or an `Absent` with the
reason why its data are not there. `drawing.gallery` finds the files by listing this folder.
How any figure is drawn is in `drawing`.
"""
