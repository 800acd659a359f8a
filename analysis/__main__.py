"""The verbs: what is asked of recorded results, one command each.

Every verb imports what it needs when it runs: `--help` must not wait for pandas.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import sys
from pathlib import Path

import click

from .output.error import UsageError
from .output.stdout import ClosedError as _ClosedError
from .output.stdout import as_json as _as_json
from .output.stdout import page as _page
from .output.stdout import show as _show
from .verb.advise import advise
from .verb.gate import baseline_group, gate, history

OK, USAGE, INTERRUPTED = 0, 2, 3

SUMMARY_KEYS = """\b
Keys of --json, in base units; what is not known is null:
  files[]: label, path, sha256, machine, kernel, plan, created, core, status,
    wall_s, core_share, timed_share{metric}, runs{status}, splits{counter},
    splits_moved{counter}, not_ready[]
  unsupported[]: mode, reason, what_to_do
  noise_floor[], short_of_target[]: names of cells
  failed{cell}: last words of its failed runs
  warnings[]
  results[]: campaigns[], cell, metric, mode, control, params{}, question, unit,
    better, runs, failed[], unsupported, treatment, control_median, quantiles[],
    ratio, difference, classes[], exact, placement, stop, half_width_target,
    warnings[], notes{fact}: a value per good run, loss
  split_costs[]: cell, mode, classes[]: name, pages, runs, median, adds
\b
treatment, control_median: an interval over runs in the metric's unit: estimate,
  low, high, level, runs, warning
ratio: against, pairing (pairs, medians, unpaired), estimate, low, high, level,
  runs, half_width (of the log ratio), smallest_seen (a share), seen (none,
  worse, better, unknown), warning
difference: in place of the ratio where loss is true, the same keys in the unit
quantiles[]: quantile, treatment, control
classes[]: name, values, share, quantiles[], ratio
exact: values[], repeats, notes{}
placement: treatment, control: pages, blocks_2m, next_follows
"""

COMPARE_KEYS = """\b
Keys of --json: files[], unsupported[], warnings[] as in summary, and
  differences[]: fact, values[] in the order of the files
  control: the mode given, or null
  results[]: per file, the list that summary gives
  pairs[]: of the two sides of one `bench ab`, B against A over pairs of boots:
    cell, unit, better, loss, pairs, lost, shift, log_ratio, effect_shift
"""

files = click.argument(
    "paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
json_flag = click.option("--json", "as_json", is_flag=True, help="Print JSON with the keys below.")
folder = click.option(
    "-o",
    "--out",
    "out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write; default: <record>-report beside the record file.",
)

weight_file = click.option(
    "--weights",
    "weights_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Weights of the ways in, for pictures of secrecy alone; see analysis/secrecy/weight.toml.",
)


curves = click.option(
    "--curves",
    "beside",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A record of another machine or kernel, to show its split curves beside these.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Read what `bench run` recorded.

    FILE is a record file (.jsonl, .jsonl.gz or .jsonl.xz), or a directory: its newest record file.
    Exit codes: 0 done, 1 regressed (gate), 2 wrong usage or input, 3 interrupted, or of a
    gate inconclusive.
    """


for verb in (gate, baseline_group, history, advise):
    cli.add_command(verb)


@cli.command(epilog=SUMMARY_KEYS)
@files
@json_flag
def summary(paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Print what the memory costs, cell by cell.

    Several FILEs of one environment count together, run by run.
    """
    from .read.load import load
    from .summary import summary as noun

    found = noun.summarise(load(paths))
    _show([_as_json(found)] if as_json else [noun.text(found, _page())])


@cli.command(epilog=COMPARE_KEYS)
@files
@click.option("--control", metavar="MODE", help="Compare all modes with this one.")
@json_flag
def compare(paths: tuple[Path, ...], control: str | None, *, as_json: bool) -> None:
    """Put campaigns side by side, also of two machines or kernels: no verdict."""
    from .read.load import load
    from .summary import side_by_side as comparison

    found = comparison.compare(load(paths, mixed=True), control)
    _show([_as_json(found)] if as_json else [comparison.text(found, _page())])


@cli.command()
@files
def noise(paths: tuple[Path, ...]) -> None:
    """Print how far equals differ, in duets and in separate processes (plan noise)."""
    from .read.load import load
    from .result.noise import noise as found
    from .summary.noise import text

    _show([text(found(load(paths)), _page())])


@cli.command()
@click.argument("cell")
@files
def values(cell: str, paths: tuple[Path, ...]) -> None:
    """Print the raw values of one CELL, one line per run and arm."""
    from .export import values as raw
    from .read.load import load

    _show(f"{line}\n" for line in raw.lines(load(paths, mixed=True), cell))


@cli.command()
@files
@folder
@curves
@weight_file
def figures(
    paths: tuple[Path, ...], out: Path | None, beside: tuple[Path, ...], weights_path: Path | None
) -> None:
    """Draw all figures as SVG."""
    from .figures import draw
    from .read.load import load
    from .secrecy.weight import weights

    given, campaigns = weights(weights_path), load(paths, beside=beside)
    drawn = draw(campaigns, out or _beside(campaigns.files[0].path), given)
    _show(f"{path}\n" for path in drawn)


@cli.command()
@files
@folder
@curves
@weight_file
def report(
    paths: tuple[Path, ...], out: Path | None, beside: tuple[Path, ...], weights_path: Path | None
) -> None:
    """Write the report, one self-contained HTML file, and print its path."""
    from .read.load import load
    from .report import write
    from .secrecy.weight import weights

    given, campaigns = weights(weights_path), load(paths, beside=beside)
    _show([f"{write(campaigns, out or _beside(campaigns.files[0].path), given)}\n"])


@cli.command()
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
def export(
    paths: tuple[Path, ...],
    parquet: Path | None,
    csv: Path | None,
    pyperf: Path | None,
    *,
    every_value: bool,
) -> None:
    """Write the values for other tools, one row per value."""
    from .export import pyperf_suite as suite
    from .export import tidy_file as noun
    from .read.load import load

    if not (parquet or csv or pyperf):
        raise UsageError(
            "export: nothing to write: give --parquet FILE, --csv FILE or --pyperf DIR"
        )
    campaigns = load(paths)
    if parquet:
        noun.write(campaigns, parquet, "parquet")
        _show([f"{parquet}\n"])
    if csv:
        noun.write(campaigns, csv, "csv")
        _show([f"{csv}\n"])
    if pyperf:
        suites = suite.write(campaigns, pyperf, every_value=every_value)
        _show(f"{path}\n" for path in suites.paths)
        _show(f"note: {text}\n" for text in suites.notes)
        _show(f"left out: {text}\n" for text in suites.left_out)


def _beside(record: Path) -> Path:
    """The default folder for what is made from a record file."""
    from .read.load import suffix_of

    return record.with_name(f"{record.name.removesuffix(suffix_of(record))}-report")


def main() -> None:
    """Run one verb; all errors end here, as one line on stderr."""
    try:
        code = cli.main(prog_name="analysis", standalone_mode=False)
    except _ClosedError:
        sys.exit(OK)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_complain("interrupted", INTERRUPTED))
    except click.ClickException as error:
        sys.exit(_complain(f"{error.format_message().rstrip('.')}: see --help", USAGE))
    except UsageError as error:
        sys.exit(_complain(str(error), USAGE))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        reason = error.strerror or error
        sys.exit(_complain(f"{where}{reason}: choose another place to write", USAGE))
    sys.exit(code if isinstance(code, int) else OK)


def _complain(text: str, code: int) -> int:
    """One line on stderr, control characters shown as such."""
    line = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    print(f"analysis: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
