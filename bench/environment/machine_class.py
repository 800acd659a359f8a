# SPDX-License-Identifier: MIT
"""The class of a machine: what it is called in a record, which names nobody."""

import re

from ..record.line import Facts


def class_of(facts: Facts) -> str:
    """Name the class of a machine: its CPU, number of CPUs, kernel and hypervisor."""
    words = [
        str(facts.get("cpu_model_name") or facts.get("kernel_arch") or "cpu"),
        f"{facts.get('cpu_count')}cpu",
        f"linux-{facts.get('kernel_release')}",
        str(facts.get("hypervisor") or "unknown"),
    ]
    words[0] = re.sub(r"\((r|tm)\)|\b(cpu|processor)\b|@", " ", words[0].lower())
    return re.sub(r"[^a-z0-9._]+", "-", " ".join(words).lower()).strip("-._")
