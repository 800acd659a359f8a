# SPDX-License-Identifier: MIT
"""Frames come whole or not at all, however they are cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.machines.guest.serial_frame import DamagedError, Decoder, encode

frames = st.lists(st.tuples(st.sampled_from([b"O", b"E", b"X"]), st.binary(max_size=300)))


@given(sent=frames, cuts=st.lists(st.integers(0, 2000)))
def test_frames_come_back_whole_however_they_are_cut(
    sent: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(encode(kind, data) for kind, data in sent)
    places = sorted({0, *(cut for cut in cuts if cut < len(stream)), len(stream)})
    decoder = Decoder()
    got: list[tuple[bytes, bytes]] = []
    for start, end in itertools.pairwise(places):
        got += decoder.feed(stream[start:end])
    assert got == sent
    assert decoder.rest() == ""


@given(data=st.binary(max_size=100), place=st.integers(0), bit=st.integers(0, 7))
def test_no_damage_passes_for_a_frame(data: bytes, place: int, bit: int) -> None:
    stream = bytearray(encode(b"O", data))
    stream[place % len(stream)] ^= 1 << bit
    decoder = Decoder()
    try:
        assert list(decoder.feed(bytes(stream))) == []
    except DamagedError:
        return
    # A length that became greater: the rest of it never comes.
    assert decoder.rest().startswith("a serial frame was cut off after")


def test_what_is_cut_off_is_said() -> None:
    decoder = Decoder()
    assert list(decoder.feed(encode(b"O", b"hello")[:-3])) == []
    assert decoder.rest() == "a serial frame was cut off after 14 bytes"


def test_what_is_no_frame_is_shown() -> None:
    with pytest.raises(DamagedError, match=r"no serial frame begins with b'Kernel panic"):
        list(Decoder().feed(b"Kernel panic - not syncing"))
