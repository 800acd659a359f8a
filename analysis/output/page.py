# SPDX-License-Identifier: MIT
"""Lines for a terminal or a file, safe to print whatever a record file holds."""

import io
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .printable import printable

PLAIN_COLUMNS = 80
"""Width of text where there is no terminal."""


class Page:
    """Collects text and tables, and gives them back as one string.

    Sentences are wrapped to the width; table rows never are, so that they can be cut by
    column and searched by line. Colour only on a terminal.
    """

    def __init__(self, columns: int = PLAIN_COLUMNS, *, colour: bool = False) -> None:
        self._out = io.StringIO()
        self._prose = self._console(columns, colour=colour)
        self._wide = self._console(10_000, colour=colour)

    def _console(self, columns: int, *, colour: bool) -> Console:
        return Console(
            file=self._out,
            width=columns,
            force_terminal=colour,
            color_system="standard" if colour else None,
            highlight=False,
            legacy_windows=False,
        )

    def name(self, name: str, *, indent: int = 0) -> None:
        """A line that is never wrapped, so that it can be copied."""
        self._wide.print(Padding(Text(printable(name)), (0, 0, 0, indent), expand=False))

    def text(self, sentence: str = "", *, indent: int = 0, style: str = "") -> None:
        """One paragraph; a blank line where there is nothing to say."""
        if not sentence:
            self._out.write("\n")
            return
        body = Text(printable(sentence), style=style)
        self._prose.print(Padding(body, (0, 0, 0, indent), expand=False))

    def table(
        self, rows: Sequence[Sequence[str]], widths: Sequence[int], *, indent: int, style: str = ""
    ) -> None:
        """Rows of cells, columns at least as wide as given, so that tables line up."""
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for width in widths:
            table.add_column(min_width=width, no_wrap=True)
        for row in rows:
            table.add_row(*(Text(printable(cell), style=style) for cell in row))
        self._wide.print(Padding(table, (0, 0, 0, indent), expand=False))

    def __str__(self) -> str:
        """All of it, without trailing blanks."""
        return "".join(f"{line.rstrip()}\n" for line in self._out.getvalue().splitlines())
