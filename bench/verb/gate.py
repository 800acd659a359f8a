"""`bench gate`."""

# ruff: noqa: PLC0415 - --help does not wait for what a verb needs

import click

from . import option


@click.command("gate")
@click.argument("plan")
@click.option("--baseline", metavar="FILE",
              help="Earlier results, or a store of them, to compare with.")  # fmt: skip
@click.option("--base-core", metavar="PATH",
              help="Another build of the core to compare with, pair by pair.")  # fmt: skip
@click.option("--policy", metavar="FILE", help="Margins, ignored cells, budget; see analysis.")
@option.cell
@click.option("--out", metavar="FILE", help="The record file; must not exist.")
@click.option("--budget", "budget_s", metavar="S", type=option.seconds, help="Wall time.")
@option.seed("the runs")
@option.timeout
@option.yes
@click.option("--quiet", is_flag=True, help="Say nothing on stderr while sampling.")
@click.option("--markdown", metavar="FILE", help="Append a job summary.")
@click.option("--junit", metavar="FILE", help="Write JUnit XML.")
@click.option("--github", is_flag=True, help="Print annotations.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, see `analysis gate --help`.")
@option.core
def verb(core_path: str | None, **given: object) -> None:
    """Measure a PLAN until it is clear whether anything got worse, and say so.

    Without --baseline or --base-core each mode is held against its control. Exit codes: 0 all
    pass or improved, 1 regressed, 2 wrong usage or environment, 3 inconclusive.
    """
    import msgspec

    from ..compare import gate

    named = [
        word for key in ("markdown", "junit") if given[key] for word in (f"--{key}", given[key])
    ]
    flags = [
        f"--{key}"
        for key, asked in (("github", given["github"]), ("json", given["as_json"]))
        if asked
    ]
    given |= {"outputs": (*named, *flags), "core": core_path}
    options = msgspec.convert(given, gate.GateOptions)
    raise click.exceptions.Exit(gate.run(option.instruments(core_path), options, option.ask()))
