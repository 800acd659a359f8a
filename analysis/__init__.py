# SPDX-License-Identifier: MIT
"""Reads record files, measures nothing, and knows nothing of `bench`.

What flows through it, from the bottom up:

    results/*.jsonl
      -> read       frozen `Campaigns`: runs with their values, cells, modes, metrics
      -> result     one `CellResult` per cell, intervals by `stats`
      -> secrecy    what the ways in came to: a `Matrix`, and what each mode costs
      -> words      numbers and rows as people read them
      -> summary, gate, advice, export    an answer each: tables, verdicts, a mode, files
      -> figures    pictures of the same results
      -> report     all of it as one HTML page
      -> verb       one file per verb of the command line

Below all of them are `output` (pages, JSON, whole files, the one error) and `register` (parts
that are found by listing a package). A room imports from rooms below it and from no other;
import-linter holds that, see pyproject.toml.
"""
