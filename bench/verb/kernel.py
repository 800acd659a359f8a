# SPDX-License-Identifier: MIT
"""`bench kernel`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import click


@click.group("kernel")
def verb() -> None:
    """Fetch kernels to boot guests on."""


@verb.command()
@click.argument("name")
def get(name: str) -> None:
    """Fetch the kernel NAME (debian:6.1, debian:6.12) into a cache and print its image's path."""
    from ..machines.guest import debian

    click.echo(str(debian.get(name).image))


@verb.command("list")
def list_kernels() -> None:
    """Show the kernels that can be fetched, and where those are that have been."""
    from ..machines.guest import debian

    known = {kernel.name: kernel for kernel in debian.fetched()}
    for name in debian.names():
        kernel = known.get(name)
        click.echo(f"{name}: {f'{kernel.release}, {kernel.image}' if kernel else 'not fetched'}")
