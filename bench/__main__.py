"""The verbs: list, check, run, ab, kernel, verify, probe, pyperf."""

# ruff: noqa: PLC0415 - each verb imports what it needs, so that --help does not wait for it

import contextlib
import math
import os
import shlex
import sys
from typing import TYPE_CHECKING

import click

from . import __version__
from .error import BenchError
from .machines.guest import option

if TYPE_CHECKING:
    from .campaign.campaign import Ask
    from .core import Core

USAGE, INTERRUPTED = 2, 3

core_option = click.option(
    "--core",
    "core_path",
    metavar="PATH",
    help="The native core (or the variable BENCH_CORE).",
)


class Seconds(click.FloatRange):
    """A wall time that a record can hold: above 0, at most a month, and a number."""

    def __init__(self) -> None:
        super().__init__(0, 31 * 86400, min_open=True)

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it; nan passes every comparison, so it is refused by name."""
        number = float(super().convert(value, param, ctx))
        return self.fail("nan is no time", param, ctx) if math.isnan(number) else number


seconds = Seconds()
yes_option = click.option(
    "--yes", is_flag=True, help="Accept that mappings of the kernel stay split until reboot."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Measure secret memory: what it costs and what it buys.

    Exit codes: 0 done (also when the budget ended it), 2 wrong usage or environment, 3
    interrupted, to be continued with `run --resume`.
    """


@cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@core_option
def list_(*, as_json: bool, core_path: str | None) -> None:
    """Show the plans, modes and metrics there are, and whether this machine has them."""
    from .plans import catalogue as listing
    from .plans import plan

    catalogue = _core(core_path).catalogue()
    plans = [plan.load(name, catalogue) for name in plan.shipped()]
    click.echo(listing.as_json(catalogue, plans) if as_json else listing.as_text(catalogue, plans))


@cli.command()
@core_option
def check(core_path: str | None) -> None:
    """Say whether this machine is ready: one line per fact, with what to do about it."""
    from .environment import readiness, running
    from .machines.local import raise_memlock

    raise_memlock()
    native = _core(core_path)
    facts = running.collect(native, native.catalogue())
    for line in readiness.lines(facts, readiness.judge(facts)):
        click.echo(line)


@cli.command()
@click.argument("plan", required=False)
@click.option("--out", metavar="FILE", help="The record file; must not exist.")
@click.option("--resume", metavar="FILE", help="Go on with a record file.")
@click.option("--budget", "budget_s", metavar="S", type=seconds,
              help="Wall time, instead of the plan's; with --resume, from now.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), help="Reproduces the order of the runs.")
@click.option("--timeout", "timeout_s", metavar="S", type=seconds,
              help="Wall time after which a run is killed.")  # fmt: skip
@yes_option
@click.option("--quiet", is_flag=True, help="Print the record file's name alone.")
@option.guest
@core_option
def run(core_path: str | None, **given: object) -> None:
    """Run a PLAN (a shipped one or a path) and print the name of its record file.

    With --kernel it runs in a guest that is booted on that kernel, in QEMU.
    """
    import msgspec

    from .campaign import campaign

    guest = option.single(given)
    options = msgspec.convert({**given, "guest": guest}, campaign.Options)
    path, end = campaign.run(_core(core_path), options, _ask())
    click.echo(str(path))
    if end.status == "interrupted":
        again = f"python -m bench run --resume {shlex.quote(str(path))}"
        click.echo(f"interrupted: go on with: {again}", err=True)
        raise click.exceptions.Exit(INTERRUPTED)


@cli.command()
@click.argument("plan")
@click.option("--out", metavar="FILE", help="FILE-A.jsonl and FILE-B.jsonl; must not exist.")
@click.option("--pairs", default=8, show_default=True, type=click.IntRange(1, 1000),
              help="Pairs of boots.")  # fmt: skip
@click.option("--budget", "budget_s", metavar="S", type=seconds,
              help="Wall time after which no further pair is begun.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), help="Reproduces the order of boots and runs.")
@click.option("--timeout", "timeout_s", metavar="S", type=seconds,
              help="Wall time after which a run is killed.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="Print the record files' names alone.")
@click.option("--gate", is_flag=True,
              help="Judge: pairs only while cells are undecided; exit codes of gate.")  # fmt: skip
@click.option("--policy", metavar="FILE", help="Of --gate: margins, ignored cells.")
@click.option("--cell", "cells", multiple=True, metavar="NAME", help="Only this cell; may repeat.")
@option.pair
@core_option
def ab(core_path: str | None, **given: object) -> None:
    """Compare two kernels, or two command lines of one, by a PLAN in pairs of fresh boots.

    Name two kernels (--kernel A --kernel B), or one and two command lines (--kernel K
    --cmdline "" --cmdline nogbpages). Prints the names of both record files; `python -m
    analysis compare` reads them.
    """
    import msgspec

    from .compare import kernels as pairing

    side_a, side_b = option.both(given)
    options = msgspec.convert({**given, "a": side_a, "b": side_b}, pairing.PairOptions)
    paths, ending = pairing.run(_core(core_path), options)
    for path in paths:
        click.echo(str(path))
    if ending == "interrupted":
        click.echo("interrupted: whole pairs count, the last one may lack a side", err=True)
        raise click.exceptions.Exit(INTERRUPTED)
    if options.gate:
        raise click.exceptions.Exit(pairing.referee(options, paths).last_word(()))


@cli.group()
def kernel() -> None:
    """Fetch kernels to boot guests on."""


@kernel.command()
@click.argument("name")
def get(name: str) -> None:
    """Fetch the kernel NAME (debian:6.1, debian:6.12) into a cache and print its image's path."""
    from .machines.guest import debian

    click.echo(str(debian.get(name).image))


@kernel.command("list")
def list_kernels() -> None:
    """Show the kernels that can be fetched, and where those are that have been."""
    from .machines.guest import debian

    known = {kernel.name: kernel for kernel in debian.fetched()}
    for name in debian.names():
        found = known.get(name)
        place = f"{found.release}, {found.image}" if found else "not fetched"
        click.echo(f"{name}: {place}")


@cli.command()
@click.argument("plan")
@click.option("--baseline", metavar="FILE",
              help="Earlier results, or a store of them, to compare with.")  # fmt: skip
@click.option("--base-core", metavar="PATH",
              help="Another build of the core to compare with, pair by pair.")  # fmt: skip
@click.option("--policy", metavar="FILE", help="Margins, ignored cells, budget; see analysis.")
@click.option("--cell", "cells", multiple=True, metavar="NAME", help="Only this cell; may repeat.")
@click.option("--out", metavar="FILE", help="The record file; must not exist.")
@click.option("--budget", "budget_s", metavar="S", type=seconds, help="Wall time.")
@click.option("--seed", type=click.IntRange(0), help="Reproduces the order of the runs.")
@click.option("--timeout", "timeout_s", metavar="S", type=seconds,
              help="Wall time after which a run is killed.")  # fmt: skip
@yes_option
@click.option("--quiet", is_flag=True, help="Say nothing on stderr while sampling.")
@click.option("--markdown", metavar="FILE", help="Append a job summary.")
@click.option("--junit", metavar="FILE", help="Write JUnit XML.")
@click.option("--github", is_flag=True, help="Print annotations.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, see `analysis gate --help`.")
@core_option
def gate(core_path: str | None, **given: object) -> None:
    """Measure a PLAN until it is clear whether anything got worse, and say so.

    Without --baseline or --base-core each mode is held against its control. Exit codes: 0 all
    pass or improved, 1 regressed, 2 wrong usage or environment, 3 inconclusive.
    """
    import msgspec

    from .compare import gate as noun

    named = [
        word for key in ("markdown", "junit") if given[key] for word in (f"--{key}", given[key])
    ]
    flags = [
        f"--{key}"
        for key, asked in (("github", given["github"]), ("json", given["as_json"]))
        if asked
    ]
    given |= {"outputs": (*named, *flags), "core": core_path}
    options = msgspec.convert(given, noun.Options)
    raise click.exceptions.Exit(noun.run(_core(core_path), options, _ask()))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@core_option
def verify(*, as_json: bool, core_path: str | None) -> None:
    """Let the native core check itself: chase, timer, zeroing, known answers."""
    from .machines.local import raise_memlock

    raise_memlock()
    if _core(core_path).verify(as_json=as_json) != 0:
        raise BenchError("the core does not pass its own checks: its results would mean nothing")


@cli.command()
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
@yes_option
@core_option
def probe(*, core_path: str | None, as_json: bool, yes: bool, **given: object) -> None:
    """Look into the kernel: fault-stages says where the time of a first touch goes."""
    import msgspec

    from .consent import secret as consent
    from .machines.local import raise_memlock
    from .probes import fault_stages, stage

    raise_memlock()
    options = msgspec.convert({k: v for k, v in given.items() if k != "name"}, fault_stages.Options)
    core = _core(core_path)
    consent.obtain(options.demand(core.catalogue()), accepted=yes, ask=_ask())
    with contextlib.closing(fault_stages.Probes()) as probes:
        results = fault_stages.measure(core, options, probes)
    lines = [msgspec.json.encode(result).decode() for result in results]
    click.echo("\n".join(lines) if as_json else stage.as_text(results))


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("cell")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@yes_option
@core_option
def pyperf(cell: str, options: tuple[str, ...], *, yes: bool, core_path: str | None) -> None:
    """Run a CELL as a pyperf benchmark; all else are pyperf's own options.

    Example: python -m bench pyperf access-latency/secret/len_bytes=16KiB --fast -o secret.json
    """
    from .campaign import pyperf_cell as convention

    convention.benchmark(_core(core_path), cell, options, yes=yes, ask=_ask())


def _core(path: str | None) -> "Core":
    from .core import find
    from .probes.instrument import Instruments

    return Instruments(find(path, os.environ).path, shared=True)


def _ask() -> "Ask":
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return lambda question: click.confirm(question, err=True)


def main() -> int:
    """Run the verb on the command line and return its exit code."""
    try:
        code = cli.main(prog_name="python -m bench", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has seen enough; Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"bench: {error}: make room, or print elsewhere", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USAGE
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return USAGE
    except click.ClickException as error:
        print(f"bench: {error.format_message()} (see --help)", file=sys.stderr)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        print("bench: interrupted before the first run: nothing was recorded", file=sys.stderr)
        return INTERRUPTED
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
