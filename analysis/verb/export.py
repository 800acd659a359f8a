# SPDX-License-Identifier: MIT
"""The verb export: values for other tools."""

# ruff: noqa: PLC0415 - a verb imports what it needs when it runs: `--help` must not wait for it

from pathlib import Path

import click

from ..output.error import UsageError
from ._argument import files


@click.command()
@files
@click.option("--parquet", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--csv", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--pyperf",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="One suite per mode: then `pyperf compare_to DIR/memfd.json DIR/secret.json`.",
)
@click.option("--every-value", is_flag=True, help="Give pyperf all values, not runs' medians.")
def command(
    paths: tuple[Path, ...],
    parquet: Path | None,
    csv: Path | None,
    pyperf: Path | None,
    *,
    every_value: bool,
) -> None:
    """Write the values for other tools, one row per value."""
    from ..output.stdout import show
    from ..read.load import load

    if not (parquet or csv or pyperf):
        raise UsageError(
            "export: nothing to write: give --parquet FILE, --csv FILE or --pyperf DIR"
        )
    campaigns = load(paths)
    for path, as_csv in ((parquet, False), (csv, True)):
        if path:
            from ..export.tidy_file import write

            write(campaigns, path, as_csv=as_csv)
            show([f"{path}\n"])
    if pyperf:
        from ..export import pyperf_suite

        suites = pyperf_suite.write(campaigns, pyperf, every_value=every_value)
        show(f"{path}\n" for path in suites.paths)
        show(f"note: {text}\n" for text in suites.notes)
        show(f"left out: {text}\n" for text in suites.left_out)
