# SPDX-License-Identifier: MIT
"""Frames on a guest's serial port: `native/guest/serial_frame.c` is the other end.

"SM", type, zero, length, data, CRC-32 of all from the type on; numbers are little-endian.
"""

import struct
import zlib
from collections.abc import Iterator

_HEAD = struct.Struct("<2scxI")
_TAIL = struct.Struct("<I")
# The guest puts no more into one, and takes no more.
MOST_BYTES = 65536


class DamagedError(Exception):
    """What came is no serial frame; the text says what it is."""


def encode(kind: bytes, data: bytes = b"") -> bytes:
    """Return one serial frame.

    Args:
        kind: One byte.
        data: At most MOST_BYTES.
    """
    body = _HEAD.pack(b"SM", kind, len(data)) + data
    return body + _TAIL.pack(zlib.crc32(body[2:]))


class Decoder:
    """Puts serial frames together from what a port gives piece by piece."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Take what came and yield every whole one as (kind, data).

        Raises:
            DamagedError: It is no serial frame.
        """
        self._bytes += data
        while len(self._bytes) >= _HEAD.size:
            magic, kind, size = _HEAD.unpack_from(self._bytes)
            if magic != b"SM" or size > MOST_BYTES:
                raise DamagedError(f"no serial frame begins with {bytes(self._bytes[:16])!r}")
            end = _HEAD.size + size
            if len(self._bytes) < end + _TAIL.size:
                return
            (checksum,) = _TAIL.unpack_from(self._bytes, end)
            body = bytes(self._bytes[_HEAD.size : end])
            if checksum != zlib.crc32(self._bytes[2:end]):
                raise DamagedError(
                    f"the checksum of a serial frame {kind!r} of {size} bytes is wrong"
                )
            del self._bytes[: end + _TAIL.size]
            yield kind, body

    def rest(self) -> str:
        """Say what is left when nothing more comes; empty after a whole one."""
        return f"a serial frame was cut off after {len(self._bytes)} bytes" if self._bytes else ""
