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

    raise_memlock()
    if option.instruments(core_path).verify(as_json=as_json) != 0:
        raise BenchError(
            "the core does not pass its own checks, see above, and its results would mean nothing: "
            "rebuild it with `make -C bench/native`"
        )
