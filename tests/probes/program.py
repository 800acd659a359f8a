# SPDX-License-Identifier: MIT
"""The BPF programs that the kernel holds, asked of the kernel itself."""

import ctypes
import os
import platform
import struct
import time

_BPF = {"x86_64": 321, "aarch64": 280}
_PROG_GET_NEXT_ID = 11


def loaded() -> set[int]:
    """Return the ids of all BPF programs that are loaded now."""
    libc = ctypes.CDLL(None, use_errno=True)
    number, last = _BPF[platform.machine()], 0
    found: set[int] = set()
    while True:
        attributes = ctypes.create_string_buffer(struct.pack("IIII", last, 0, 0, 0))
        if libc.syscall(number, _PROG_GET_NEXT_ID, attributes, len(attributes.raw)):
            if ctypes.get_errno() == 2:
                return found
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        last = struct.unpack("IIII", attributes.raw[:16])[1]
        found.add(last)


def gone(programs: set[int]) -> bool:
    """Whether the kernel has let go of all programs but these; it takes a moment."""
    for _ in range(600):
        if loaded() <= programs:
            return True
        time.sleep(0.1)
    return False
