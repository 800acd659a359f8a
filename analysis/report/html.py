# SPDX-License-Identifier: MIT
"""Chapters into one HTML page: every string escaped, figures in the colours of the page."""

import re
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..figures.drawing import canvas, mode_style
from ..output.whole_file import whole
from ..read.campaigns import Campaigns
from ..secrecy.weight import Weights
from . import everyone, machine, owner, runs, secrecy, trust
from .block import Block, Chapter, Notice
from .evidence import SUBJECT, Evidence, gather, moment

MAX_BYTES = 2_500_000
"""Longest page; lists of runs give way until it fits."""

RUNS_SHOWN = 128
"""Most runs listed per cell."""

_THEME = {
    mode_style.INK: "ink",
    mode_style.SOFT: "soft",
    mode_style.RULE: "rule",
    mode_style.BAND: "band",
    mode_style.PAPER: "paper",
    mode_style.BLUE: "blue",
    mode_style.GREEN: "green",
    mode_style.VERMILION: "vermilion",
}
"""Colours of the figures that the page's style may change, e.g. in the dark."""

_COLOR = re.compile("|".join(_THEME))
_STYLE = re.compile(r'style="[^"]*"')


def write(campaigns: Campaigns, out_dir: Path, given: Weights | None = None) -> Path:
    """Write the report of one or more record files of one environment.

    Args:
        campaigns: What was loaded.
        out_dir: Made if it is not there. The file is named after the first record file; one
            of the same name is replaced.
        given: Weights of the ways in; those of the analysis if None.

    Returns:
        The file, at most `MAX_BYTES` long.

    Raises:
        UsageError: `out_dir` cannot be written to; an earlier report is as it was.
    """
    labels = [file.label.replace("/", "-") for file in campaigns.files]
    more = f"-and-{len(labels) - 1}-more" if len(labels) > 1 else ""
    path = out_dir / f"{labels[0]}{more}.html"
    text = html(campaigns, given)
    with whole(path, folder=True) as part:
        part.write_text(text, encoding="utf-8")
    return path


def html(campaigns: Campaigns, given: Weights | None = None) -> str:
    """The whole page, with as many runs listed as fit `MAX_BYTES`.

    Args:
        campaigns: Files of one environment.
        given: Weights of the ways in; those of the analysis if None.
    """
    evidence = gather(campaigns, given)
    chapters, behind = _chapters(evidence), runs.chapter(evidence)
    shown = RUNS_SHOWN
    page = _render(evidence, (*chapters, runs.shortened(behind, shown)))
    while len(page.encode()) > MAX_BYTES and shown:
        shown //= 2
        page = _render(evidence, (*chapters, runs.shortened(behind, shown)))
    return page


def themed(svg: str) -> str:
    """The figure with its colours as variables of the page's style, themselves as fallback."""

    def variable(found: re.Match[str]) -> str:
        return f"var(--{_THEME[found[0]]}, {found[0]})"

    return _STYLE.sub(lambda style: _COLOR.sub(variable, style[0]), svg)


def _render(evidence: Evidence, chapters: tuple[Chapter, ...]) -> str:
    """The page of these chapters."""
    environment = Environment(
        loader=PackageLoader(__package__, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["themed"] = lambda svg: Markup(themed(svg))  # noqa: S704  our own figure
    page = environment.get_template("page.html").render(
        title=_title(evidence),
        lead=_lead(evidence),
        style=Markup(resources.files(__package__).joinpath("style.css").read_text()),  # noqa: S704
        first=_first(evidence),
        chapters=chapters,
    )
    return canvas.clean(page)


def _chapters(evidence: Evidence) -> tuple[Chapter, ...]:
    """The reader's questions in the order in which they are asked."""
    return (
        machine.chapter(evidence),
        trust.chapter(evidence),
        owner.chapter(evidence),
        everyone.chapter(evidence),
        secrecy.chapter(evidence),
    )


def _title(evidence: Evidence) -> str:
    """What the page is about: the owner's cost alone, or everybody's, and what it buys."""
    asked = {row.question for row in evidence.summary.results if row.runs}
    if "secrecy" in asked and len(asked) > 1:
        return f"What {SUBJECT} memory costs, and what it buys"
    if asked == {"secrecy"}:
        return f"What {SUBJECT} memory buys"
    return f"What {SUBJECT} memory costs{' its owner' if asked <= {'owner'} else ''}"


def _lead(evidence: Evidence) -> str:
    """One line on what was measured."""
    files = evidence.summary.files
    runs = sum(file.runs["ok"] for file in files)
    first = files[0]
    names = f"{len(files)} record files" if len(files) > 1 else first.label
    return (
        f"{first.machine}, kernel {first.kernel}: {len(evidence.summary.results)} cells, "
        f"{runs:,} runs, measured from {moment(first.created)} on ({names})."
    )


def _first(evidence: Evidence) -> tuple[Block, ...]:
    """What must be read before anything else: that secret memory was not to be had."""
    return tuple(
        Notice(
            f"{mode.mode} is unsupported on this machine: nothing here measures it",
            (mode.reason, mode.what_to_do),
        )
        for mode in evidence.summary.unsupported
        if mode.mode == SUBJECT
    )
