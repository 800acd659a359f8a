# SPDX-License-Identifier: MIT
"""One file per verb of the command line, found by listing this folder.

A file that has a `verb`, a click command, is one: it reads the words of the command line, makes
what they ask for out of `machines`, `plans` and `probes`, hands it to `campaign` or `compare`,
and prints what comes back. What is computed is computed below. `option` holds what several
verbs share.

A file here imports what it needs when its verb runs, so that `--help` does not wait for it.
"""
