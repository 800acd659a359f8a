# SPDX-License-Identifier: MIT
"""A guest: another kernel, booted in QEMU, with the static core as its first process.

An image (`kernel_image`; `debian` fetches some) and the core are packed with the modules that are
needed (`initramfs`) and booted (`qemu`). Commands go in and output comes out through a serial
port, as `serial_frame`s; `guest` is the machine that this makes. `option` holds the options of
the verbs that boot guests.
"""
