# SPDX-License-Identifier: MIT
"""`bench verify`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import click

from ..error import BenchError
from . import option


@click.command("verify")
@option.as_json
@option.core
def verb(*, as_json: bool, core_path: str | None) -> None:
    """Let the native core check itself: chase, timer, zeroing, known answers."""
    from ..machines.local import raise_memlock
    from ..program import ending

    raise_memlock()
    exit_code = option.instruments(core_path).verify(as_json=as_json)
    if exit_code != 0:
        how = f" ({ending(exit_code)})" if exit_code < 0 else ""
        raise BenchError(
            f"the core does not pass its own checks{how}, see above, and its results would mean "
            "nothing: rebuild it with `make -C bench/native`"
        )
