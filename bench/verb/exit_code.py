# SPDX-License-Identifier: MIT
"""What the verbs exit with; those of the gate are the analysis' own."""

USAGE, INTERRUPTED = 2, 3
