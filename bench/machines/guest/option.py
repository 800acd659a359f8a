# SPDX-License-Identifier: MIT
"""The options of the verbs that boot guests, and what was asked by them."""

import shlex

import click
import msgspec

from ...error import BenchError
from ..kind import Given

PAIR = (
    click.Option(["--kernel", "kernels"], multiple=True, metavar="IMAGE",
                 help="Boot this kernel in QEMU: a bzImage, or a fetched one such as debian:6.1."),
    click.Option(["--modules"], multiple=True, metavar="DIR",
                 help="Its lib/modules/<release>; else looked for beside its folder boot."),
    click.Option(["--cmdline", "cmdlines"], multiple=True, metavar="WORDS",
                 help="Words for its command line, behind secretmem.enable=1."),
    click.Option(["--insmod"], multiple=True, metavar="FILE",
                 help="A module (.ko) to load besides; may be given more than once."),
    click.Option(["--memory"], metavar="SIZE", help="Of the guest.  [default: 2GiB]"),
    click.Option(["--cpus"], type=click.IntRange(1, 64), help="Of the guest.  [default: 2]"),
    click.Option(["--accel"], type=click.Choice(["auto", "kvm", "tcg"]),
                 help="auto: KVM if the kernel comes up under it, else emulated.  [default: auto]"),
    click.Option(["--boot-timeout", "boot_timeout_s"], metavar="S",
                 type=click.FloatRange(0, 3600, min_open=True),
                 help="Wall time after which a guest that does not come up is given up."),
    click.Option(["--emulated-timings"], is_flag=True, default=None,
                 help="Record times of an emulated CPU too, marked as such."),
)  # fmt: skip
"""What is asked of a guest, of either side of a pair too."""
FRESH = click.Option(
    ["--fresh-boot"],
    is_flag=True,
    default=None,
    help="Boot anew for every run: splits are one-way.",
)
TLB = click.Option(
    ["--tlb"],
    multiple=True,
    metavar="MODELS",
    help="Simulate the TLBs and caches of these CPUs, exactly: zen3,glc,skl (bench/tlb/models), "
    "host, or a line of your own. The guest is emulated, with one CPU.",
)
# Given once for each side, or once for both.
_PER_SIDE = {"kernels": "--kernel", "modules": "--modules", "cmdlines": "--cmdline"}
_SHARED = ("insmod", "memory", "cpus", "accel", "boot_timeout_s", "fresh_boot", "emulated_timings",
           "tlb")  # fmt: skip


class GuestOptions(msgspec.Struct, frozen=True):
    """What was asked of a guest; `kernel` is an image's path or the name of a fetched kernel."""

    kernel: str
    modules: str | None = None
    cmdline: str = ""
    insmod: tuple[str, ...] = ()
    memory: str = "2GiB"
    cpus: int | None = None
    accel: str = "auto"
    boot_timeout_s: float | None = None
    fresh_boot: bool = False
    emulated_timings: bool = False
    tlb: tuple[str, ...] = ()


def single(given: Given) -> GuestOptions | None:
    """Return what was asked of the one guest, None if no kernel was named.

    Raises:
        BenchError: Two kernels, or options of a guest without one.
    """
    for name, flag in _PER_SIDE.items():
        if len(_many(given, name)) > 1:
            raise BenchError(
                f"{flag} was given twice, and `run` boots one kernel: compare two with "
                "`python -m bench ab`"
            )
    if _many(given, "kernels"):
        return _side(given, 0)
    stray = [name for name in (*_PER_SIDE, *_SHARED) if given.get(name)]
    if stray:
        flag = _PER_SIDE.get(stray[0], f"--{stray[0].removesuffix('_s').replace('_', '-')}")
        raise BenchError(f"{flag} is for guests: name the kernel to boot, --kernel IMAGE")
    return None


def both(given: Given) -> tuple[GuestOptions, GuestOptions]:
    """Return what was asked of the guests A and B.

    Raises:
        BenchError: It does not say what the two are to differ in.
    """
    counts = {name: len(_many(given, name)) for name in _PER_SIDE}
    for name, count in counts.items():
        if count > 2:
            raise BenchError(
                f"{_PER_SIDE[name]} was given {count} times, and two sides are compared: give it "
                "once or twice"
            )
    if not counts["kernels"] or 2 not in (counts["kernels"], counts["cmdlines"]):
        raise BenchError(
            "name two kernels (--kernel A --kernel B), or one and two command lines "
            "(--kernel K --cmdline '' --cmdline nogbpages)"
        )
    return _side(given, 0), _side(given, 1)


def asked_again(a: GuestOptions, b: GuestOptions) -> list[str]:
    """Return the words that ask for the same two guests."""
    words = []
    for name, flag in (("kernel", "--kernel"), ("modules", "--modules"), ("cmdline", "--cmdline")):
        values = [getattr(side, name) for side in (a, b)]
        if any(values):
            words += [word for value in values for word in (flag, shlex.quote(value or ""))]
    usual = GuestOptions("")
    for name in _SHARED:
        value, flag = getattr(a, name), f"--{name.removesuffix('_s').replace('_', '-')}"
        if value != getattr(usual, name):
            many = value if isinstance(value, tuple) else (value,)
            words += [
                word
                for each in many
                for word in ((flag,) if each is True else (flag, shlex.quote(str(each))))
            ]
    return words


def _side(given: Given, number: int) -> GuestOptions:
    def of(name: str) -> object:
        values = _many(given, name)
        return values[min(number, len(values) - 1)] if values else None

    found = {"kernel": of("kernels"), "modules": of("modules"), "cmdline": of("cmdlines")}
    found |= {name: given.get(name) for name in _SHARED}
    said = {name: value for name, value in found.items() if value not in (None, ())}
    return msgspec.convert(said, GuestOptions)


def _many(given: Given, name: str) -> tuple[object, ...]:
    values = given.get(name)
    return values if isinstance(values, tuple) else ()
