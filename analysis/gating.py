"""The verbs about change over time: gate, baseline, history."""

# ruff: noqa: PLC0415 - every verb imports what it needs when it runs

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from .error import UsageError

GATE_KEYS = """\b
Keys of --json:
  verdict, exit_code, way (control, baseline, pairs, absolute), alpha, family,
  fewest_runs, files[]: role, path, sha256, plan, machine, created
  under_test[]: fact, values[]
  counts{verdict}, added[], removed[], left_out[], ignored[]: cell, reason
  warnings[], open_cells[]
  cells[]: cell, metric, unit, better, kind (ratio, difference, count), verdict,
    estimate, low, high, level, baseline, margin, runs, p, p_level, further_runs,
    reason, again
\b
Of kind ratio, estimate, low and high are plain ratios (1 = alike) and the
margin a share; of a difference all are in the metric's unit.
"""

path_type = click.Path(path_type=Path)
store_option = click.option(
    "--store",
    type=path_type,
    default=Path("results/baseline"),
    show_default=True,
    help="Where baselines are kept.",
)


@click.command(epilog=GATE_KEYS)
@click.option("--terms", is_flag=True, is_eager=True, expose_value=False, hidden=True,
              callback=lambda ctx, _, asked: _terms(ctx) if asked else None)  # fmt: skip
@click.argument("paths", metavar="[BASE] CANDIDATE", nargs=-1, required=True, type=path_type)
@click.option("--policy", metavar="FILE", type=path_type, help="Margins, ignored cells, ...")
@click.option("--absolute", is_flag=True, help="Compare absolute times: informs, cannot pass.")
@click.option("--markdown", metavar="FILE", type=path_type, help="Append a job summary.")
@click.option("--junit", metavar="FILE", type=path_type, help="Write JUnit XML.")
@click.option("--github", is_flag=True, help="Print annotations: of each type the ten worst.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with the keys below.")
@click.option("--interim", is_flag=True, hidden=True, help="Sampling goes on.")
@click.option("--again", metavar="WORDS", default="", hidden=True)
def gate(paths: tuple[Path, ...], policy: Path | None, **given: object) -> None:
    """Judge recorded results: did anything get worse?

    One file: modes against their controls. Two files: the ratio to the control of each cell
    against that of a baseline, or the two sides of an ab run, pair by pair. BASE may be a
    directory of baselines (see `baseline`). Exit codes: 0 all pass or improved, 1 regressed,
    2 usage or files that cannot be compared, 3 inconclusive.
    """
    from . import outlet
    from .gate import Question
    from .gate import gate as judge
    from .load import load
    from .policy import load as load_policy
    from .stdout import ClosedError, as_json, page, show

    if len(paths) > 2:
        raise UsageError(f"gate: {len(paths)} files: name a baseline and a candidate, or one file")
    question = Question(
        policy=load_policy(policy),
        absolute=bool(given["absolute"]),
        interim=bool(given["interim"]),
        again=str(given["again"]),
    )
    found = judge(load(_resolved(paths), mixed=True), question)
    if isinstance(markdown := given["markdown"], Path):
        with markdown.open("a", encoding="utf-8") as summary:
            summary.write(outlet.markdown(found))
    if isinstance(junit := given["junit"], Path):
        from .place import whole

        with whole(junit) as part:
            part.write_text(outlet.junit(found), encoding="utf-8")
    # A reader that has gone must not turn a regression into a success.
    with contextlib.suppress(ClosedError):
        if given["as_json"]:
            show([as_json(found)])
        else:
            show(outlet.everything(found, page(), annotate=bool(given["github"])))
    for line in outlet.complaints(found):
        print(f"analysis: {line}", file=sys.stderr)
    raise click.exceptions.Exit(found.exit_code)


def _terms(ctx: click.Context) -> None:
    """To be replaced by the analysis lane."""
    import json

    from .policy import load as load_policy
    from .sequential import LOOKS

    words = sys.argv
    path = Path(words[words.index("--policy") + 1]) if "--policy" in words else None
    outputs = [
        {"flag": each.opts[0], "metavar": each.metavar, "help": each.help}
        for each in gate.params
        if isinstance(each, click.Option)
        and each.opts[0] in ("--markdown", "--junit", "--github", "--json")
    ]
    budget_s = load_policy(path).budget_s
    click.echo(json.dumps({"looks": LOOKS, "budget_s": budget_s, "outputs": outputs}))
    ctx.exit()


def _resolved(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files that are meant: of a directory of baselines the one that fits the candidate."""
    from . import baseline

    if len(paths) == 2 and paths[0].is_dir():
        return (baseline.fitting(paths[0], paths[1]), paths[1])
    return paths


@click.group("baseline")
def baseline_group() -> None:
    """Keep results as baselines, by the class of machine that they were measured on."""


@baseline_group.command()
@click.argument("record", metavar="FILE", type=path_type)
@store_option
def accept(record: Path, store: Path) -> None:
    """Store a record file as the newest baseline of its machine class; old ones stay."""
    from . import baseline
    from .stdout import show

    show([f"{baseline.accept(record, store)}\n"])


@baseline_group.command("list")
@store_option
@click.option("--json", "as_json_", is_flag=True, help="As JSON.")
def list_(store: Path, *, as_json_: bool) -> None:
    """List the baselines, oldest first; the newest of a class and plan is what a gate takes."""
    from . import baseline
    from .stdout import as_json, page, show

    rows = baseline.entries(store)
    show([as_json(rows)] if as_json_ else [baseline.text(rows, page())])


@baseline_group.command("show")
@click.argument("name", metavar="ID")
@store_option
def show_(name: str, store: Path) -> None:
    """Show one baseline, by its id or the beginning of it: environment and results."""
    from . import baseline, summary
    from .load import load
    from .stdout import page, show

    entry = baseline.find(store, name)
    sheet = page()
    baseline.facts_text(entry, sheet)
    show([str(sheet), summary.text(summary.summarise(load([Path(entry.path)])), page())])


@click.command()
@click.argument("folder", metavar="DIR", type=path_type)
@click.option("-o", "--out", metavar="DIR", type=path_type, help="Draw each series as SVG there.")
@click.option("--json", "as_json_", is_flag=True, help="As JSON.")
def history(folder: Path, out: Path | None, *, as_json_: bool) -> None:
    """Find change points in the ratios to the control of all record files below DIR.

    Says which series moved, which of them without a change of the environment, and what
    changed where one moved. With -o each series is drawn with its change points.
    """
    from . import history as noun
    from .stdout import as_json, page, show

    found = noun.history(folder)
    if out:
        from .figures.series import draw

        show(f"{path}\n" for path in draw(found, out))
    show([as_json(found)] if as_json_ else [noun.text(found, page())])
