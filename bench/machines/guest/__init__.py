"""A guest: a kernel of its own, booted in QEMU."""
