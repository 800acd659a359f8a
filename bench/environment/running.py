# SPDX-License-Identifier: MIT
"""All facts of the running kernel, read once."""

from ..core import Catalogue, Core
from . import host, kernel, limit, memory, processor, tool
from .fact import Fact, Files

SOURCES = (
    *tool.SOURCES, *host.SOURCES, *kernel.SOURCES, *processor.SOURCES, *memory.SOURCES,
    *limit.SOURCES,
)  # fmt: skip


def collect(core: Core, catalogue: Catalogue, files: Files | None = None) -> tuple[Fact, ...]:
    """Read every fact once."""
    files = files or Files()
    found = [fact for source in SOURCES for fact in source(files)]
    return (*tool.native(core, catalogue), *found)
