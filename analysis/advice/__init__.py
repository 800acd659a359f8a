# SPDX-License-Identifier: MIT
"""Which mode suits a use: results and a case in, a mode and its reasons out.

`rule.advise` takes the results, the matrix of ways and a `Case` (how many secrets, how many uses,
what must be closed), and returns an `Advice`: every mode with its standing, the chosen one first.
No rule of thumb is in it: every number is that of a cell. `words` says an advice in sentences, for
the terminal and for the report alike.
"""
