# SPDX-License-Identifier: MIT
"""The report: one HTML file that needs no network and no script.

`evidence.gather` makes the `Evidence` of some record files: their `Summary`, their figures, and
the anchors by which each number leads to its runs. Each chapter (`machine`, `trust`, `owner`,
`everyone`, `secrecy`, `runs`) is a function from `Evidence` to a `block.Chapter`: sections of
blocks, all of them plain text. `html` gives each block its shape by the templates `page.html` and
`block.html`, which escape every string. Files named `<chapter>_<part>` are parts of that chapter.

A figure stands in the chapter that its plate names, without any word here.
"""
