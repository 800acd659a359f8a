# SPDX-License-Identifier: MIT
"""The one exception of this package."""


class UsageError(Exception):
    """Something the caller can put right; its text is one line: what, where, what to do."""
