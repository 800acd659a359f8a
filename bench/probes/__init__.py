"""Instruments that look into the kernel, one per file."""
