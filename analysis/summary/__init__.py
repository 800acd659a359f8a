# SPDX-License-Identifier: MIT
"""Results as the terminal shows them: one campaign, or several side by side.

`summary.summarise` puts together what `result` says of some record files: a frozen `Summary`, which
is printed as JSON as it is. `side_by_side` does it for each file on its own, with what differs
between their environments. The other files are text for people, written on an `output.page.Page`:
`text` of a summary, `tables` of results, `pairs` of two kernels, `noise` of duets.
"""
