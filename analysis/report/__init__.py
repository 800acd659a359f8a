"""The report: one HTML file that needs no network and no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ..read.campaigns import Campaigns
    from ..secrecy.weight import Weights


def write(campaigns: Campaigns, out_dir: Path, given: Weights | None = None) -> Path:
    """Write the report of one or more record files of one environment.

    Args:
        campaigns: What was loaded.
        out_dir: Made if it is not there. The file is named after the first record file; one
            of the same name is replaced.
        given: Weights of the ways in; those of the analysis if None.

    Returns:
        The file, at most `page.MAX_BYTES` long.

    Raises:
        UsageError: `out_dir` cannot be written to; an earlier report is as it was.
    """
    from ..output.whole_file import whole  # noqa: PLC0415
    from .page import html  # noqa: PLC0415  matplotlib and jinja2 only when a report is wanted

    labels = [file.label.replace("/", "-") for file in campaigns.files]
    more = f"-and-{len(labels) - 1}-more" if len(labels) > 1 else ""
    path = out_dir / f"{labels[0]}{more}.html"
    text = html(campaigns, given)
    with whole(path, folder=True) as part:
        part.write_text(text, encoding="utf-8")
    return path
