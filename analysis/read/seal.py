# SPDX-License-Identifier: MIT
"""The checksum of a line: `crc32`, its last member, over the bytes of the line without it."""

import re
import zlib

_SEAL = re.compile(rb',"crc32":"([0-9a-f]{8})"\}\Z')
_TAIL_BYTES = 40
"""Far enough from the end for the member however it is spaced."""


def unsealed(line: bytes) -> tuple[bytes, bool | None]:
    """A line without its checksum, and whether that is right; None if there is none.

    Args:
        line: Without its newline.
    """
    found = _SEAL.search(line)
    if found is None:
        return line, False if b'"crc32"' in line[-_TAIL_BYTES:] else None
    body = line[: found.start()] + b"}"
    return body, zlib.crc32(body) == int(found[1], 16)
