# SPDX-License-Identifier: MIT
import msgspec

from analysis.read.modes import Modes
from analysis.read.record import Mode


def mode(**said: int | str | bool) -> Mode:
    """A mode that says so much of where it stands."""
    known = {"shared": False, "secret": False, "supported": True}
    return msgspec.convert(
        {"about": "a test", "page_bytes": 4096, "reason": "", **known, **said}, Mode
    )


def test_modes_stand_by_what_they_promise() -> None:
    modes = ["secret-uncached", "secret", "strange", "guarded", "memfd", "anon"]
    assert Modes({}).promised(modes) == (
        "anon",
        "memfd",
        "guarded",
        "strange",
        "secret",
        "secret-uncached",
    )


def test_a_mode_that_nobody_heard_of_stands_where_its_record_says() -> None:
    modes = Modes({"new": mode(order=25, promise=145), "silent": mode()})
    names = ["silent", "memfd", "new", "secret-flushed", "secret"]
    assert modes.in_order(names) == ["secret", "secret-flushed", "new", "memfd", "silent"]
    assert modes.promised(names) == ("memfd", "silent", "secret", "new", "secret-flushed")


def test_a_record_that_says_where_a_mode_stands_is_believed_over_what_was_known() -> None:
    modes = Modes({"anon": mode(order=5, promise=200, hue="green", marker="X", line=":")})
    assert modes.in_order(["secret", "anon"]) == ["anon", "secret"]
    assert modes.promised(["secret", "anon"]) == ("secret", "anon")
    said = modes.appearance("anon")
    assert (said.order, said.hue, said.marker, said.line, said.hollow) == (
        5,
        "green",
        "X",
        ":",
        False,
    )


def test_a_record_from_before_modes_said_so_gets_what_was_known() -> None:
    assert Modes({"anon": mode()}).appearance("anon") == Modes({}).appearance("anon")
    assert Modes({}).appearance("anon").hue == "blue"
