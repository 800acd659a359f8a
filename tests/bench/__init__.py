"""Tests of the measuring half, module by module."""
