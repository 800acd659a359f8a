# SPDX-License-Identifier: MIT
"""The suite is mistreated: see `__main__`."""
