# SPDX-License-Identifier: MIT
"""What is asked of recorded results: one file per verb of the command line.

`__main__` lists this folder. A file here is a verb of its name, and has the click command as
`command`; files that begin with `_` are none. A verb reads its arguments, calls the rooms below,
and prints what they return by `output.stdout`. It imports them inside the function, because
`--help` must not wait for numpy. Errors are raised as `output.error.UsageError`; `__main__` ends
each in one line on stderr.

A verb with `--json` is a `WithKeys`: the end of its help is walked from the type that it prints.
"""
