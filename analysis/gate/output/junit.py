# SPDX-License-Identifier: MIT
"""JUnit XML for a CI's list of tests."""

from xml.etree import ElementTree as ET

from ...output.printable import printable
from ..outputs import Output
from ..verdict import Gate
from ..words import BASES, sentence


def junit(gate: Gate) -> str:
    """One test case per cell, a regression is a failure, a doubt is skipped."""
    suite = ET.Element(
        "testsuite",
        name=f"gate ({BASES[gate.basis]})",
        tests=str(len(gate.cells)),
        failures=str(gate.counts["regressed"]),
        errors="0",
        skipped=str(gate.counts["inconclusive"]),
    )
    for row in gate.cells:
        names = {"classname": printable(row.metric), "name": printable(row.cell)}
        case = ET.SubElement(suite, "testcase", names)
        said = printable(sentence(row))
        if row.verdict == "regressed":
            ET.SubElement(case, "failure", message=said, type="regressed").text = printable(
                row.again
            )
        elif row.verdict == "inconclusive":
            ET.SubElement(case, "skipped", message=said)
        ET.SubElement(case, "system-out").text = f"{said}\nagain: {printable(row.again)}"
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


OUTPUT = Output(flag="--junit", metavar="FILE", help="Write JUnit XML.", text=junit)
