# SPDX-License-Identifier: MIT
"""Parts that are found by listing their package: verbs, figures, the outputs of a gate.

One more part is one more file there. Files whose names begin with `_` are no parts.
"""

import pkgutil
from importlib import import_module
from types import ModuleType


def names(package: ModuleType) -> list[str]:
    """Names of the parts, in the order of the alphabet; nothing is imported."""
    found = pkgutil.iter_modules(package.__path__)
    return sorted(each.name for each in found if not each.ispkg and not each.name.startswith("_"))


def part(package: ModuleType, name: str) -> ModuleType:
    """One part, imported."""
    return import_module(f"{package.__name__}.{name}")


def parts(package: ModuleType) -> list[ModuleType]:
    """All parts, imported."""
    return [part(package, name) for name in names(package)]
