# SPDX-License-Identifier: MIT
"""Tests of the measuring half, module by module."""
