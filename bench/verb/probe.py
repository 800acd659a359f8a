# SPDX-License-Identifier: MIT
"""`bench probe`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import contextlib

import click

from . import option


@click.command("probe")
@click.argument("name", type=click.Choice(["fault-stages"]))
@click.option("--mode", "modes", multiple=True, default=("secret", "memfd", "anon"),
              show_default=True, help="May be given more than once.")  # fmt: skip
@click.option("--pages", default=128, show_default=True, type=click.IntRange(1, 4096),
              help="Pages that a run touches.")  # fmt: skip
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1, 1000),
              help="Runs of each mode, with the probe and without.")  # fmt: skip
@click.option("--backend", default="auto", show_default=True,
              type=click.Choice(["auto", "fentry", "tracepoint", "counter"]))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="As JSON, one line per mode.")
@option.yes
@option.core
def verb(name: str, *, core_path: str | None, as_json: bool, yes: bool, **given: object) -> None:
    """Look into the kernel: fault-stages says where the time of a first touch goes."""
    import msgspec

    from ..consent import secret
    from ..machines.local import raise_memlock
    from ..plans.plan import parse_cell
    from ..probes import fault_stages, stage

    raise_memlock()
    options = msgspec.convert(given, fault_stages.ProbeOptions)
    core = option.instruments(core_path)
    catalogue, params = core.catalogue(), f"pages={options.pages},backend={options.backend}"
    cells = [parse_cell(f"{name}/{mode}/{params}", catalogue) for mode in options.modes]
    wanted = secret.demand(core, [(cell, options.runs) for cell in cells])
    secret.obtain(wanted, accepted=yes, ask=option.ask())
    with contextlib.closing(fault_stages.Probes()) as probes:
        results = fault_stages.measure(core, options, probes)
    lines = [msgspec.json.encode(result).decode() for result in results]
    click.echo("\n".join(lines) if as_json else stage.as_text(results))
