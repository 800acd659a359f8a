# SPDX-License-Identifier: MIT
"""Parts of the plugin without QEMU: instructions, page tables, look-ups, CPUID."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import ROOT, TLB

if TYPE_CHECKING:
    from .lab import Tool

PLAIN, VECTOR, MARK, CR3, CR4, INVLPG, RETURN = range(7)
# As the CPUs gave them, published in InstLatx64; leaf, subleaf, EAX, EBX, ECX, EDX.
SAPPHIRE_RAPIDS = """
0 0 20 756E6547 6C65746E 49656E69
18 0 8 0 0 0
18 1 0 00080001 20 4022
18 2 0 00080006 4 4022
18 3 0 0010000F 1 4125
18 4 0 00040001 10 4024
18 5 0 00040006 8 4024
18 6 0 00080008 1 4124
18 7 0 00080007 80 4043
18 8 0 00080009 80 4043
4 0 FC004121 02C0003F 3F 0
4 1 FC004122 01C0003F 3F 0
4 2 FC004143 03C0003F 7FF 0
4 3 FC1FC163 0380003F 9FFF 4
"""
AMD = "0 0 10 68747541 444D4163 69746E65\n"
MILAN = f"""{AMD}
80000005 0 FF40FF40 FF40FF40 20080140 20080140
80000006 0 48002200 68004200 02006140 08009140
80000019 0 F040F040 F0400000 0 0
80000021 0 0000204D 0 0 0
8000001D 0 4121 01C0003F 3F 0
8000001D 1 4122 01C0003F 3F 0
8000001D 2 4143 01C0003F 3FF 2
8000001D 3 3C163 03C0003F 7FFF 1
"""
TURIN = f"""{AMD}
80000005 0 FF60FF40 FF60FF40 300C0140 20080140
80000006 0 40802040 60804040 04008140 08009140
80000019 0 F060F040 40200000 0 0
80000021 0 D93FFFCF 00080382 0 0
8000001D 0 121 02C0003F 3F 0
"""


@pytest.mark.parametrize(
    ("code", "kind", "mark"),
    [
        ("0f1f840000e7c75e", MARK, 0),
        ("0f1f840007e7c75e", MARK, 7),
        ("0f1f8400ffe7c75e", VECTOR, 0),  # another displacement
        ("0f1f840000000000", VECTOR, 0),  # a compiler's padding
        ("0f22d8", CR3, 0),
        ("410f22df", CR3, 0),
        ("0f22e0", CR4, 0),
        ("0f22c0", PLAIN, 0),
        ("0f20d8", PLAIN, 0),  # reads it
        ("0f0138", INVLPG, 0),
        ("410f013f", INVLPG, 0),
        ("660f388201", INVLPG, 0),
        ("0f01f8", PLAIN, 0),  # swapgs
        ("48cf", RETURN, 0),
        ("c3", PLAIN, 0),
        ("488b00", PLAIN, 0),
        ("0fb600", PLAIN, 0),
        ("0f1000", VECTOR, 0),
        ("f3410f6f00", VECTOR, 0),
        ("c5fd6f00", VECTOR, 0),
        ("62f17c4810", VECTOR, 0),
        ("0f", PLAIN, 0),
        ("66", PLAIN, 0),
    ],
)
def test_an_instruction_is_known_by_its_bytes(tool: Tool, code: str, kind: int, mark: int) -> None:
    assert tool.part("insn", f"{code}\n") == [f"{kind} {mark}"]


@pytest.mark.parametrize("part", ["tables", "pages"])
def test_tables_are_walked_and_held_against_the_emulators(tool: Tool, part: str) -> None:
    said = tool.part(part)
    assert len(said) > 9
    assert [line for line in said if not line.startswith("ok ")] == []


@pytest.mark.parametrize(
    ("registers", "line"),
    [
        (
            SAPPHIRE_RAPIDS,
            (
                "host: l1 4k+2m+1g 16x16 stores; l1 4k 64x4 loads; l1 2m 32x4 loads; "
                "l1 1g 8x8 loads; l2 4k+2m 2048x16; l2 1g 1024x8; cache 48K/12 2048K/16 38400K/15"
            ),
        ),
        (
            MILAN,
            "host: l1 4k+2m+1g 64x64; l2 4k+2m 2048x8; l2 1g 64x64; cache 32K/8 512K/8 32768K/16",
        ),
        (TURIN, "host: l1 4k+2m+1g 96x96; l2 4k+2m 4096x8; l2 1g 1024x4; cache 48K/12"),
    ],
)
def test_host_is_what_a_cpu_tells_of_itself_and_makes_a_model(
    tool: Tool, registers: str, line: str
) -> None:
    assert tool.part("host", registers) == [line]
    assert tool.check(line).returncode == 0


@pytest.mark.parametrize("registers", ["", "0 0 1c 756E6547 6C65746E 49656E69\n"])
def test_a_cpu_that_tells_nothing_is_one_sentence(tool: Tool, registers: str) -> None:
    (said,) = tool.part("host", registers)
    assert "does not tell its TLBs" in said
    assert "bench/tlb/models" in said


def test_both_sides_speak_by_one_header() -> None:
    assert (ROOT / "bench/native/kernel/tlb_box.h").resolve() == (TLB / "box.h").resolve()
